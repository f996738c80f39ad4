"""Run a tool: arguments, environment, time limit; what it says is redacted before anybody sees it.

No process outlives us. A tool gets a process group (POSIX: a session) of its own, which is killed as a whole on a
time-out, a cancellation, Ctrl-C or any exception, and by a guard (``amlpriv.guard``) when we are killed ourselves. On
Windows ``taskkill /T`` ends the tree; there is no guard there.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from amlpriv.errors import BuildError
from amlpriv.guard import dismiss, instruct, start_guard
from amlpriv.secret import Secret
from amlpriv.tool_output import Lines, Pipe, spellings

__all__ = ["Completed", "ToolCancelledError", "ToolMissingError", "ToolTimeoutError", "pass_through", "run"]

TAIL_LINES = 40
GRACE = 3.0
"""Seconds between asking a tool to stop and killing it: pip and uv remove their temporary files in them."""

_TICK = 0.1  # Ctrl-C does not interrupt a blocking wait on Windows, hence short ones.
_LINGER = 1.0  # A grandchild can hold the pipe open after the tool itself has ended.


class ToolMissingError(BuildError):
    """The program does not exist, or could not be started."""


class ToolTimeoutError(BuildError):
    """The program took longer than it may; it was stopped, with all its children."""

    def __init__(self, message: str, *, hint: str | None = None, tail: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.tail = tail


class ToolCancelledError(BuildError):
    """Whoever asked for the program does not want it any more; it was stopped, with all its children."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A tool that came to an end by itself."""

    returncode: int
    """As shells count: 128 + n when signal n ended it."""
    tail: tuple[str, ...]
    """The last lines of standard output and standard error together, redacted."""

    @property
    def succeeded(self) -> bool:
        """Whether the exit code is 0."""
        return self.returncode == 0


def run(
    arguments: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str],
    timeout: float | None,
    on_line: Callable[[str], None] | None = None,
    secrets: Sequence[Secret] = (),
    stdin: bytes | None = None,
    cancelled: Callable[[], bool] | None = None,
    on_pause: Callable[[], None] | None = None,
) -> Completed:
    """Run a program without a shell; ``on_line`` gets every line, redacted, in the calling thread, and ``on_pause`` is
    called when there is none to read for the moment. A line of more than 256 Ki characters comes in pieces.

    ``env`` is the whole environment, and ``timeout`` is in seconds. ``cancelled`` is asked ten times a second. Raises
    ToolMissingError, ToolTimeoutError and ToolCancelledError; an exit code other than 0 is the caller's to judge.
    """
    name = Path(arguments[0]).stem
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    forms = spellings(secrets)
    deadline = None if timeout is None else time.monotonic() + timeout

    with _started(arguments, cwd=cwd, env=env, own_group=True, piped=True, has_input=stdin is not None) as process:
        if process.stdin is not None:
            threading.Thread(target=_feed, args=(process.stdin, stdin or b""), daemon=True).start()
        for lines in _batches(process, forms, deadline, cancelled or _never):
            if lines is None:
                raise ToolTimeoutError(
                    f"{name} did not finish within {timeout:g} seconds and was stopped.",
                    hint="\n".join(tail) or "It said nothing.",
                    tail=tuple(tail),
                )
            tail.extend(lines)
            if on_line is not None:
                for line in lines:
                    on_line(line)
            if not lines and on_pause is not None:
                on_pause()
        return Completed(_exit_code(process.wait()), tuple(tail))


def pass_through(arguments: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path | None = None) -> int:
    """Run a program on our own standard input and output; the exit code, 128 + n for signal n.

    Ctrl-C goes to the program, and only the third one kills it. On a terminal the program shares our process group,
    otherwise it could not read the keyboard; then only itself, not its children, is sure to end with us.
    """
    own_group = not _on_terminal()
    interrupts = 0
    ended = threading.Event()
    with _started(arguments, cwd=cwd, env=env, own_group=own_group, piped=False, has_input=True) as process:
        # Ctrl-C must not come between the end of the program and the reading of its exit code, which would be lost.
        threading.Thread(target=_tell_end, args=(process, ended), daemon=True).start()
        while True:
            try:
                if ended.wait(_TICK if os.name == "nt" else None):
                    return _exit_code(process.returncode)
            except KeyboardInterrupt:
                interrupts += 1
                if interrupts > 2:
                    _signal(process, own_group, "SIGKILL")
                elif own_group:  # on a terminal it has had the signal already
                    _signal(process, own_group, "SIGINT")


