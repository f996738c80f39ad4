"""A pip section without pip."""

from __future__ import annotations

from collections.abc import Callable

from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]
Text = Callable[..., str]


def test_a_pip_section_without_pip_is_an_error(found: Found, environment_text: Text) -> None:
    """Azure ML: "Pip not specified"."""
    (finding,) = found("AP203", environment_text(conda=["python=3.11"]))
    assert finding.severity is Severity.ERROR
    assert "- pip" in finding.fix
    assert finding.line == 6


def test_pip_in_any_form_is_fine(found: Found, environment_text: Text) -> None:
    """Pinned or not (AP204)."""
    for pip in ("pip", "pip=25", "conda-forge::pip"):
        assert not found("AP203", environment_text(conda=["python=3.11", pip]))


def test_without_a_pip_section_pip_is_not_needed(found: Found, environment_text: Text) -> None:
    """A conda layer alone."""
    assert not found("AP203", environment_text(conda=["python=3.11"], pip=[], sources=[]))
