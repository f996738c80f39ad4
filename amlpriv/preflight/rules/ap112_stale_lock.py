"""A lock that was made from other inputs is not used: pip then takes whatever versions are newest on that day.

With ``--locked`` it is an error. (uv does the same for a uv.lock: its documentation, "Locking and syncing".)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Place, Subject

__all__ = ["CODE", "NAME", "find"]

CODE = "AP112"
NAME = "stale lock"

_SHOWN = 5


def find(subject: Subject) -> Iterator[Finding]:
    """The lock beside the file, when it is stale, and what has changed since."""
    lock = subject.lock
    if lock is None or not lock.stale:
        return
    more = len(lock.changes) - _SHOWN
    changes = "; ".join(lock.changes[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
    yield Place(subject.environment.file).finding(
        CODE,
        Severity.ERROR if lock.required else Severity.WARNING,
        PurePath(lock.file).name,
        f"The lock is stale and not used: {changes}.",
        fix=f"Lock again: 'amlpriv lock {lock.of}'.",
    )
