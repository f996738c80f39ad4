"""Files that are being fetched (``<name>.part``): how large they may become, and when nobody wants them any more."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from pathlib import Path

from amlpriv.errors import ServiceError, StorageFullError

__all__ = ["MOST_BYTES", "check_size", "forget_parts"]

MOST_BYTES = 5 * 1024**3
"""The largest wheels have about 3 GB; an answer that does not end would fill the disk."""

_ABANDONED = 7 * 24 * 3600.0
"""Seconds after which nobody goes on with what was begun."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_size(part: Path, size: int, have: int = 0, most_bytes: int = MOST_BYTES) -> None:
    """Whether a file of ``size`` bytes may come, of which ``have`` are there; the part of one that may not is removed.

    Raises ServiceError: larger than ``most_bytes``; StorageFullError: than the space that is left.
    """
    name = part.name.removesuffix(".part")
    if size > most_bytes:
        part.unlink(missing_ok=True)
        raise ServiceError(
            f"{name} was not fetched: the answer is larger than the {most_bytes:,} bytes that a file may have.",
            hint="Check the address: something else than a package may stand there.",
        )
    if size - have > (free := shutil.disk_usage(part.parent).free):
        raise StorageFullError(
            f"There is no space left for {name}: it has {size:,} bytes, and {free:,} are free in {part.parent}.",
            hint="Free some and run it again.",
        )


def forget_parts(folder: Path) -> None:
    """Remove what was begun in the folder and abandoned for a week.

    In the cache of wheels every file has a folder of its own, ``<two digits>/<sha256>``: there, in all of these.
    """
    cached = _SHA256.fullmatch(folder.name) and folder.name.startswith(folder.parent.name)
    found = folder.parent.parent.glob("[0-9a-f][0-9a-f]/*/*.part") if cached else folder.glob("*.part")
    with contextlib.suppress(OSError):
        for path in found:
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _ABANDONED:
                    path.unlink()
