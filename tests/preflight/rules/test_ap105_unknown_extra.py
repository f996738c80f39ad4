"""Extras that are asked for and not there."""

from __future__ import annotations

from collections.abc import Callable

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import PackagedWheel

Found = Callable[..., list[Finding]]
Packaged = Callable[..., PackagedWheel]


def test_an_unknown_extra_is_a_warning(found: Found, packaged: Packaged) -> None:
    """As pip does, but where it is seen; the extras that there are get named."""
    (finding,) = found("AP105", wheels=[packaged(required_as=["contoso-features[gpu]"], extras=("cpu", "dev"))])
    assert finding.severity is Severity.WARNING
    assert "[gpu]" in finding.message
    assert "cpu, dev" in finding.message


def test_a_wheel_without_extras_says_so(found: Found, packaged: Packaged) -> None:
    """One finding per extra."""
    findings = found("AP105", wheels=[packaged(required_as=["contoso-features[a,b]"])])
    assert len(findings) == 2
    assert "no extras" in findings[0].message


def test_known_extras_are_left_alone(found: Found, packaged: Packaged) -> None:
    """Names of extras compare normalized (PEP 685)."""
    assert not found("AP105", wheels=[packaged(required_as=["contoso-features[GPU_all]"], extras=("gpu-all",))])
    assert not found("AP105", wheels=[packaged()])
