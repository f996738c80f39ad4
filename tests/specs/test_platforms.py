"""Names of platforms."""

from __future__ import annotations

import pytest

from amlpriv.errors import UsageError
from amlpriv.specs.platforms import parse_platform


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("manylinux_2_28_x86_64", ((2, 28), "x86_64")),
        ("manylinux_2_17_aarch64", ((2, 17), "aarch64")),
        ("manylinux2014_x86_64", ((2, 17), "x86_64")),
        ("manylinux2010_x86_64", ((2, 12), "x86_64")),
        ("manylinux1_x86_64", ((2, 5), "x86_64")),
        ("linux/x86_64", (None, "x86_64")),
        ("linux/amd64", (None, "x86_64")),
        ("Linux/ARM64", (None, "aarch64")),
        ("linux_x86_64", (None, "x86_64")),
        ("x86_64-manylinux_2_28", ((2, 28), "x86_64")),
        ("aarch64-manylinux2014", ((2, 17), "aarch64")),
        ("x86_64-unknown-linux-gnu", (None, "x86_64")),
        (" aarch64 ", (None, "aarch64")),
    ],
)
def test_a_platform_is_read_in_every_form_in_use(text: str, expected: tuple[tuple[int, int] | None, str]) -> None:
    assert parse_platform(text) == expected


@pytest.mark.parametrize("text", ["win_amd64", "macosx_11_0_arm64", "musllinux_1_2_x86_64", "linux/arm/v7", "windows"])
def test_what_no_azure_ml_image_is_gets_refused_with_the_reason(text: str) -> None:
    with pytest.raises(UsageError, match="glibc Linux"):
        parse_platform(text)


@pytest.mark.parametrize("text", ["", "manylinux", "manylinux_2_28", "x86-64", "manylinux_2_28_x86_64\n.evil"])
def test_what_is_no_platform_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not known"):
        parse_platform(text)
