"""In which image a wheel for a target is built.

The manylinux images (https://github.com/pypa/manylinux) have every CPython under ``/opt/python``, a compiler that makes
what the named glibc and every newer one can load, and auditwheel, which proves it and gives the wheel its tag.
"""

from __future__ import annotations

from amlpriv.errors import UnsupportedError
from amlpriv.target import Target

__all__ = ["default_image", "platform_of"]

_PLATFORMS = {"x86_64": "linux/amd64", "aarch64": "linux/arm64"}
_LEVELS = {(2, 28): "manylinux_2_28", (2, 17): "manylinux2014"}


def default_image(target: Target) -> str:
    """The manylinux image whose wheels fit the target. Raises UnsupportedError."""
    platform_of(target)
    for glibc, name in _LEVELS.items():
        if glibc <= target.glibc:
            return f"quay.io/pypa/{name}_{target.arch}"
    raise UnsupportedError(
        f"No manylinux image is known for {target}.", hint="Name an image with an older glibc by --build-image."
    )


def platform_of(target: Target) -> str:
    """The target's processor in the words of container tools. Raises UnsupportedError."""
    if target.arch not in _PLATFORMS:
        raise UnsupportedError(
            f"Container builds are not known for {target.arch}.", hint=f"Known: {', '.join(_PLATFORMS)}."
        )
    return _PLATFORMS[target.arch]
