"""Start, find, stop and delete the local workspace of a home. Many processes may do so at once."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType

from amlpriv.errors import LocalWorkspaceError, LockedError
from amlpriv.local.azurite import ensure_azurite
from amlpriv.local.certificates import ensure_certificates, write_bundle
from amlpriv.local.home import Home, make_private_folder
from amlpriv.local.launching import END_SECONDS, ask_to_stop, launch, reap, status
from amlpriv.local.state import State, load_identity, load_state, our_version
from amlpriv.local.trouble import keep_trouble, note_trouble, tell_trouble
from amlpriv.local.upstreams import load_way, tell_way

__all__ = ["LocalSession", "join", "reset", "start", "status", "stop"]

HUNG_SECONDS = 3.0
"""How long a supervisor that does not answer may take to end by itself: it may be ending already."""
POLL_SECONDS = 0.02


def start(
    home: Home,
    *,
    say: Callable[[str], None],
    lifeline: bool = False,
    timeout: float = 30.0,
    environ: Mapping[str, str] | None = None,
    idle_hours: float | None = None,
) -> State:
    """The running local workspace of ``home``; it is started (and Azurite installed) when there is none.

    With ``lifeline`` it ends when this process does, otherwise it stays until ``stop`` or 8 idle hours. ``timeout`` is
    in seconds and does not count a first installation. Raises LocalWorkspaceError, LockedError, NetworkError,
    StorageFullError.
    """
    return _start(home, say, lifeline, timeout, os.environ if environ is None else environ, idle_hours)[0]


def join(home: Home, *, say: Callable[[str], None], environ: Mapping[str, str] | None = None) -> State | None:
    """The running local workspace of ``home``, made ready for programs of this environment; None when none runs."""
    state = status(home)
    return _join(home, state, say, os.environ if environ is None else environ) if state else None


def stop(home: Home, *, timeout: float = 30.0) -> bool:
    """End the local workspace and keep its data; False when none was running. Returns when every process is gone.

    Raises LockedError.
    """
    if not home.root.is_dir() or not home.is_ours:
        return False
    with _locked(home, timeout):
        return _end_supervisor(home)


def reset(home: Home, *, timeout: float = 30.0) -> bool:
    """End the local workspace and delete all that it holds: data, account key, certificates, logs. Asks nothing.

    False when there was nothing. Raises LockedError, LocalWorkspaceError when something cannot be deleted, or the
    folder holds somebody else's files and no local workspace.
    """
    if not home.root.is_dir():
        return False
    if home.is_foreign:
        raise LocalWorkspaceError(
            f"{home.root} has files in it that are not of a local workspace; nothing was deleted.",
            hint="Set AMLPRIV_HOME to the local workspace's folder. Delete by hand what you do not need here.",
        )
    if not home.is_ours:
        return False
    with _locked(home, timeout):
        _end_supervisor(home)
        shutil.rmtree(home.serving, ignore_errors=True)  # a 'local serve' that is ending may hold a file of it
        for folder in (home.storage, home.plane, home.certificates, home.logs, home.builds, home.jobs, home.feeds):
            _delete(folder)
        for file in (home.state, home.ports, home.upstream, home.storage_running, home.trouble, home.identity):
            file.unlink(missing_ok=True)
        home.marker.unlink(missing_ok=True)
    return True


class LocalSession:
    """``with LocalSession(home, say=...) as state:`` a local workspace for the time of a block.

    One that runs already is used and left running.
    """

    def __init__(
        self, home: Home, *, say: Callable[[str], None], timeout: float = 30.0, environ: Mapping[str, str] | None = None
    ) -> None:
        self._home = home
        self._say = say
        self._timeout = timeout
        self._environ = os.environ if environ is None else environ
        self._is_ours = False

    def __enter__(self) -> State:
        state, self._is_ours = _start(self._home, self._say, True, self._timeout, self._environ, None)
        return state

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_ours:
            stop(self._home)


def _start(
    home: Home,
    say: Callable[[str], None],
    lifeline: bool,
    timeout: float,
    environ: Mapping[str, str],
    idle_hours: float | None,
) -> tuple[State, bool]:
    """The state, and whether it is we who started it and nobody else wants it."""
    if state := _usable(status(home)):
        return _join(home, state, say, environ), False
    home.prepare()
    azurite = ensure_azurite(home.cache, environ, say=say)

    with _locked(home, timeout):
        home.prepare()  # a reset may have come first
        found = status(home) or _wait_for_orphan(home)
        if state := _usable(found):  # another process was quicker
            return _join(home, state, say, environ), False
        if found:
            lifeline = False  # somebody else started it, and wants it to stay
            say(f"The local workspace is run by amlpriv {found.version or 'of an older version'}; it is started again.")
        _end_supervisor(home)
        tell_trouble(home, say, running=False)
        load_identity(home)
        ensure_certificates(home, datetime.now(timezone.utc))
        write_bundle(home, environ)
        say("Starting the local workspace ...")
        command = ["--home", str(home.root), "--node", str(azurite.node), "--azurite", str(azurite.main)]
        command += ["--idle-hours", str(idle_hours)] if idle_hours is not None else []
        command += ["--lifeline"] if lifeline else []
        state = launch(home, command, timeout, environ)
        if (way := load_way(home)).problem:
            say(str(way))  # before pip says no more than that a connection failed
        return state, found is None


def _usable(state: State | None) -> State | None:
    """The state of a workspace that runs with our own version; an update must not talk to yesterday's processes."""
    return state if state and state.version == our_version() else None


