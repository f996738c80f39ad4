"""Variables in pip lines."""

from __future__ import annotations

from collections.abc import Callable

from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]
Text = Callable[..., str]


def test_a_variable_is_an_error(found: Found, environment_text: Text) -> None:
    """Named; one finding per variable and line."""
    line = "--index-url https://${USER}:${PAT}@pkgs.example.com/${PAT}/simple/"
    findings = found("AP502", environment_text(pip=[line, "contoso-features"]))
    assert [finding.subject for finding in findings] == ["${PAT}", "${USER}"]
    assert {(finding.severity, finding.line) for finding in findings} == {(Severity.ERROR, 9)}


def test_a_dollar_alone_is_left_alone(found: Found, environment_text: Text) -> None:
    """pip replaces ``${NAME}`` and nothing else."""
    assert not found(
        "AP502", environment_text(pip=["--index-url https://pkgs.example.com/$a/simple/", "contoso-features"])
    )
