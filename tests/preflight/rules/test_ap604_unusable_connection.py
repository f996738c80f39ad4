"""Connection without a usable credential."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlpriv.connections.kinds import StoredConnection
from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]
Text = Callable[..., str]
Feed = Callable[..., StoredConnection]

FEED = "https://pkgs.dev.azure.com/contoso/ml/_packaging/contoso/pypi/simple/"
LEGACY = "https://contoso.pkgs.visualstudio.com/ml/_packaging/contoso/pypi/simple/"
REPOSITORY = "git+https://github.com/contoso/nlp.git@v1.0"


@pytest.mark.parametrize(("auth", "severity"), [("SAS", Severity.ERROR), ("None", Severity.NOTE)])
def test_a_connection_that_cannot_sign_in(
    found: Found, environment_text: Text, feed: Feed, auth: str, severity: Severity
) -> None:
    """Microsoft's own sample has SAS for a feed."""
    text = environment_text(pip=[f"--index-url {FEED}", "contoso-core"], sources=[])
    (finding,) = found("AP604", text, connections=[feed(auth=auth)])
    assert finding.severity is severity
