"""A file that lies in a user's folder for the time of a run, shared by runs side by side, and gone after the last."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from amlpriv.local.home import make_private_folder

__all__ = ["lent_file"]

LOCK_SECONDS = 10.0


@contextmanager
def lent_file(path: Path, content: str, notes: Path) -> Iterator[bool]:
    """Write ``path`` unless it exists, and take it away at the end of the block, when nobody has changed it and no
    other run needs it. Gives whether it is there by us (or by a run side by side, or one that was killed).

    ``notes`` is a folder that all runs of this user share: who needs which file. A run that was killed leaves its
    note, and the operating system lets go of its lock, by which the next one knows. Raises OSError when the file
    cannot be written, LocalWorkspaceError when the notes cannot.
    """
    import filelock

    folder = notes / hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]
    make_private_folder(folder)
    guard = filelock.FileLock(folder / "guard", timeout=LOCK_SECONDS)
    mine = filelock.FileLock(folder / f"{uuid.uuid4().hex}.run", timeout=LOCK_SECONDS)
    with guard:
        is_ours = _write(path, content, folder / "content")
        if is_ours:
            mine.acquire()
    try:
        yield is_ours
    finally:
        if is_ours:
            with guard:
                mine.release()
                Path(mine.lock_file).unlink(missing_ok=True)
                _clean(path, folder)


def _write(path: Path, content: str, record: Path) -> bool:
    """Whether the file is one that we write, now or before."""
    data = content.encode("utf-8")
    try:
        with path.open("xb") as stream:
            stream.write(data)
    except FileExistsError:
        return _is_unchanged(path, record)
    record.write_bytes(data)
    return True


def _clean(path: Path, folder: Path) -> None:
    """Take the file away when no run needs it any more; a changed one is the user's from now on."""
    import filelock

    for other in folder.glob("*.run"):
        try:
            with filelock.FileLock(other, timeout=0):
                pass
        except filelock.Timeout:
            return  # it runs
        other.unlink(missing_ok=True)
    record = folder / "content"
    if _is_unchanged(path, record):
        with suppress(OSError):
            path.unlink()
    record.unlink(missing_ok=True)


def _is_unchanged(path: Path, record: Path) -> bool:
    try:
        return path.read_bytes() == record.read_bytes()
    except OSError:
        return False
