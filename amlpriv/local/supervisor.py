"""The process behind a local workspace: ``python -m amlpriv.local.supervisor --home DIR ...``.

It starts Azurite, the control plane and the proxy, says where they are in ``state.json``, and ends with all of them:
on a stop request, a signal, the end of its standard input (``--lifeline``), idleness, or a second crash of Azurite.
It gets what must not stand among process arguments by environment variables. It imports no azure.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amlpriv.errors import AmlprivError, LockedError
from amlpriv.local.azurite import Azurite
from amlpriv.local.blobs import LocalBlobs
from amlpriv.local.certificates import Certificates
from amlpriv.local.doors import Doors, open_doors
from amlpriv.local.home import Home
from amlpriv.local.requests import RequestLog
from amlpriv.local.state import (
    Identity,
    Ports,
    State,
    last_ports,
    load_identity,
    load_state,
    our_version,
    save_ports,
    save_state,
)
from amlpriv.local.storage import Storage
from amlpriv.local.trouble import note_trouble
from amlpriv.local.upstreams import Way, load_way, save_way, settle_way
from amlpriv.secret import RedactingFilter, Secret, redact

if TYPE_CHECKING:
    from filelock import FileLock

    from amlpriv.local.jobs.runner import LocalRunner
    from amlpriv.local.plane.app import Plane
    from amlpriv.local.plane.context import Context

__all__ = ["START_ID_VARIABLE", "Supervisor", "main"]

START_ID_VARIABLE = "AMLPRIV_START_ID"
IDLE_HOURS = 8.0
LOCK_SECONDS = 10.0
WATCH_SECONDS = 0.2

_held: list[FileLock] = []
"""Never released: the operating system does it when the process is really gone."""

_LOG = logging.getLogger("amlpriv.local")


class Supervisor:
    """One run of the local workspace, from start to end."""

    def __init__(self, home: Home, azurite: Azurite, *, start_id: str, idle_seconds: float) -> None:
        self._home = home
        self._start_id = start_id
        self._version = our_version()
        self._idle_seconds = idle_seconds
        self._identity: Identity = load_identity(home)
        self._requests = RequestLog(home.requests_log)
        folder = home.certificates
        self._certificates = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
        self._storage = Storage(azurite, home, self._identity, self._certificates, self._requests)
        self._blobs = LocalBlobs(self._identity, self._certificates.ca, lambda: self._storage.port)
        self._runner: LocalRunner | None = None
        self._doors: Doors | None = None
        self._changing = threading.Lock()
        self._end = threading.Event()
        self._reason = ""

    def request_end(self, reason: str) -> None:
        """End soon; the first reason is the one that is told. May be called from any thread or signal handler."""
        self._reason = self._reason or reason
        self._end.set()

    def run(self, environ: Mapping[str, str]) -> int:
        """Serve until the end; the exit code is 0 when somebody wanted it."""
        self._storage.launch()
        try:
            plane = self._make_plane()
            doors = self._doors = self._open_doors(plane, environ)
            self._open_storage(plane, doors)
            code = self._watch(lambda: self._reopen_storage(plane, doors), doors.parts)
            doors.close()
            return code
        except Exception as error:
            note_trouble(
                self._home,
                "supervisor",
                f"The supervisor failed: {redact((str(error) or type(error).__name__).splitlines()[0])}",
            )
            raise
        finally:
            self._forget()
            self._end_jobs()
            self._storage.stop()
            _LOG.info("ended: %s", self._reason or "error")

    def _make_plane(self) -> Plane:
        from amlpriv.local.feed.opening import open_feeds
        from amlpriv.local.plane.app import Plane

        identity, now = self._identity, lambda: datetime.now(timezone.utc)
        return Plane(
            self._home.plane,
            account=identity.account,
            account_key=identity.account_key.reveal(),
            tenant=identity.tenant,
            now=now,
            start_id=self._start_id,
            blobs=self._blobs,
            make_runner=self._make_runner,
            set_upstream=self._set_upstream,
            feeds=open_feeds(self._home, identity.tenant, now, os.environ),
        )

    def _make_runner(self, context: Context) -> LocalRunner:
        from amlpriv.local.environment import environment_variables, outside
        from amlpriv.local.jobs.runner import LocalRunner

        own = outside(os.environ)  # the shell that started us may be one that was led to a local workspace

        def environ(isolated: bool = False) -> Mapping[str, str]:
            state = load_state(self._home)  # Azurite may have been started again meanwhile
            return environment_variables(state, own, isolated=isolated) if state else own

        self._runner = LocalRunner(context, environ=environ, builds=self._home.builds)
        return self._runner

    def _end_jobs(self) -> None:
        if self._runner is not None:
            self._runner.close()

    def _open_doors(self, plane: Plane, environ: Mapping[str, str]) -> Doors:
        way = settle_way(self._home, environ)
        if way.problem:
            _LOG.warning("no way to foreign hosts: %s", way.problem)
        return open_doors(
            plane,
            self._certificates,
            self._requests,
            account=self._identity.account,
            start_id=self._start_id,
            way=way,
            last=last_ports(self._home),
            stop=lambda: self.request_end("stop was asked for"),
        )

    def _set_upstream(self, told: Any) -> bool:
        """Reach foreign hosts as somebody who joined does; whether that is another way. Raises ValueError."""
        way = Way.from_json(told)
        with self._changing:
            before = load_way(self._home)
            save_way(self._home, way)
            if self._doors is not None:
                self._doors.set_way(way)
        if way != before:
            _LOG.info("%s", way)
        return way != before

    def _open_storage(self, plane: Plane, doors: Doors) -> None:
        """Wait for Azurite, make the containers that have to be there, and tell the world."""
        port = self._storage.wait_ready()
        for container in plane.containers:
            self._blobs.create_container(container)
        doors.set_storage_port(port)
        self._say_where(doors.ports(port), plane.default_container)

    def _reopen_storage(self, plane: Plane, doors: Doors) -> None:
        """Bring Azurite back after a crash. What it has confirmed is there: ``launch.js`` lets it save before that."""
        _LOG.warning("Azurite ended and is started again")
        note_trouble(self._home, "Azurite", "Azurite ended by itself and was started again.")
        self._storage.stop()
        self._storage.launch()
        self._open_storage(plane, doors)

    def _say_where(self, ports: Ports, container: str) -> None:
        state = State(
            pid=os.getpid(),
            start_id=Secret(self._start_id),
            ports=ports,
            account=self._identity.account,
            account_key=self._identity.account_key,
            container=container,
            tenant=self._identity.tenant,
            ca_bundle=self._home.ca_bundle,
            root=self._home.root,
            version=self._version,
        )
        save_ports(self._home, ports)
        save_state(self._home, state)
        _LOG.info("ready: storage %d, plane %d, proxy %d", ports.storage, ports.plane, ports.proxy)

    def _watch(self, reopen_storage: Callable[[], None], parts: Mapping[str, Callable[[], bool]]) -> int:
        """Wait for the end; bring Azurite back once when it dies. ``parts`` say whether they are alive."""
        restarted = False
        while not self._end.wait(WATCH_SECONDS):
            busy = self._runner is not None and self._runner.is_busy
            if self._requests.idle_seconds > self._idle_seconds and not busy:
                self.request_end(f"no request for {self._idle_seconds / 3600:g} hours")
            elif dead := [part for part, is_alive in parts.items() if not is_alive()]:
                return self._give_up(dead[0], f"The {dead[0]} ended by itself")
            elif self._storage.ended:
                if restarted:
                    return self._give_up("Azurite", "Azurite ended twice")
                restarted = True
                reopen_storage()
        return 0

    def _give_up(self, part: str, what: str) -> int:
        """End because of a part that did, and leave word of it."""
        self.request_end(what)
        note_trouble(self._home, part, f"{what}, and with it the local workspace.")
        return 1

    def _forget(self) -> None:
        """Take away ``state.json``, if it is ours."""
        state = load_state(self._home)
        if state and state.pid == os.getpid():
            with contextlib.suppress(OSError):
                self._home.state.unlink(missing_ok=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the supervisor; standard error is its log. Exit codes: 0 ended as asked, else those of ``amlpriv.errors``."""
    options = _parse(argv)
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(RedactingFilter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], format="%(asctime)s %(levelname)s %(message)s")
    start_id = os.environ.pop(START_ID_VARIABLE, "")
    home = Home(root=options.home, cache=options.home)
    try:
        return _run_alone(home, options, start_id)
    except AmlprivError as error:
        _LOG.error("%s", error)
        return error.exit_code
    except Exception as error:  # the log is the only place where anybody can see it
        _LOG.exception("unexpected: %s", error)
        return 1


