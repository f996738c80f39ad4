"""Target: what a wheel must run on, said by its owner and never asked of this machine."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags

__all__ = ["Target", "marker_complaint", "parse_glibc", "parse_python"]

_PYTHON = re.compile(r"(\d+)\.(\d+)(?:\.\d+|\.\*)?")
_PATCHES = range(60)
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
        return frozenset(_ranks(self))

    def rank(self, tags: Iterable[Tag]) -> int | None:
        """How specific the best of these tags is: 0 is the most specific, None fits not at all. Installers go by it."""
        ranks = _ranks(self)
        return min((ranks[tag] for tag in tags if tag in ranks), default=None)

    def satisfies(self, requires_python: SpecifierSet) -> bool:
        """Whether any patch version of its Python is in the range; which one it is, conda decides later."""
        return any(requires_python.contains(f"{self.python_text}.{patch}", prereleases=True) for patch in _PATCHES)

    def holds(self, marker: Marker | None, extra: str = "") -> bool:
        """Whether a marker is true there with this extra; a value that cannot be compared makes it false."""
        try:
            return marker is None or bool(marker.evaluate({**self.markers, "extra": extra}))
        except (KeyError, ValueError):  # older versions of packaging do not take platform_release == ""
            return False

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


def marker_complaint(marker: Marker | None) -> str | None:
    """What keeps installers from evaluating a marker (PEP 508), if anything; it is the same for every target."""
    try:
        if marker is not None:
            marker.evaluate({**Target().markers, "extra": ""})
    except UndefinedEnvironmentName as error:
        return f"the name {error} is unknown there"
    except UndefinedComparison:
        return "these values cannot be compared so"
    except ValueError:  # a value of the target; another one may do
        return None
    return None


@cache
def _ranks(target: Target) -> dict[Tag, int]:
    """Each tag that installs there with its place, the most specific first."""
    platforms = _platforms(target)
    interpreter = f"cp{target.python[0]}{target.python[1]}"
    # abis= must be explicit: left out, packaging asks the *running* interpreter.
    cpython = cpython_tags(target.python, abis=[interpreter], platforms=platforms)
    compatible = compatible_tags(target.python, interpreter=interpreter, platforms=platforms)
    return {tag: place for place, tag in enumerate(dict.fromkeys((*cpython, *compatible)))}
