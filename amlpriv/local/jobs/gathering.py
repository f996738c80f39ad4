"""Which files of an output are kept. A job may leave anything there: pipes that never end, links in circles, names that
no blob can have. Only regular files are kept, and of the rest the log says what it was."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Gathered", "gather"]

_NEVER = re.compile("[\x00-\x1f\x7f\\\\\ud800-\udfff\ufffe\uffff]")
"""Not in a blob's name (REST reference, "Naming and referencing containers, blobs"), or not in XML that lists it."""
_LONGEST = 1024
"""Characters of a blob's name; what the output's own place takes of them is not counted."""
_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is in an output."""

    files: list[tuple[str, Path]] = field(default_factory=list)
    """Path below the output, with slashes, and the file; the path is empty for an output that is a file itself."""
    left: list[str] = field(default_factory=list)
    """What is not kept, and why; for people."""


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    path: Path
    above: tuple[Path, ...]
    """The real folders on the way here."""


def gather(top: Path, root: Path, check: Callable[[], None]) -> Gathered:
    """The files in ``top`` (a folder, or one file). Links are followed to what lies in ``root``, the job's folder.

    ``check`` is called for every folder, and ends this by raising.
    """
    gathered = Gathered()
    real = Path(os.path.realpath(root))
    waiting = [_Found("", top, ())]
    while waiting:
        found = waiting.pop()
        try:
            folder = _look(found, real, gathered)
            if folder is not None:
                check()
                waiting += reversed(list(_inside(folder)))
        except OSError as error:
            gathered.left.append(f"{_shown(found.name)}: {error.strerror or type(error).__name__}")
    return gathered


def _look(found: _Found, root: Path, gathered: Gathered) -> _Found | None:
    """Note a file, or why it is none; the folder to look into otherwise."""
    if _NEVER.search(found.name) or len(found.name) > _LONGEST:
        gathered.left.append(f"{_shown(found.name)}: no blob can have this name")
        return None
    path = found.path
    if path.is_symlink():
        path = Path(os.path.realpath(path, strict=True))
        if not path.is_relative_to(root):
            gathered.left.append(f"{_shown(found.name)}: a link out of the job's folder")
            return None
    mode = path.lstat().st_mode
    if stat.S_ISREG(mode):
        gathered.files.append((found.name, path))
    elif stat.S_ISDIR(mode):
        real = Path(os.path.realpath(path))
        if not any(one.is_relative_to(real) for one in found.above):
            return _Found(found.name, real, (*found.above, real))
        gathered.left.append(f"{_shown(found.name)}: a link to a folder around it")
    else:
        kind = next((text for test, text in _KINDS if test(mode)), "no regular file")
        gathered.left.append(f"{_shown(found.name)}: {kind}")
    return None


def _inside(folder: _Found) -> Iterator[_Found]:
    for name in sorted(path.name for path in folder.path.iterdir()):
        yield _Found(f"{folder.name}/{name}" if folder.name else name, folder.path / name, folder.above)


def _shown(name: str) -> str:
    """The name on one line, also when it is no text."""
    text = os.fsencode(name).decode("utf-8", errors="backslashreplace") or "."
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
