"""Index without a connection."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlpriv.connections.kinds import StoredConnection
from amlpriv.connections.uses import Use
from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]
Text = Callable[..., str]
Feed = Callable[..., StoredConnection]

FEED = "https://pkgs.dev.azure.com/contoso/ml/_packaging/contoso/pypi/simple/"
LEGACY = "https://contoso.pkgs.visualstudio.com/ml/_packaging/contoso/pypi/simple/"
REPOSITORY = "git+https://github.com/contoso/nlp.git@v1.0"


def test_a_private_feed_without_a_connection_is_a_warning(found: Found, environment_text: Text, feed: Feed) -> None:
    """Written by hand, in a plain conda file's style."""
    text = environment_text(pip=[f"--index-url {FEED}", "contoso-core"], sources=[])
    (finding,) = found("AP602", text, connections=[])
    assert (finding.severity, finding.line) == (Severity.WARNING, 9)
    assert not found("AP602", text, connections=[feed()])


def test_an_index_of_unknown_kind_may_be_public(found: Found, environment_text: Text) -> None:
    """Only a note."""
    text = environment_text(pip=["--index-url https://mirror.example.org/simple/", "numpy"], sources=[])
    (finding,) = found("AP602", text, connections=[])
    assert finding.severity is Severity.NOTE


@pytest.mark.parametrize("use", [Use.BUILD_CONTEXT, Use.MLFLOW_ONLINE, Use.LOCAL_ENDPOINT])
def test_a_target_that_ignores_connections_is_told(found: Found, environment_text: Text, feed: Feed, use: Use) -> None:
    """Although one matches."""
    text = environment_text(pip=[f"--index-url {FEED}", "contoso-core"], sources=[])
    (finding,) = found("AP602", text, connections=[feed()], use=use)
    assert "connection" in finding.message