def _tell_end(process: subprocess.Popen[bytes], ended: threading.Event) -> None:
    process.wait()
    ended.set()


def _on_terminal() -> bool:
    try:
        return os.isatty(0)
    except OSError:
        return False


def _exit_code(returncode: int) -> int:
    return 128 - returncode if returncode < 0 else returncode


@contextlib.contextmanager
def _started(
    arguments: Sequence[str | Path],
    *,
    cwd: Path | None,
    env: Mapping[str, str],
    own_group: bool,
    piped: bool,
    has_input: bool,
) -> Iterator[subprocess.Popen[bytes]]:
    """The running program; leaving the block ends it and its children, whatever the reason."""
    command = [_program(str(arguments[0]), env), *map(str, arguments[1:])]
    stdin = None if not piped else subprocess.PIPE if has_input else subprocess.DEVNULL
    output = (subprocess.PIPE, subprocess.STDOUT) if piped else (None, None)
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) if own_group else 0
    guard = start_guard()
    try:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(env),
            stdin=stdin,
            stdout=output[0],
            stderr=output[1],
            start_new_session=own_group,
            creationflags=flags,
        )
    except OSError as error:
        dismiss(guard)
        raise ToolMissingError(f"{command[0]} could not be started: {error.strerror or error}.") from error
    try:
        instruct(guard, -process.pid if own_group else process.pid)
        yield process
    finally:
        _end(process, own_group)
        dismiss(guard)


def _program(name: str, env: Mapping[str, str]) -> str:
    """The program's full path, searched on the PATH that it is going to get."""
    found = shutil.which(name, path=env.get("PATH", os.defpath))
    if found is None:
        raise ToolMissingError(
            f"The program {name} was not found.", hint=f"Install {Path(name).stem}, or put its folder on PATH."
        )
    return found


def _feed(stream: IO[bytes], data: bytes) -> None:
    with contextlib.suppress(OSError), stream:
        stream.write(data)


def _never() -> bool:
    return False


def _batches(
    process: subprocess.Popen[bytes], secrets: Sequence[str], deadline: float | None, cancelled: Callable[[], bool]
) -> Iterator[list[str] | None]:
    """The program's lines as they come; an empty list in a pause; None, once, when the deadline has passed.

    Raises ToolCancelledError.
    """
    assert process.stdout is not None  # noqa: S101  piped by run()
    pipe, lines = Pipe(process.stdout), Lines(secrets)
    ended: float | None = None
    closed = False
    try:
        while not (closed and process.poll() is not None):
            now = time.monotonic()
            if cancelled():
                raise ToolCancelledError("It was cancelled, and stopped.")
            if deadline is not None and now >= deadline:
                yield None
            try:
                data = pipe.next(0.01 if closed else _TICK)
            except queue.Empty:
                ended = ended or (now if process.poll() is not None else None)
                if ended is not None and now - ended > _LINGER:
                    yield lines.finish()
                    return
                continue
            closed = closed or data is None
            yield lines.feed(data) if data is not None else lines.finish()
            if pipe.is_idle:
                yield []
    finally:
        pipe.stop()


def _end(process: subprocess.Popen[bytes], own_group: bool) -> None:
    """Ask what is left of the tree to stop, then kill it."""
    try:
        if process.poll() is None:
            _signal(process, own_group, "SIGINT")
            process.wait(GRACE)
    except subprocess.TimeoutExpired:
        pass
    finally:
        if own_group or process.poll() is None:
            _signal(process, own_group, "SIGKILL")
        process.wait()


def _signal(process: subprocess.Popen[bytes], own_group: bool, name: str) -> None:
    if sys.platform == "win32":
        if process.poll() is None:  # Windows gives process ids to others soon
            taskkill = Path(os.environ.get("SYSTEMROOT", "C:\\Windows"), "System32", "taskkill.exe")
            subprocess.run([taskkill, "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(-process.pid if own_group else process.pid, getattr(signal, name))
