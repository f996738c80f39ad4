"""Which files of a distribution were changed after it was installed (RECORD, PEP 376).

It is sent to other interpreters: the standard library of Python 3.8, and modules of this folder, are all it may use.
"""

from __future__ import annotations

import base64
import hashlib
import os
import time
from pathlib import Path

__all__ = ["modified"]

LARGEST = 4 * 1024 * 1024
"""Bytes: of a larger file only the size is compared."""

SHOWN = 20


def modified(info: Path, rows: list[tuple[str, str, str]], deadline: float) -> tuple[list[list[str]], int]:
    """The files that are not as RECORD has them, each with what is wrong, and how many there was no time to read.

    A file that is younger than RECORD is read first.
    """
    try:
        written = (info / "RECORD").stat().st_mtime + 2
    except OSError:
        return [], 0
    changed: list[list[str]] = []
    waiting: list[tuple[bool, str, str]] = []
    for path, digest, size in rows:
        if not digest or path.startswith("..") or path.endswith(".pyc") or path.partition("/")[0] == info.name:
            continue
        try:
            status = os.stat(str(info.parent / path))  # noqa: PTH116  # many thousands of them
        except OSError:
            changed.append([path, "missing"])
            continue
        if size.isdigit() and int(size) != status.st_size:
            changed.append([path, "changed"])
        elif status.st_size <= LARGEST and digest.startswith("sha256="):
            waiting.append((status.st_mtime <= written, path, digest))
    unchecked = 0
    for old, path, digest in sorted(waiting):
        if time.monotonic() > deadline and old:
            unchecked += 1
        elif digest_of(info.parent / path) != digest[len("sha256=") :].rstrip("="):
            changed.append([path, "changed"])
    return sorted(changed)[:SHOWN], unchecked


def digest_of(path: Path) -> str:
    """As RECORD has it."""
    try:
        return base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).decode().rstrip("=")
    except OSError:
        return ""
