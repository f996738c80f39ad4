"""lock: an environment resolved for its target, written beside its file as pins with hashes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from packaging.utils import InvalidName, canonicalize_name

from amlpriv.actions.container_builds import with_container
from amlpriv.actions.lock_beside import has_lock, lock_path
from amlpriv.actions.pinning import resolved
from amlpriv.actions.preparing import Prepared, preparing
from amlpriv.actions.publish import Quiet
from amlpriv.actions.uploading import Progress
from amlpriv.errors import ConflictError, FindingsError, InputError, UsageError
from amlpriv.files import read_text, write_text
from amlpriv.interpreters import uv_program
from amlpriv.processes import run
from amlpriv.secret import redact
from amlpriv.specs.lock_inputs import LockInput, lock_inputs
from amlpriv.specs.lock_text import LockFile, narrowed, read_lock, write_lock
from amlpriv.specs.pip import PipRequirement, PipVcs
from amlpriv.specs.toml_positions import read_toml
from amlpriv.target import Target

__all__ = ["Locked", "lock"]

_ANY = "environment"
"""A lock does not depend on the environment's name, so that a file without one can be locked."""
_OTHER_LOCKS = ("uv.lock", "pylock.toml")


@dataclass(frozen=True, slots=True)
class Locked:
    """A lock, and what has become of the one that was there before."""

    file: Path
    input: Path
    target: Target
    fresh: bool
    """Whether the file is now the lock of these inputs; after ``check`` it can be otherwise."""
    written: bool
    """False when it had these bytes already, and after ``check``."""
    stale_because: tuple[str, ...]
    """What made the older lock stale; ``there is no lock`` when there was none."""
    pins: Mapping[str, str]
    """Version by name."""
    private: Mapping[str, str]
    """The private packages that reach the image as wheels: version by name."""
    before: Mapping[str, str] = field(default_factory=dict)
    """Version by name in the older lock."""
    notes: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[str, ...]:
        """What is pinned otherwise than before, in words."""
        words = []
        for name in sorted({*self.before, *self.pins}) if self.before else ():
            old, new = self.before.get(name), self.pins.get(name)
            if old is None:
                words.append(f"{name} {new} is new")
            elif new is None:
                words.append(f"{name} {old} is gone")
            elif old != new:
                words.append(f"{name} {old} became {new}")
        return tuple(words)

    def as_json(self) -> dict[str, object]:
        """The object that ``lock --json`` prints."""
        return {
            "file": str(self.file),
            "input": str(self.input),
            "target": str(self.target),
            "fresh": self.fresh,
            "written": self.written,
            "stale_because": list(self.stale_because),
            "packages": [{"name": name, "version": version} for name, version in self.pins.items()],
            "private": [{"name": name, "version": version} for name, version in self.private.items()],
            "changes": list(self.changes),
            "notes": list(self.notes),
        }