def _join(home: Home, state: State, say: Callable[[str], None], environ: Mapping[str, str]) -> State:
    tell_trouble(home, say, running=True)
    write_bundle(home, environ)
    tell_way(home, state, environ, say)
    return state


def _end_supervisor(home: Home) -> bool:
    """End whatever supervisor there is, politely, then not; False when there was none. The home's lock is held."""
    state = load_state(home)
    if _is_free(home, 0):
        keep_trouble(home)
        home.state.unlink(missing_ok=True)
        return False
    state = state or _wait_for_orphan(home)
    answered = state is not None and ask_to_stop(state)
    if not _is_free(home, END_SECONDS if answered else HUNG_SECONDS):
        if state is None:
            raise LocalWorkspaceError(
                f"a supervisor that says nothing about itself runs in {home.root}",
                hint=f"End it by hand; its log: {home.supervisor_log}",
            )
        note_trouble(home, "supervisor", "The supervisor did not answer and was ended.")
        # The running lock is held, so the process that wrote the state is alive: the number is not somebody else's.
        os.kill(state.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        _is_free(home, END_SECONDS)
    home.state.unlink(missing_ok=True)
    _wait_gone(home.storage_running)
    reap()
    return True


def _wait_for_orphan(home: Home) -> State | None:
    """The workspace that somebody began to start and was killed: its supervisor goes on, and is soon ready."""
    deadline = time.monotonic() + HUNG_SECONDS
    while not home.state.exists() and not _is_free(home, 0) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return status(home)


def _is_free(home: Home, wait: float) -> bool:
    """Whether no supervisor lives in ``home``, at the latest after ``wait`` seconds."""
    import filelock

    try:
        with filelock.FileLock(home.running, timeout=wait):
            return True
    except filelock.Timeout:
        return False


def _wait_gone(path: Path) -> None:
    deadline = time.monotonic() + END_SECONDS
    while path.exists() and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


@contextlib.contextmanager
def _locked(home: Home, wait: float) -> Iterator[None]:
    import filelock

    make_private_folder(home.root)
    holder = home.lock.with_suffix(".pid")
    lock = filelock.FileLock(home.lock, timeout=wait)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        pid = holder.read_text(encoding="ascii") if holder.exists() else "unknown"
        raise LockedError(
            f"process {pid} has been starting or stopping the local workspace in {home.root} for {wait:.0f} seconds",
            hint="Wait for it, or end it and try again.",
        ) from error
    try:
        holder.write_text(str(os.getpid()), encoding="ascii")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _delete(folder: Path) -> None:
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise LocalWorkspaceError(f"cannot delete {folder}: {error.strerror or error}") from error
