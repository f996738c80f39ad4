"""Starting the supervisor as a detached process, and talking to one that runs."""

from __future__ import annotations

import contextlib
import http.client
import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.home import Home
from amlpriv.local.proxy import PING, REFUSED, START_ID_HEADER, STOP, ping_answer
from amlpriv.local.state import State, load_state
from amlpriv.local.supervisor import START_ID_VARIABLE
from amlpriv.local.upstreams import system_proxy
from amlpriv.local.withheld import without_tokens
from amlpriv.secret import redact

__all__ = ["END_SECONDS", "answers", "ask_to_stop", "find_problem", "launch", "reap", "refused_hosts", "status"]

PING_SECONDS = 2.0
END_SECONDS = 12.0
"""How long a supervisor may take to end: Azurite saves its data for up to 6 seconds."""
POLL_SECONDS = 0.02

_supervisors: list[subprocess.Popen[bytes]] = []
"""Kept for their lifelines, and so that they are not reported as forgotten children."""


def status(home: Home) -> State | None:
    """What runs in ``home``; None when nothing answers there, whatever a left-over ``state.json`` says."""
    state = load_state(home)
    if state is None:
        return None
    answer = _ask(state, "GET", PING)
    return state if answer == ping_answer(state.start_id.reveal()) else None


def find_problem(home: Home) -> str | None:
    """Why nothing answers in ``home`` although a workspace was started there; None when none was, or was stopped."""
    if not home.state.exists():
        return None
    state = load_state(home)
    if state is None:
        return f"{home.state} cannot be understood: another version of amlpriv wrote it, or it is damaged."
    if answers(state.ports.proxy):
        return f"Its supervisor (process {state.pid}) does not answer."
    return f"It ended without being stopped: its supervisor (process {state.pid}) is gone."


def answers(port: int) -> bool:
    """Whether anybody listens on this port of 127.0.0.1."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PING_SECONDS):
            return True
    except OSError:
        return False


def launch(home: Home, arguments: list[str], timeout: float, environ: Mapping[str, str]) -> State:
    """Start the supervisor and wait for it; whatever goes wrong here ends it."""
    start_id = secrets.token_hex(16)
    process = _spawn(home, arguments, {**without_tokens(environ), **system_proxy(environ), START_ID_VARIABLE: start_id})
    try:
        return _wait_ready(home, process, start_id, timeout)
    except BaseException:  # Ctrl-C as well
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        home.state.unlink(missing_ok=True)
        raise


def ask_to_stop(state: State) -> bool:
    """Ask the supervisor to end, which takes a while; False when it does not answer."""
    return _ask(state, "POST", STOP, start_id=state.start_id.reveal()) is not None


def refused_hosts(state: State) -> dict[str, int]:
    """How often each foreign host was refused to isolated clients so far; empty when nothing answers."""
    answer = _ask(state, "GET", REFUSED, start_id=state.start_id.reveal(), port=state.ports.isolated)
    try:
        found = json.loads(answer or "{}")
    except ValueError:
        return {}
    return {str(host): int(count) for host, count in found.items()}


def reap() -> None:
    """Let go of the supervisors that we started and that have ended."""
    for process in tuple(_supervisors):
        if process.poll() is not None:  # leaves no zombie, and no open end of a lifeline
            if process.stdin:
                process.stdin.close()
            _supervisors.remove(process)


def _spawn(home: Home, arguments: list[str], environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    lifeline = "--lifeline" in arguments
    with _new_log(home.supervisor_log) as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "amlpriv.local.supervisor", *arguments],
            cwd=home.root,
            env=dict(environ),
            stdin=subprocess.PIPE if lifeline else subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Out of reach of the terminal's Ctrl-C and hang-up.
            start_new_session=True,
            creationflags=getattr(subprocess, "DETACHED_PROCESS", 0)
            | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    reap()
    _supervisors.append(process)
    return process


def _new_log(path: Path) -> IO[bytes]:
    """An empty log; the previous one is kept as ``.1``."""
    if path.exists():
        with contextlib.suppress(OSError):
            path.replace(path.with_name(f"{path.name}.1"))
    path.touch(mode=0o600)
    return path.open("ab")


def _wait_ready(home: Home, process: subprocess.Popen[bytes], start_id: str, timeout: float) -> State:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        state = load_state(home)
        if state and state.start_id.reveal() == start_id and status(home):
            return state
        if process.poll() is not None:
            raise LocalWorkspaceError(
                f"the local workspace ended while it was starting:\n{_last_lines(home.supervisor_log)}",
                hint=f"All of its log: {home.supervisor_log}",
            )
        time.sleep(POLL_SECONDS)
    raise LocalWorkspaceError(
        f"the local workspace was not ready within {timeout:.0f} seconds", hint=f"Its log: {home.supervisor_log}"
    )


def _last_lines(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(f"  {redact(line)}" for line in lines[-5:])


def _ask(state: State, method: str, path: str, *, start_id: str = "", port: int = 0) -> str | None:
    """What the proxy answers to one of our own questions; None when it does not."""
    connection = http.client.HTTPConnection("127.0.0.1", port or state.ports.proxy, timeout=PING_SECONDS)
    try:
        connection.request(method, path, headers={START_ID_HEADER: start_id} if start_id else {})
        return connection.getresponse().read().decode("utf-8", errors="replace").strip()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
