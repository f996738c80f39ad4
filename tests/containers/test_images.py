from __future__ import annotations

import pytest

from amlpriv.containers.images import default_image, platform_of
from amlpriv.errors import UnsupportedError
from amlpriv.target import Target


@pytest.mark.parametrize(
    ("glibc", "arch", "image"),
    [
        ((2, 35), "x86_64", "quay.io/pypa/manylinux_2_28_x86_64"),
        ((2, 28), "aarch64", "quay.io/pypa/manylinux_2_28_aarch64"),
        ((2, 27), "x86_64", "quay.io/pypa/manylinux2014_x86_64"),
    ],
)
def test_the_image_is_the_newest_whose_wheels_the_target_can_load(
    glibc: tuple[int, int], arch: str, image: str
) -> None:
    assert default_image(Target((3, 11), glibc, arch)) == image


def test_a_glibc_older_than_every_image_needs_an_image_of_the_users() -> None:
    with pytest.raises(UnsupportedError, match="No manylinux image is known") as caught:
        default_image(Target((3, 11), (2, 12)))

    assert "--build-image" in str(caught.value.hint)


def test_the_platform_is_that_of_the_target() -> None:
    assert platform_of(Target(arch="x86_64")) == "linux/amd64"
    assert platform_of(Target(arch="aarch64")) == "linux/arm64"
    with pytest.raises(UnsupportedError, match="riscv64"):
        platform_of(Target(arch="riscv64"))
