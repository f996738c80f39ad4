"""A wheel's tags against the target: each cause is told apart."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import PackagedWheel
from amlpriv.target import Target

Found = Callable[..., list[Finding]]
Packaged = Callable[..., PackagedWheel]

X86 = Target((3, 11), (2, 35))


def one(found: Found, packaged: Packaged, tags: str, target: Target = X86) -> Finding:
    findings = found("AP101", wheels=[packaged(f"contoso_features-1.2.0-{tags}.whl")], target=target)
    assert len(findings) == 1
    return findings[0]


@pytest.mark.parametrize(
    "tags",
    [
        "py3-none-any",
        "py2.py3-none-any",
        "cp311-cp311-manylinux_2_35_x86_64",
        "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
        "cp38-abi3-manylinux_2_28_x86_64",
        "cp311-cp311-linux_x86_64",
        "cp311-cp311-win_amd64.manylinux_2_28_x86_64",
    ],
)
def test_a_wheel_that_runs_there_is_fine(found: Found, packaged: Packaged, tags: str) -> None:
    """Pure, exactly right, older glibc, stable ABI, one fitting tag among several."""
    assert not found("AP101", wheels=[packaged(f"contoso_features-1.2.0-{tags}.whl")], target=X86)


@pytest.mark.parametrize(
    ("tags", "cause"),
    [
        ("cp311-cp311-win_amd64", "built for Windows"),
        ("cp311-cp311-macosx_11_0_arm64", "built for macOS"),
        ("cp311-cp311-musllinux_1_2_x86_64", "built for Alpine (musl)"),
        ("cp311-cp311-manylinux_2_28_aarch64", "another processor than x86_64"),
        ("cp312-cp312-manylinux_2_28_x86_64", "another Python (cp312)"),
        ("py2-none-any", "another Python (py2)"),
        ("cp312-abi3-manylinux_2_28_x86_64", "another Python (cp312)"),
        ("cp311-cp311-manylinux_2_39_x86_64", "newer glibc than the image's 2.35"),
        ("cp312-cp312-win_amd64", "built for Windows"),
    ],
)
def test_the_cause_is_named(found: Found, packaged: Packaged, tags: str, cause: str) -> None:
    """System, processor, Python and glibc each have another remedy."""
    assert cause in one(found, packaged, tags).message


def test_wheel_tags_and_target_are_named(found: Found, packaged: Packaged) -> None:
    """Everything needed to see the mismatch stands in one sentence, with the line of the requirement."""
    finding = one(found, packaged, "cp312-cp312-manylinux_2_28_x86_64")
    assert finding.severity is Severity.ERROR
    assert (finding.file, finding.line) == ("environment.yml", 9)
    assert "contoso_features-1.2.0-cp312-cp312-manylinux_2_28_x86_64.whl" in finding.message
    assert "tags cp312-cp312-manylinux_2_28_x86_64 " in finding.message
    assert "CPython 3.11 on linux x86_64 with glibc 2.35" in finding.message
    assert "Python 3.11" in finding.fix


def test_many_tags_are_cut(found: Found, packaged: Packaged) -> None:
    """A sentence stays a sentence."""
    assert "and 2 more" in one(found, packaged, "cp36.cp37.cp38-abi3-win32.win_amd64").message


def test_an_arm_target_refuses_an_intel_wheel(found: Found, packaged: Packaged) -> None:
    """The target says the architecture, not this machine."""
    finding = one(found, packaged, "cp311-cp311-manylinux_2_28_x86_64", Target((3, 11), (2, 35), "aarch64"))
    assert "another processor than aarch64" in finding.message
