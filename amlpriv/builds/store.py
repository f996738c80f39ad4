"""Wheels that were built before, each under the key of its inputs. Nothing of it is missed when it is deleted.

A folder per key with the wheel and ``entry.json``; it comes into being by one rename, so that another process sees
all of it or nothing. A wheel is compared with its hash whenever it is taken.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from amlpriv.builds.hashes import hash_file
from amlpriv.errors import AmlprivError
from amlpriv.files import create_private_directory, write_text
from amlpriv.secret import redact

__all__ = ["WheelStore"]

MOST_WHEELS = 200
MOST_BYTES = 2 * 1024**3

_ENTRY = "entry.json"
_ABANDONED = 24 * 3600.0
"""Seconds after which a folder that nobody renamed was left by a process that was killed."""


@dataclass(frozen=True, slots=True)
class WheelStore:
    """A folder of built wheels, for its owner only and of a limited size: what was not used for longest goes first."""

    folder: Path
    most_wheels: int = MOST_WHEELS
    most_bytes: int = MOST_BYTES

    def has(self, key: str) -> bool:
        """Whether something is kept under the key, damaged or not."""
        return (self.folder / key / _ENTRY).is_file()

    def take(self, key: str, out: Path) -> Path | None:
        """The wheel's copy in the folder ``out``; None when there is none, or a damaged one, which is removed."""
        entry = self.folder / key
        temporary = out / f".{secrets.token_hex(6)}.tmp"
        try:
            described = json.loads((entry / _ENTRY).read_text(encoding="utf-8"))
            name, expected = str(described["filename"]), str(described["sha256"])
            if Path(name).name != name or not name.endswith(".whl"):
                raise ValueError(name)
            create_private_directory(out)
            if _copied(entry / name, temporary) != expected:
                raise ValueError(name)
            temporary.replace(out / name)
            os.utime(entry / _ENTRY)
        except (OSError, ValueError, TypeError, KeyError, AmlprivError):
            if entry.exists():
                _remove(entry)
            return None
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()
        return out / name

    def keep(self, key: str, wheel: Path) -> None:
        """Store a copy of a wheel. Where that cannot be done, nothing happens: the wheel is built again next time.

        Nor for a wheel whose metadata has a credential in it, which would outlive its removal from the project.
        """
        if _has_credential(wheel):
            return
        temporary = self.folder / f".{secrets.token_hex(8)}.tmp"
        try:
            create_private_directory(self.folder)
            temporary.mkdir(mode=0o700)
            digest = _copied(wheel, temporary / wheel.name)
            described = {"filename": wheel.name, "sha256": digest, "size": wheel.stat().st_size}
            write_text(temporary / _ENTRY, json.dumps(described), private=True)
            temporary.rename(self.folder / key)  # another process may have been faster
            self._prune()
        except (OSError, AmlprivError):
            return
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def _prune(self) -> None:
        wheels = bytes_ = 0
        for entry, size in self._entries():
            wheels, bytes_ = wheels + 1, bytes_ + size
            if wheels > self.most_wheels or bytes_ > self.most_bytes:
                _remove(entry)

    def _entries(self) -> Iterator[tuple[Path, int]]:
        """What is stored and how large it is, the last used first; what was abandoned is removed."""
        found = []
        for entry in self.folder.iterdir():
            with contextlib.suppress(OSError):
                if not entry.name.startswith("."):
                    size = sum(path.stat().st_size for path in entry.iterdir())
                    found.append(((entry / _ENTRY).stat().st_mtime, entry, size))
                elif time.time() - entry.stat().st_mtime > _ABANDONED:
                    shutil.rmtree(entry, ignore_errors=True)
        yield from ((entry, size) for _, entry, size in sorted(found, reverse=True))


def _has_credential(wheel: Path) -> bool:
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
            texts = [archive.read(name).decode("utf-8", "replace") for name in names]
    except (OSError, zipfile.BadZipFile):  # whoever reads the wheel will say so
        return False
    headers = "\n".join(text.replace("\r\n", "\n").partition("\n\n")[0] for text in texts)
    return redact(headers) != headers


def _copied(source: Path, target: Path) -> str:
    """Copy a file; the SHA-256 of the copy. Raises OSError."""
    shutil.copyfile(source, target)
    return hash_file(target)


def _remove(entry: Path) -> None:
    """At one blow, for others may be looking."""
    doomed = entry.with_name(f".{secrets.token_hex(8)}.tmp")
    with contextlib.suppress(OSError):
        entry.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
