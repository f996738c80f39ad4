"""Several pip sections."""

from __future__ import annotations

from collections.abc import Callable

from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]
Text = Callable[..., str]


def test_a_second_pip_section_is_an_error(found: Found, environment_text: Text) -> None:
    """At its first line."""
    (finding,) = found("AP209", environment_text(pip=["contoso-features"], more_pip=["pandas"]))
    assert finding.severity is Severity.ERROR
    assert "2 `pip:` sections" in finding.message
    assert finding.line == 11


def test_one_or_none_is_fine(found: Found, environment_text: Text) -> None:
    """The usual case."""
    assert not found("AP209", environment_text())
    assert not found("AP209", environment_text(pip=[], sources=[]))
