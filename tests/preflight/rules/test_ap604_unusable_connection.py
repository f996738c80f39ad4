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


def test_a_credential_that_the_index_refuses_is_an_error(found: Found, from_index: Text, feed: Feed) -> None:
    """It was asked with the connection's own one, as the image build will."""
    (finding,) = found("AP604", from_index(), connections=[feed()], refused="The credential has expired.")
    assert finding.severity is Severity.ERROR
    assert "expired" in finding.message
