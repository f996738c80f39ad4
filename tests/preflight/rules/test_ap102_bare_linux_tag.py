"""A bare linux tag says nothing about glibc."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import PackagedWheel

Found = Callable[..., list[Finding]]
Packaged = Callable[..., PackagedWheel]


def test_a_bare_linux_tag_is_a_warning(found: Found, packaged: Packaged) -> None:
    """pip installs it; whether it imports is luck."""
    (finding,) = found("AP102", wheels=[packaged("contoso_features-1.2.0-cp311-cp311-linux_x86_64.whl")])
    assert finding.severity is Severity.WARNING
    assert "linux_x86_64" in finding.message
    assert "auditwheel" in finding.fix


def test_a_wheel_that_was_built_here_can_be_built_in_a_container(found: Found, packaged: Packaged) -> None:
    wheel = replace(packaged("contoso_features-1.2.0-cp311-cp311-linux_x86_64.whl"), built=True)

    (finding,) = found("AP102", wheels=[wheel])

    assert "`--build-in docker`" in finding.fix


@pytest.mark.parametrize(
    "tags",
    [
        "py3-none-any",
        "cp311-cp311-manylinux_2_17_x86_64",
        "cp311-cp311-linux_x86_64.manylinux_2_17_x86_64",
        "cp312-cp312-linux_x86_64",
        "cp311-cp311-win_amd64",
    ],
)
def test_other_wheels_are_left_alone(found: Found, packaged: Packaged, tags: str) -> None:
    """Pure and manylinux wheels, and those that do not fit at all (AP101)."""
    assert not found("AP102", wheels=[packaged(f"contoso_features-1.2.0-{tags}.whl")])
