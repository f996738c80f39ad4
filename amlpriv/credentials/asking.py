"""Ask a program, or a function, for a secret, and not wait for ever.

`amlpriv.processes` redacts what a tool says, and a token that a tool hands over would be redacted too.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from amlpriv.guard import dismiss, instruct, start_guard
from amlpriv.secret import Secret

__all__ = ["Answer", "ask", "within"]

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Answer:
    """A program that came to its end."""

    returncode: int
    output: Secret = field(repr=False)
    """Standard output."""


def ask(
    arguments: Sequence[str], environ: Mapping[str, str], seconds: float, *, folder: Path, talk: bool = False
) -> Answer | None:
    """Run a program in ``folder`` without standard input; None when it could not be started or took too long.

    It gets a process group of its own, which is killed as a whole. ``talk`` lets it speak to the person on standard
    error (a device code, "touch your key"); otherwise that is thrown away.
    """
    if seconds <= 0:
        return None
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)
    guard = start_guard()
    try:
        process = subprocess.Popen(
            arguments,
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if talk else subprocess.DEVNULL,
            start_new_session=True,
            creationflags=flags,
        )
    except (OSError, ValueError):
        dismiss(guard)
        return None
    try:
        instruct(guard, -process.pid)
        output, _ = process.communicate(timeout=seconds)
        return Answer(process.returncode, Secret(output.decode("utf-8", "replace")))
    except subprocess.TimeoutExpired:
        return None
    finally:
        _end(process)
        dismiss(guard)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the tree."""
    if sys.platform == "win32":
        if process.poll() is None:
            taskkill = Path(os.environ.get("SYSTEMROOT", "C:\\Windows"), "System32", "taskkill.exe")
            subprocess.run([taskkill, "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def within(seconds: float, call: Callable[[], _Result]) -> _Result | None:
    """What ``call`` returns or raises; None when that takes too long. It then goes on in a thread that ends with us."""
    results: list[_Result] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(call())
        except BaseException as error:  # raised again where it is waited for
            errors.append(error)

    thread = threading.Thread(target=work, name="amlpriv-credential", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    return results[0] if results else None