def _run_alone(home: Home, options: argparse.Namespace, start_id: str) -> int:
    """Hold the home's running lock for as long as this process lives: whoever wants to know, tries to take it."""
    import filelock

    lock = filelock.FileLock(home.running, timeout=options.lock_seconds)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise LockedError(f"another supervisor runs in {home.root}") from None
    _held.append(lock)
    azurite = Azurite(node=options.node, main=options.azurite)
    supervisor = Supervisor(home, azurite, start_id=start_id, idle_seconds=options.idle_hours * 3600)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: supervisor.request_end("a signal came"))
    if options.lifeline:
        threading.Thread(target=_follow_lifeline, args=(supervisor,), daemon=True).start()
    return supervisor.run(os.environ)


def _follow_lifeline(supervisor: Supervisor) -> None:
    while os.read(0, 4096):
        continue
    supervisor.request_end("the process that started it is gone")


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="amlpriv.local.supervisor")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--node", type=Path, required=True)
    parser.add_argument("--azurite", type=Path, required=True, help="Azurite's main.js")
    parser.add_argument("--idle-hours", type=float, default=IDLE_HOURS)
    parser.add_argument("--lock-seconds", type=float, default=LOCK_SECONDS, help="wait so long for the one before")
    parser.add_argument("--lifeline", action="store_true")
    return parser.parse_args(argv)


if __name__ == "__main__":
    exit_code = main()
    logging.shutdown()
    os._exit(exit_code)  # at once: whoever waits for the running lock wants us gone
