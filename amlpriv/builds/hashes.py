"""Content hashes of a folder's files; a file that looks untouched since it was read is not read again."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from amlpriv.errors import AmlprivError
from amlpriv.files import create_private_directory, write_text

__all__ = ["FileHashes", "hash_file"]

SETTLED = 2.0
"""Seconds. A file that was changed less than that before it was read is read again the next time: another change
within the clock's resolution (2 s on FAT) would look the same. git calls such files "racily clean"."""

_SCHEMA = 1
_BLOCK = 1024 * 1024
_MOST_NOTES = 200

_Look = tuple[int, int, int, int]
"""Size, time of the content, time of the inode, inode."""


@dataclass(slots=True)
class FileHashes:
    """The hashes of the files below ``root``, with notes from the last time in the folder ``notes``."""

    root: Path
    notes: Path
    _known: dict[str, tuple[_Look, str]] = field(init=False)
    _changed: bool = False

    def __post_init__(self) -> None:
        self._known = _read(self._file)

    @property
    def _file(self) -> Path:
        return self.notes / f"{sha256(os.fsencode(self.root)).hexdigest()[:32]}.json"

    def of(self, name: str, walked: Callable[[Path], bool] = lambda _: False) -> tuple[str, str]:
        """Kind (``-``, ``x`` for executable, ``l`` for a link) and SHA-256 of the file at that path from the root.

        A link counts with the file that it leads to in the end, wherever that is. Raises OSError; ValueError for a link
        to a folder unless that one is ``walked``, so that its files count by themselves.
        """
        path = f"{self.root}/{name}"
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            return "l", self._of_link(Path(path), walked)
        return self._of_file(name, path, status)

    def _of_link(self, path: Path, walked: Callable[[Path], bool]) -> str:
        aim = path.readlink().as_posix()
        target = Path(os.path.realpath(path))
        if not target.exists():
            return aim
        if not target.is_dir():
            return " ".join((aim, *self._of_file(str(target), str(target), target.stat())))
        if not walked(target):
            raise ValueError(f"{path} leads to a folder elsewhere")
        return aim

    def _of_file(self, name: str, path: str, status: os.stat_result) -> tuple[str, str]:
        if not stat.S_ISREG(status.st_mode):
            return "?", ""  # a socket or a device is not copied for the build either
        kind = "x" if os.name == "posix" and status.st_mode & stat.S_IXUSR else "-"
        look = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        known = self._known.get(name)
        if known is not None and known[0] == look:
            return kind, known[1]
        begun = time.time()
        digest = hash_file(Path(path))
        self._changed = self._changed or known is not None
        self._known.pop(name, None)
        if begun - max(status.st_mtime, status.st_ctime) > SETTLED:
            self._known[name] = look, digest
            self._changed = True
        return kind, digest

    def keep(self) -> None:
        """Write down what is known; that it cannot be written does no harm."""
        if not self._changed:
            return
        with contextlib.suppress(AmlprivError, OSError, ValueError):
            create_private_directory(self.notes)
            text = json.dumps({"schema": _SCHEMA, "files": self._known}, separators=(",", ":"))
            write_text(self._file, text, private=True)
            self._changed = False
            _forget(self.notes)


def hash_file(path: Path) -> str:
    """SHA-256 of a file's content. Raises OSError."""
    digest = sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _read(path: Path) -> dict[str, tuple[_Look, str]]:
    """The notes; none when they are missing, damaged or of another version."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] == _SCHEMA:
            return {
                name: ((int(look[0]), int(look[1]), int(look[2]), int(look[3])), str(digest))
                for name, (look, digest) in data["files"].items()
            }
    return {}


def _forget(folder: Path) -> None:
    """Drop the notes on what was not built for the longest time."""
    with contextlib.suppress(OSError):
        files = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in files[_MOST_NOTES:]:
            path.unlink(missing_ok=True)
