"""What mirroring will do, decided from what is needed and what the destination has. Nothing happens here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    NormalizedName,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from amlpriv.connections.pages import File
from amlpriv.specs.resolution import PinnedFile, Resolution
from amlpriv.target import Target

__all__ = ["Decision", "MirrorPlan", "MirrorStep", "own_versions", "plan_mirror"]


class Decision(Enum):
    """What is to become of one file."""

    SKIP = "already there"
    UPLOAD = "to be uploaded"
    CONFLICT = "there with other bytes"
    PRIVATE = "a private package's name"
    """The destination has a package of this name that the source does not have: another one, by all appearance."""


@dataclass(frozen=True, slots=True)
class MirrorStep:
    """One file of the closure."""

    name: NormalizedName
    version: Version
    file: PinnedFile
    decision: Decision
    targets: tuple[Target, ...]
    """Those that need it."""
    there: str | None = None
    """SHA-256 of the file of that name on the destination."""
    own: tuple[str, ...] = ()
    """Versions of this name that only the destination has."""

    @property
    def reason(self) -> str:
        """The decision in words."""
        match self.decision:
            case Decision.CONFLICT:
                return f"there with other contents: sha256 {self.there} there, {self.file.sha256} at the source"
            case Decision.PRIVATE:
                return f"the feed has a package {self.name} of its own ({', '.join(self.own)}) that the source has not"
            case _:
                return str(self.decision.value)


@dataclass(frozen=True, slots=True)
class MirrorPlan:
    """Every file of the closure with its decision, by name and file name."""

    steps: tuple[MirrorStep, ...]
    notes: tuple[str, ...] = ()

    def those(self, *decisions: Decision) -> tuple[MirrorStep, ...]:
        """The steps with one of these decisions."""
        return tuple(step for step in self.steps if step.decision in decisions)

    @property
    def uploads(self) -> tuple[MirrorStep, ...]:
        """What is to be sent."""
        return self.those(Decision.UPLOAD)

    @property
    def refused(self) -> tuple[MirrorStep, ...]:
        """What cannot, or must not, be sent."""
        return self.those(Decision.CONFLICT, Decision.PRIVATE)

    @property
    def upload_bytes(self) -> int | None:
        """Of all uploads; None where the size of one is not known."""
        sizes = [step.file.size for step in self.uploads]
        known = [size for size in sizes if size is not None]
        return sum(known) if len(known) == len(sizes) else None


def plan_mirror(
    resolutions: Sequence[Resolution],
    there: Mapping[NormalizedName, Sequence[File]],
    at_source: Mapping[NormalizedName, Collection[str]],
    *,
    allowed: Collection[str] = (),
) -> MirrorPlan:
    """The plan for these closures, one for each target.

    ``there`` are the destination's files of each name, and ``at_source`` the names of the source's files, needed where
    the destination has other versions. ``allowed`` are names that may come beside private versions.
    """
    steps = [
        _decided(step, there.get(step.name, ()), at_source.get(step.name), step.name in allowed)
        for step in _wanted(resolutions)
    ]
    notes = [note for resolution in resolutions for note in resolution.notes]
    notes += [_about_sdist(step) for step in steps if not step.file.is_wheel]
    notes += [
        f"{step.name} {step.version} comes beside the feed's own {', '.join(step.own)}: installers take the highest."
        for step in steps
        if step.own and step.decision is Decision.UPLOAD
    ]
    return MirrorPlan(tuple(steps), tuple(dict.fromkeys(notes)))


def own_versions(there: Iterable[File], at_source: Collection[str]) -> tuple[str, ...]:
    """Versions of which the destination has files and the source none, in order."""
    known = {_version(name) for name in at_source}
    found = {version for file in there if (version := _version(file.filename)) is not None}
    return tuple(str(version) for version in sorted(found - known))


def _wanted(resolutions: Sequence[Resolution]) -> list[MirrorStep]:
    """Each file once, with all its targets."""
    found: dict[str, MirrorStep] = {}
    for resolution in resolutions:
        for pin in resolution.pins:
            step = MirrorStep(pin.name, pin.version, pin.file, Decision.UPLOAD, (resolution.target,))
            known = found.get(pin.file.filename)
            found[pin.file.filename] = replace(known, targets=(*known.targets, resolution.target)) if known else step
    return sorted(found.values(), key=lambda step: (step.name, step.file.filename))


def _decided(step: MirrorStep, there: Sequence[File], at_source: Collection[str] | None, allowed: bool) -> MirrorStep:
    wanted = _identity(step.file.filename)
    same = next((file for file in there if _identity(file.filename) == wanted), None)
    if same is not None:
        stored = same.hashes.get("sha256")
        if stored is None or step.file.sha256 is None:
            return step  # the uploader compares the bytes
        decision = Decision.SKIP if stored == step.file.sha256 else Decision.CONFLICT
        return replace(step, decision=decision, there=stored, file=replace(step.file, size=step.file.size or same.size))
    own = own_versions(there, at_source) if there and at_source is not None else ()
    return replace(step, own=own, decision=Decision.PRIVATE if own and not allowed else Decision.UPLOAD)


def _about_sdist(step: MirrorStep) -> str:
    return f"{step.file.filename} is a source archive: pip builds it in the image, with whatever compiler that has."


def _identity(filename: str) -> object:
    """What makes two names one distribution: servers normalise names, or do not."""
    try:
        return parse_wheel_filename(filename) if filename.endswith(".whl") else parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion, ValueError):
        return filename


def _version(filename: str) -> Version | None:
    identity = _identity(filename)
    return identity[1] if isinstance(identity, tuple) else None
