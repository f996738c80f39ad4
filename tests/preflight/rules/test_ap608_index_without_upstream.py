"""Index without the public packages."""

from __future__ import annotations

from collections.abc import Callable

from amlpriv.connections.kinds import StoredConnection
from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]
Text = Callable[..., str]
Feed = Callable[..., StoredConnection]

FEED = "https://pkgs.dev.azure.com/contoso/ml/_packaging/contoso/pypi/simple/"
LEGACY = "https://contoso.pkgs.visualstudio.com/ml/_packaging/contoso/pypi/simple/"
REPOSITORY = "git+https://github.com/contoso/nlp.git@v1.0"


def test_a_feed_without_the_public_packages_wants_a_mirror_first(found: Found, from_index: Text) -> None:
    """Only where somebody has asked it."""
    text = from_index()
    (finding,) = found("AP608", text, absent=("pandas", "numpy"))
    assert finding.severity is Severity.ERROR
    assert "feed mirror pandas numpy --to" in finding.fix
    assert not found("AP608", text, absent=())
    assert not found("AP608", text)
