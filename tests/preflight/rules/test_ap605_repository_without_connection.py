"""Repository without a connection."""

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


def test_a_repository_is_a_note_without_a_connection_and_a_warning_near_one(
    found: Found, environment_text: Text
) -> None:
    """It may be public."""
    text = environment_text(pip=[f'"contoso-nlp @ {REPOSITORY}"'], sources=[])
    (finding,) = found("AP605", text, connections=[])
    assert finding.severity is Severity.NOTE
    near = StoredConnection("git-one", "Git", "https://github.com/Contoso-Other", "PAT")
    assert found("AP605", text, connections=[near])
    assert not found(
        "AP605", text, connections=[StoredConnection("git-one", "Git", "https://github.com/contoso", "PAT")]
    )


def test_by_ssh_no_connection_helps(found: Found, environment_text: Text) -> None:
    """The fix is the address by https."""
    text = environment_text(pip=['"contoso-nlp @ git+ssh://git@github.com/contoso/nlp.git@v1.0"'], sources=[])
    there = StoredConnection("git-one", "Git", "https://github.com/contoso", "PAT")
    (finding,) = found("AP605", text, connections=[there])
    assert finding.severity is Severity.WARNING
    assert "https://github.com/contoso/nlp" in finding.fix
