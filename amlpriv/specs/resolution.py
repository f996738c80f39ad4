"""A resolution: which versions a list of requirements comes to on a target, and from which files they install."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from packaging.utils import NormalizedName
from packaging.version import Version

from amlpriv.errors import ConflictError
from amlpriv.target import Target

__all__ = ["Pin", "PinnedFile", "Resolution", "lock_text"]


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """A file of an index that installs on the target."""

    filename: str
    url: str
    """Without user, password and query; ``file:`` for one of a folder."""
    sha256: str | None
    """Hexadecimal; None where the index has another hash or none."""
    size: int | None = None
    """In bytes; None where the index does not say it."""

    @property
    def is_local(self) -> bool:
        """Whether it is a file of this machine's."""
        return self.url.startswith("file:")

    @property
    def is_wheel(self) -> bool:
        """Otherwise it is an sdist, which has to be built first."""
        return self.filename.endswith(".whl")


@dataclass(frozen=True, slots=True)
class Pin:
    """A package in the version that was chosen."""

    name: NormalizedName
    version: Version
    files: tuple[PinnedFile, ...]
    """What fits the target, the best first; at least one."""
    hashes: tuple[str, ...] = ()
    """``sha256:hex`` of every file that may be installed."""
    index: str | None = None
    """Address of the index that has it, without secrets; None for a folder of wheels, and where it is not known."""

    @property
    def file(self) -> PinnedFile:
        """What an installer takes."""
        return self.files[0]

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


@dataclass(frozen=True, slots=True)
class Resolution:
    """All packages that the requirements need on one target, by name."""

    target: Target
    pins: tuple[Pin, ...]
    requirements: tuple[str, ...] = ()
    """What was asked for."""
    notes: tuple[str, ...] = ()
    """What is worth knowing and no error."""
    by_name: Mapping[NormalizedName, Pin] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {pin.name: pin for pin in self.pins})


def lock_text(resolution: Resolution, *others: Resolution) -> str:
    """The pins as a requirements file with hashes (pip's documentation, "Secure installs"). No address is in it.

    Of several targets, a line that is not for all of them has a marker. Raises ConflictError where markers cannot tell
    them apart (the same Python and architecture, another glibc) and their versions differ.
    """
    every = (resolution, *others)
    lines = [f"# For {one.target}." for one in every]
    for name in sorted({pin.name for one in every for pin in one.pins}):
        lines += _locked(name, every)
    return "\n".join([*lines, ""])


def _locked(name: NormalizedName, every: Sequence[Resolution]) -> list[str]:
    """The lines of one package: one for each version."""
    pins: dict[Version, list[tuple[Pin, Target]]] = {}
    for one in every:
        if (pin := one.by_name.get(name)) is not None:
            pins.setdefault(pin.version, []).append((pin, one.target))
    kinds = [(version, (target.python, target.arch)) for version, found in pins.items() for _, target in found]
    if len({kind for _, kind in kinds}) < len({*kinds}):
        versions = " and ".join(map(str, pins))
        raise ConflictError(
            f"{name} is locked as {versions}, for targets that differ in their glibc only.",
            hint="Write one lock file for each target.",
        )
    lines = []
    for version, found in pins.items():
        hashes = dict.fromkeys(one for pin, _ in found for one in _hashes(pin))
        marker = "" if len(found) == len(every) else f" ; {_marker([target for _, target in found])}"
        head = f"{name}=={version}{marker}"
        lines.append(" \\\n    ".join([head, *(f"--hash={one}" for one in hashes)]))
    return lines


def _hashes(pin: Pin) -> tuple[str, ...]:
    return pin.hashes or tuple(f"sha256:{file.sha256}" for file in pin.files if file.sha256)


def _marker(targets: Sequence[Target]) -> str:
    parts = dict.fromkeys(
        f'python_version == "{target.python_text}" and platform_machine == "{target.arch}"' for target in targets
    )
    return " or ".join(f"({part})" for part in parts) if len(parts) > 1 else next(iter(parts))
