"""The lock beside a file: where it is, whether it is fresh, and the file with its pins. Asks nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from amlpriv.errors import InputError, UsageError
from amlpriv.files import open_binary, read_text
from amlpriv.specs.environment import EnvironmentFile
from amlpriv.specs.lock_inputs import LockInput, lock_name
from amlpriv.specs.lock_text import LockFile, LockUse, is_lock, read_lock, with_lock
from amlpriv.specs.problems import input_error
from amlpriv.wheels.wheel import Wheel

__all__ = ["applied", "has_lock", "lock_beside", "lock_path", "refuse_lock"]

_LONGEST = 200
_TEXT = (".txt", ".in")


def refuse_lock(path: Path) -> None:
    """InputError for a lock of ``amlpriv lock`` that is given in place of the file that it is the lock of."""
    if path.suffix.lower() in _TEXT and has_lock(path):
        hint = f"Give the file that it is the lock of: {read_lock(read_text(path), str(path)).of}."
        raise InputError("A lock alone does not say what an environment is.", file=path, line=1, hint=hint)


def lock_path(file: EnvironmentFile, path: Path) -> Path:
    """Where the lock of ``path`` is, or would be: ``<stem>.lock.txt`` beside it, or what ``[tool.amlpriv]`` names."""
    return path.parent / (file.lock or lock_name(path.name))


def has_lock(path: Path) -> bool:
    """Whether ``amlpriv lock`` has written what is there; only the first line is read, of whatever file it is."""
    if not path.is_file():
        return False
    with open_binary(path) as stream:
        return is_lock(stream.readline(_LONGEST).decode("utf-8", errors="replace"))


def lock_beside(
    file: EnvironmentFile, path: Path, *, required: bool, say: Callable[[str], None] = lambda _: None
) -> LockFile | None:
    """The lock of a file; None where there is none, or one that is of another file or not of amlpriv.

    Raises InputError for one that is broken, or that ``[tool.amlpriv]`` names and is missing; with ``required``
    UsageError when there is none.
    """
    place = lock_path(file, path)
    hint = f"Write it: amlpriv lock {path.name}"
    found = read_lock(read_text(place), str(place)) if has_lock(place) else None
    if found is None and file.lock is not None:
        said = "is not of amlpriv" if place.is_file() else "is not there"
        raise input_error(f"The lock {file.lock!r} {said}.", file.positions.get("lock"), hint=hint)
    if found is not None and file.lock is None and found.of != path.name:
        say(f"{place.name} is the lock of {found.of}, and not used for {path.name}")
        found = None
    if found is None and required:
        raise UsageError(f"--locked, and {path.name} has no lock.", hint=hint)
    return found


def applied(
    file: EnvironmentFile,
    lock: LockFile,
    inputs: Iterable[LockInput],
    wheels: Mapping[str, Wheel],
    *,
    required: bool,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[EnvironmentFile, LockUse, tuple[str, ...]]:
    """The file with the pins of a fresh lock, or as it is; how that came; and notes."""
    use = LockUse(lock.file, lock.of, lock.changes(inputs), required)
    if use.changes:
        return file, use, ()
    count = len(lock.pins)
    say(f"{count} pin{' of' if count == 1 else 's of'} {Path(lock.file).name} {'is' if count == 1 else 'are'} used")
    locked, notes = with_lock(file, lock.pins, frozenset(wheels))
    return locked, use, notes
