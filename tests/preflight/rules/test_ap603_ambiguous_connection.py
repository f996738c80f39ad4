"""Several connections match."""

from __future__ import annotations

from collections.abc import Callable

from amlpriv.connections.kinds import StoredConnection
from amlpriv.findings import Finding

Found = Callable[..., list[Finding]]
Text = Callable[..., str]
Feed = Callable[..., StoredConnection]

FEED = "https://pkgs.dev.azure.com/contoso/ml/_packaging/contoso/pypi/simple/"
LEGACY = "https://contoso.pkgs.visualstudio.com/ml/_packaging/contoso/pypi/simple/"
REPOSITORY = "git+https://github.com/contoso/nlp.git@v1.0"


def test_two_connections_for_one_address_are_ambiguous(found: Found, environment_text: Text, feed: Feed) -> None:
    """azure-docs#114975."""
    text = environment_text(pip=[f"--index-url {FEED}", "contoso-core"], sources=[])
    (finding,) = found("AP603", text, connections=[feed("one-feed"), feed("two-feed")])
    assert "one-feed" in finding.message
    assert "two-feed" in finding.message
    assert not found("AP602", text, connections=[feed("one-feed"), feed("two-feed")])