def lock(
    file: str | os.PathLike[str],
    *,
    out: str | os.PathLike[str] | None = None,
    image: str | None = None,
    python: str | None = None,
    upgrade: bool = False,
    upgrade_package: Collection[str] = (),
    include_sdist: bool = False,
    check: bool = False,
    build_in: str | None = None,
    build_image: str | None = None,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Locked:
    """Resolve an environment file, conda YAML, pyproject.toml or requirements file for its target, and write
    ``<stem>.lock.txt`` beside it (or ``out``): pins with hashes, without hosts and credentials.

    The versions of an older lock are kept where they fit, but with ``upgrade``, or for the names in
    ``upgrade_package``. With ``include_sdist`` a package may have only a source archive, whose build backend may run
    here. With ``check`` nothing is resolved or written: ``fresh`` says whether the lock is, and no index is asked (the
    build of a project folder may still need its backend).

    Raises FindingsError, UsageError for arguments that cannot be, what reading the file and building the wheels
    raises, what ``amlpriv.resolving`` raises, and ConflictError where another file stands in the lock's place.
    """
    surroundings, watcher, path = with_container(environ, build_in, build_image), progress or Quiet(), Path(file)
    _refuse_unusable(out, upgrade_package)
    options: dict[str, Any] = {"name": _ANY, "image": image, "python": python, "pin": False, "lock": False}
    with preparing(path, environ=surroundings, say=watcher.say, **options) as prepared:
        place = Path(out) if out is not None else lock_path(prepared.file, path)
        old = _older(place, path, strict=check)
        inputs = lock_inputs(prepared.file, prepared.needed, prepared.wheels, prepared.target)
        job = _Job(path, place, inputs, old, prepared)
        if check:
            return job.checked()
        if prepared.report.errors:
            raise FindingsError(prepared.report, hint="The lock was not written.")
        watcher.say(f"resolving {path.name} for {prepared.target}")
        return job.locked(_kept(old, upgrade, upgrade_package), surroundings, include_sdist=include_sdist)


@dataclass(frozen=True, slots=True)
class _Job:
    """One file to lock."""

    path: Path
    place: Path
    inputs: tuple[LockInput, ...]
    old: LockFile | None
    prepared: Prepared

    def checked(self) -> Locked:
        """Whether the lock that is there is fresh."""
        because = self._stale_because
        return self._locked(_versions(self.old), fresh=not because, written=False)

    def locked(self, kept: Sequence[str], environ: Mapping[str, str], *, include_sdist: bool) -> Locked:
        """A lock, written where its bytes are new."""
        prepared = self.prepared
        at_hand = {name: (prepared.paths[name], wheel) for name, wheel in prepared.wheels.items()}
        options: dict[str, Any] = {"preferred": kept, "allow_sdist": include_sdist, "environ": environ}
        with tempfile.TemporaryDirectory(prefix="amlpriv-lock-", ignore_cleanup_errors=True) as work:
            what = (prepared.file, at_hand, prepared.needed, prepared.target)
            resolution = resolved(*what, work=Path(work), **options)
        resolution = narrowed(prepared.file, resolution)
        text = write_lock(resolution, self.inputs, of=self.path.name, made_with=_tools(environ))
        written = not self.place.is_file() or read_text(self.place) != text
        if written:
            write_text(self.place, text)
        return self._locked(_versions(read_lock(text, str(self.place))), fresh=True, written=written)

    @property
    def _stale_because(self) -> tuple[str, ...]:
        return self.old.changes(self.inputs) if self.old is not None else ("there is no lock",)

    def _locked(self, pins: Mapping[str, str], *, fresh: bool, written: bool) -> Locked:
        prepared = self.prepared
        return Locked(
            file=self.place,
            input=self.path,
            target=prepared.target,
            fresh=fresh,
            written=written,
            stale_because=self._stale_because,
            pins=pins,
            private={name: str(wheel.version) for name, wheel in prepared.wheels.items()},
            before=_versions(self.old),
            notes=(*prepared.notes, *_notes(self.path, prepared, pins)),
        )


def _refuse_unusable(out: str | os.PathLike[str] | None, names: Collection[str]) -> None:
    """UsageError for what cannot be written to and for what is no name: before anything is built or asked."""
    if out is not None and not Path(out).parent.is_dir():
        raise UsageError(f"The lock cannot be written to {Path(out)}: there is no such folder.", hint="Make it first.")
    if out is not None and Path(out).is_dir():
        raise UsageError(f"The lock cannot be written: {Path(out)} is a folder.", hint="Name a file in it.")
    for name in names:
        try:
            canonicalize_name(name, validate=True)
        except InvalidName:
            hint = "Give the name alone: --upgrade-package pandas."
            raise UsageError(f"{redact(name)!r} is no name of a package.", hint=hint) from None


def _older(place: Path, path: Path, *, strict: bool) -> LockFile | None:
    """The lock that is there; None where there is none, or a broken one that will be written again.

    ConflictError for a file that is not the lock of ``path``: nobody's work is overwritten.
    """
    if not place.exists():
        return None
    hint = "Say where the lock goes: --out FILE."
    if not has_lock(place):
        raise ConflictError(f"{place} is there, and amlpriv has not written it.", hint=hint)
    try:
        old = read_lock(read_text(place), str(place))
    except InputError:
        if strict:
            raise
        return None
    if old.of != path.name:
        raise ConflictError(f"{place} is the lock of {old.of}.", hint=hint)
    return old


def _kept(old: LockFile | None, upgrade: bool, names: Collection[str]) -> list[str]:
    """The pins that shall stay, if they can. UsageError for a name to upgrade that the lock does not have."""
    pins = {pin.name: str(pin.requirement) for pin in old.pins} if old is not None else {}
    left_out = {str(canonicalize_name(name)) for name in names}
    if old is not None and (unknown := sorted(left_out - set(pins))):
        raise UsageError(
            f"{' and '.join(unknown)} {'are' if len(unknown) > 1 else 'is'} not in the lock.",
            hint="Names of packages that are in it can be upgraded.",
        )
    return [] if upgrade else [text for name, text in pins.items() if name not in left_out]


def _versions(lock: LockFile | None) -> dict[str, str]:
    return {pin.name: next(iter(pin.requirement.specifier)).version for pin in lock.pins} if lock is not None else {}


def _notes(path: Path, prepared: Prepared, pins: Collection[str]) -> Iterator[str]:
    if path.suffix.lower() == ".toml":
        yield from _of_other_locks(path)
    both = sorted({str(canonicalize_name(item.name)) for item in prepared.conda.dependencies} & set(pins))
    if both:
        yield f"{', '.join(both)}: in the conda part too; pip puts the version of the lock in place of conda's"
    for line in prepared.conda.pip:
        if isinstance(line, PipVcs):
            name = line.name or "a repository"
            yield f"{name} is not in the lock, nor what it requires: the image build fetches it from its repository"
        elif isinstance(line, PipRequirement) and line.requirement.url:
            yield f"{line.name} is not in the lock, nor what it requires: it has an address of its own"


def _of_other_locks(path: Path) -> Iterator[str]:
    """What a uv.lock or pylock.toml beside a ``pyproject.toml`` has to say."""
    settings = read_toml(read_text(path), str(path)).get("tool", {}).get("amlpriv", {})
    named = settings.get("lock")
    for other in _OTHER_LOCKS:
        if named == other or (named is True and other == "uv.lock"):
            yield f"the versions of {other} are locked here, since [tool.amlpriv] names it; when it changes, lock again"
        elif (path.parent / other).is_file():
            yield (
                f"{other} is there and not read, since [tool.amlpriv] does not name it: this lock decides"
                f' (with lock = "{other}" its versions are locked here)'
            )


def _tools(environ: Mapping[str, str]) -> str:
    """Name and version of amlpriv and of uv."""
    answer = run([uv_program(environ), "--version"], env=environ, timeout=60)
    words = " ".join(answer.tail).split()
    return f"amlpriv {version('amlpriv')}, uv {words[1] if answer.succeeded and len(words) > 1 else 'unknown'}"
