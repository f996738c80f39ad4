"""An unpinned pip."""

from __future__ import annotations

from collections.abc import Callable

from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]
Text = Callable[..., str]


def test_an_unpinned_pip_is_a_note(found: Found, environment_text: Text) -> None:
    """Nothing that stops anyone."""
    (finding,) = found("AP204", environment_text(conda=["python=3.11", "pip"]))
    assert (finding.severity, finding.line) == (Severity.NOTE, 7)


def test_a_version_is_fine_and_no_pip_is_another_finding(found: Found, environment_text: Text) -> None:
    """AP203."""
    assert not found("AP204", environment_text(conda=["python=3.11", '"pip>=24"']))
    assert not found("AP204", environment_text(conda=["python=3.11"]))
