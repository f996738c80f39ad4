"""Target: what a wheel must run on, said by its owner and never asked of this machine."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from packaging.tags import Tag, compatible_tags, cpython_tags

__all__ = ["Target", "parse_glibc", "parse_python"]

_PYTHON = re.compile(r"(\d+)\.(\d+)(?:\.\d+|\.\*)?")
_GLIBC = re.compile(r"(\d+)\.(\d+)")

# PEP 600: the legacy names stand for these glibc versions.
_LEGACY_MANYLINUX = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}
_OLDEST_GLIBC = {"x86_64": 5, "aarch64": 17}


def parse_python(text: str) -> tuple[int, int] | None:
    """``"3.11"``, ``"3.11.9"`` or ``"3.11.*"`` as (3, 11); None for anything else."""
    match = _PYTHON.fullmatch(text.strip())
    return (int(match[1]), int(match[2])) if match else None


def parse_glibc(text: str) -> tuple[int, int]:
    """``"2.35"`` as (2, 35); ValueError for anything else."""
    match = _GLIBC.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a glibc version: {text!r}")
    return int(match[1]), int(match[2])


@dataclass(frozen=True, slots=True)
class Target:
    """A CPython on Linux with a glibc: what an Azure ML image offers."""

    python: tuple[int, int] = (3, 11)
    glibc: tuple[int, int] = (2, 35)
    arch: str = "x86_64"

    def __str__(self) -> str:
        python = ".".join(map(str, self.python))
        glibc = ".".join(map(str, self.glibc))
        return f"CPython {python} on linux {self.arch} with glibc {glibc}"

    @property
    def python_text(self) -> str:
        """For instance ``"3.11"``."""
        return f"{self.python[0]}.{self.python[1]}"

    @property
    def tags(self) -> frozenset[Tag]:
        """All wheel tags that install there."""
        return _accepted(self)

    def accepts(self, tags: Iterable[Tag]) -> bool:
        """Whether a wheel with these tags installs there."""
        return not self.tags.isdisjoint(tags)

    @property
    def markers(self) -> dict[str, str]:
        """The values of all PEP 508 environment markers there (patch version 0, no extra)."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python_text}.0",
            "os_name": "posix",
            "platform_machine": self.arch,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.python_text}.0",
            "python_version": self.python_text,
            "sys_platform": "linux",
        }


def _platforms(target: Target) -> list[str]:
    major, minor = target.glibc
    oldest = _OLDEST_GLIBC.get(target.arch, 17)
    names = []
    for level in range(minor, oldest - 1, -1):
        names.append(f"manylinux_{major}_{level}_{target.arch}")
        if legacy := _LEGACY_MANYLINUX.get((major, level)):
            names.append(f"{legacy}_{target.arch}")
    # pip accepts bare linux tags on the host they name; whether they really run is a finding, not a tag question.
    return [*names, f"linux_{target.arch}"]


@cache
def _accepted(target: Target) -> frozenset[Tag]:
    platforms = _platforms(target)
    interpreter = f"cp{target.python[0]}{target.python[1]}"
    # abis= must be explicit: left out, packaging asks the *running* interpreter.
    cpython = cpython_tags(target.python, abis=[interpreter], platforms=platforms)
    return frozenset(cpython) | frozenset(compatible_tags(target.python, interpreter=interpreter, platforms=platforms))
