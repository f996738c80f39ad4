"""A resolution: which versions a list of requirements comes to on a target, and from which files they install."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from packaging.utils import NormalizedName
from packaging.version import Version

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


def lock_text(resolution: Resolution) -> str:
    """The pins as a requirements file with hashes (pip's documentation, "Secure installs"). No address is in it."""
    lines = [f"# For {resolution.target}."]
    for pin in resolution.pins:
        hashes = pin.hashes or tuple(f"sha256:{file.sha256}" for file in pin.files if file.sha256)
        lines.append(" \\\n    ".join([str(pin), *(f"--hash={one}" for one in hashes)]))
    return "\n".join([*lines, ""])
