"""What people call a Linux platform: pip's tags, uv's names, Docker's and Azure's."""

from __future__ import annotations

import re

from amlpriv.errors import UsageError

__all__ = ["parse_platform"]

_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "x64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}
_LEGACY = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}  # PEP 600
_ARCH = "|".join(_ARCHITECTURES)
_TAG = re.compile(rf"(manylinux1|manylinux2010|manylinux2014|manylinux_(\d+)_(\d+)|linux)[_/-]({_ARCH})")
_UV = re.compile(rf"({_ARCH})-(manylinux1|manylinux2010|manylinux2014|manylinux_(\d+)_(\d+)|unknown-linux-gnu)")


def parse_platform(text: str) -> tuple[tuple[int, int] | None, str]:
    """The glibc, None where none is named, and the architecture.

    Read are ``manylinux_2_28_x86_64``, ``manylinux2014_aarch64``, ``linux/amd64``, ``linux_x86_64``,
    ``x86_64-manylinux_2_28`` and ``x86_64``. Raises UsageError for anything else.
    """
    word = text.strip().lower()
    if word in _ARCHITECTURES:
        return None, _ARCHITECTURES[word]
    if (match := _TAG.fullmatch(word)) is not None:
        return _glibc(match[1], match[2], match[3]), _ARCHITECTURES[match[4]]
    if (match := _UV.fullmatch(word)) is not None:
        return _glibc(match[2], match[3], match[4]), _ARCHITECTURES[match[1]]
    other = re.match(r"win|macos|darwin|musl|linux/arm/|.*(windows|apple|musl)", word)
    why = "Azure ML's images are glibc Linux" if other else "it is not known"
    raise UsageError(
        f"{text!r} is no platform to mirror for: {why}.",
        hint="For instance manylinux_2_28_x86_64, manylinux_2_17_aarch64, linux/x86_64.",
    )


def _glibc(name: str, major: str | None, minor: str | None) -> tuple[int, int] | None:
    return _LEGACY.get(name) or ((int(major), int(minor)) if major and minor else None)
