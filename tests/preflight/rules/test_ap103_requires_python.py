"""Requires-Python against the environment's Python."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import PackagedWheel

Found = Callable[..., list[Finding]]
Packaged = Callable[..., PackagedWheel]


@pytest.mark.parametrize("requires", [None, ">=3.9", ">=3.11.4", "~=3.11", "!=3.11.0", "<3.12", "==3.11.*"])
def test_a_python_that_some_patch_satisfies_is_fine(found: Found, packaged: Packaged, requires: str | None) -> None:
    """Which patch version conda takes is not known, and mostly it is the newest."""
    assert not found("AP103", wheels=[packaged(requires_python=requires)])


@pytest.mark.parametrize("requires", [">=3.12", "<3.11", "==3.10.*", "!=3.11.*"])
def test_a_python_that_is_excluded_is_an_error(found: Found, packaged: Packaged, requires: str) -> None:
    """Named: the wheel, what it requires, what the environment has."""
    (finding,) = found("AP103", wheels=[packaged(requires_python=requires)])
    assert finding.severity is Severity.ERROR
    assert f"requires Python {requires}" in finding.message
    assert "environment has 3.11" in finding.message
    assert finding.line == 9
