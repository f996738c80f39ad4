"""For the case that we are killed ourselves (``kill -9``): a *guard* ends the tools that we run.

It waits beside the tool on a pipe that only we hold open, and kills the tool's group when the pipe closes. That needs
neither ``preexec_fn`` (unsafe with threads, which every notebook has) nor ``prctl`` (Linux only, and blind to
grandchildren), costs no waiting time and works on macOS as well.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

__all__ = ["dismiss", "instruct", "start_guard"]

_GUARD = """
import os, signal
word = os.read(0, 32)
if word and not os.read(0, 1):
    try: os.kill(int(word), signal.SIGKILL)
    except OSError: pass
"""


def start_guard() -> subprocess.Popen[bytes] | None:
    """A process that kills the tool's group when we vanish; None where that cannot be."""
    if os.name != "posix" or not sys.executable:
        return None
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _GUARD],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return None


def instruct(guard: subprocess.Popen[bytes] | None, pid: int) -> None:
    """Say which process (or group, when negative) is to be killed."""
    if guard is not None and guard.stdin is not None:
        with contextlib.suppress(OSError):
            guard.stdin.write(f"{pid}\n".encode())
            guard.stdin.flush()


def dismiss(guard: subprocess.Popen[bytes] | None) -> None:
    """The tool has ended: the guard is not needed any more."""
    if guard is not None and guard.stdin is not None:
        guard.kill()  # before its pipe closes, or it would act
        guard.wait()
        with contextlib.suppress(OSError):
            guard.stdin.close()
