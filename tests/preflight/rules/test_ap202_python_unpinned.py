"""A python dependency that can mean several versions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]
Text = Callable[..., str]


@pytest.mark.parametrize("python", ["python", "python>=3.10", "python>=3.10,<3.13", "python=3", "python=3.*"])
def test_a_range_is_a_warning(found: Found, environment_text: Text, python: str) -> None:
    """What is written is shown, at its line."""
    (finding,) = found("AP202", environment_text(conda=[f'"{python}"', "pip"]))
    assert finding.severity is Severity.WARNING
    assert f"`{python}`" in finding.message
    assert finding.line == 6


@pytest.mark.parametrize("python", ["python=3.11", "python==3.11.9", "python=3.11.*"])
def test_one_minor_version_is_fine(found: Found, environment_text: Text, python: str) -> None:
    """The patch may be left open."""
    assert not found("AP202", environment_text(conda=[f'"{python}"', "pip"]))


def test_no_python_is_another_finding(found: Found, environment_text: Text) -> None:
    """AP201."""
    assert not found("AP202", environment_text(conda=["pip"]))
