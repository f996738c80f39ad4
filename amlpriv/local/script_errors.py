"""Finds in what an inference server printed the lines that tell its user why the scoring script failed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

__all__ = ["KEPT", "reason"]

KEPT = 500
"""So many of the last lines are worth looking through."""
_TAIL = 15
_HEAD = 5
_TRACEBACK = "Traceback (most recent call last):"
_LOGGED = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d")


def reason(lines: Sequence[str], code: Path) -> str:
    """The last traceback with a frame of a file in ``code``, from that frame on; else the last one; else the end.

    The server prints the exception of ``init()`` first, then one of its own that was caused by it, then its shutdown:
    the end alone does not say what happened. At most twenty lines and a mark where some are left out.
    """
    places = {f'File "{place}' for place in (code, code.resolve())}
    found = _tracebacks(lines)
    for block in reversed(found):
        own = [at for at, line in enumerate(block) if any(place in line for place in places)]
        if own:
            return _cut(block[own[0] :])
    return _cut(found[-1] if found else list(lines)[-_TAIL:])


def _tracebacks(lines: Sequence[str]) -> list[list[str]]:
    blocks: list[list[str]] = []
    inside = False
    for line in lines:
        if line.endswith(_TRACEBACK):
            blocks.append([])
            inside = True
        elif not line.strip() or _LOGGED.match(line):
            inside = False
        if inside:
            blocks[-1].append(line)
    return blocks


def _cut(lines: list[str]) -> str:
    if len(lines) > _HEAD + _TAIL:
        lines = [*lines[:_HEAD], "  ...", *lines[-_TAIL:]]
    return "\n".join(lines)
