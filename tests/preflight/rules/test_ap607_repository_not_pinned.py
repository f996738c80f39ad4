"""Wrong or unpinned repository."""

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


def test_a_repository_without_a_reference_is_a_warning(found: Found, environment_text: Text) -> None:
    """Each build takes what is newest then."""
    (finding,) = found("AP607", environment_text(pip=['"nlp @ git+https://github.com/contoso/nlp"'], sources=[]))
    assert finding.severity is Severity.WARNING
    assert not found("AP607", environment_text(pip=[f'"nlp @ {REPOSITORY}"'], sources=[]))
