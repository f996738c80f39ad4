"""Processes that left the group of the tool which started them (``setsid``, a daemon): a variable marks them.

Linux shows every process's environment in ``/proc``; elsewhere ``ps`` may show it, for our own processes at least.
Windows shows none: there only the tree that ``taskkill /T`` knows ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["end_marked"]

_PROC = Path("/proc")
_ROUNDS = 5
"""A process may start another one while we look."""
_PAUSE = 0.02
_SECONDS = 3.0


def end_marked(name: str, value: str) -> int:
    """Kill every process that was started with the environment variable ``name=value``; how many. Never ourselves."""
    ended: set[int] = set()
    for _ in range(_ROUNDS):
        found = set(_marked(name, value)) - {os.getpid()}
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        ended |= found
        if not found:
            break
        time.sleep(_PAUSE)
    return len(ended)


def _marked(name: str, value: str) -> Iterator[int]:
    if os.name != "posix":
        return
    if (_PROC / "self" / "environ").exists():
        yield from _in_proc(f"{name}={value}".encode())
    else:
        yield from _told_by_ps(f" {name}={value}")


def _in_proc(mark: bytes) -> Iterator[int]:
    for folder in _PROC.iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):  # gone, or another user's
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    yield int(folder.name)


def _told_by_ps(mark: str) -> Iterator[int]:
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        command = ["/bin/ps", "axeww", "-o", "pid=,command="]
        listed = subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS)
        for line in listed.stdout.decode("utf-8", errors="replace").splitlines():
            pid, _, rest = line.strip().partition(" ")
            if pid.isdecimal() and f"{mark} " in f"{rest} ":
                yield int(pid)
