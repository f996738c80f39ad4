"""What a private wheel requires of another private one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import PackagedWheel

Found = Callable[..., list[Finding]]
Packaged = Callable[..., PackagedWheel]


def pair(packaged: Packaged, requirement: str, extra: str = "") -> list[PackagedWheel]:
    core = packaged("contoso_core-3.0-py3-none-any.whl", required_as=["contoso-core"])
    asked = f"contoso-features{extra}"
    return [packaged(required_as=[asked], requires=[requirement], extras=("gpu",)), core]


@pytest.mark.parametrize(
    "requirement",
    [
        "contoso-core",
        "Contoso.Core>=3",
        "contoso-core>=4 ; sys_platform == 'win32'",
        "contoso-core>=4 ; extra == 'gpu'",
        "pandas>=99",
    ],
)
def test_what_is_satisfied_or_does_not_apply_is_left_alone(found: Found, packaged: Packaged, requirement: str) -> None:
    """Another platform, an extra that nobody asked for, a package that is not in the sources."""
    assert not found("AP106", wheels=pair(packaged, requirement))


def test_an_unsatisfied_requirement_is_an_error(found: Found, packaged: Packaged) -> None:
    """Who requires what, and what there is."""
    (finding,) = found("AP106", wheels=pair(packaged, "contoso_core>=4"))
    assert finding.severity is Severity.ERROR
    assert "contoso-features 1.2.0 requires contoso_core>=4; the sources have 3.0." in finding.message


def test_a_requirement_of_an_extra_that_is_asked_for_counts(found: Found, packaged: Packaged) -> None:
    """``contoso-features[gpu]`` brings the extra's requirements."""
    assert found("AP106", wheels=pair(packaged, "contoso-core>=4 ; extra == 'gpu'", "[gpu]"))
