"""Runs online deployments of the local workspace on this machine, with Azure ML's inference server.

The server is the console script ``azmlinfsrv`` of azureml-inference-server-http in the deployment's own environment;
what Azure does with containers is not imitated. While it runs, the control plane passes scoring requests to it.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from amlpriv.errors import JobError, LockedError, UnsupportedError, UsageError
from amlpriv.local.home import make_private_folder, write_private
from amlpriv.local.plane.serving_files import ServingFiles, serving_files
from amlpriv.local.script_errors import KEPT, reason
from amlpriv.processes import ToolCancelledError, run
from amlpriv.secret import Secret

__all__ = ["PACKAGE", "Prepared", "Running", "check_port", "held", "serve"]

PACKAGE = "azureml-inference-server-http"
_SCRIPT = "azmlinfsrv"
_TICK = 0.1

# By itself the server listens on every network interface of the machine: only its own command line can be given a
# port, and nothing an address. Here its default address is another one; all else is as the script does it.
_ON_LOOPBACK = (
    "import sys\n"
    "from azureml_inference_server_http import amlserver\n"
    "amlserver.DEFAULT_HOST = '127.0.0.1'\n"
    "sys.argv[0] = 'azmlinfsrv'\n"
    "sys.exit(amlserver.run())\n"
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A deployment whose environment, code and model are on this machine."""

    endpoint: str
    deployment: str
    python: Path
    """Of its environment."""
    script: Path
    folder: Path
    """The code's folder, which is the server's current one."""
    environment: Mapping[str, str] = field(repr=False)
    """All variables of the server."""
    scoring_url: str
    secrets: tuple[Secret, ...] = ()
    """What no log may show."""
    version: str = ""
    """The deployment's when it was prepared (``deployment_version``)."""

    @property
    def name(self) -> str:
        """``endpoint/deployment``."""
        return f"{self.endpoint}/{self.deployment}"

    def check_server(self) -> None:
        """UnsupportedError when the inference server is not installed in the environment."""
        if shutil.which(_SCRIPT, path=str(self.python.parent)) or shutil.which(_SCRIPT, path=_scripts(self.python)):
            return
        raise UnsupportedError(
            f"The environment of {self.name} has no inference server, so it cannot be served.",
            hint=f"Add {PACKAGE} to the pip section of its conda file, register the environment again, and deploy it.",
        )


def _scripts(python: Path) -> str:
    """Where a conda environment on Windows keeps its console scripts."""
    return str(python.parent / "Scripts")


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    prepared: Prepared
    port: int

    @property
    def url(self) -> str:
        """Its own address, without the endpoint's key."""
        return f"http://127.0.0.1:{self.port}/score"


def check_port(port: int) -> None:
    """UsageError when something listens there."""
    with socket.socket() as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            reason = error.strerror or error
            raise UsageError(f"Port {port} cannot be used: {reason}.", hint="Leave out --port.") from error


def _free_port() -> int:
    """A port of 127.0.0.1 that nothing uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def held(root: Path, endpoint: str, deployment: str) -> Iterator[ServingFiles]:
    """Nobody else serves the deployment meanwhile; its registration is gone afterwards. Raises LockedError."""
    import filelock

    files = serving_files(root, endpoint, deployment)
    make_private_folder(files.lock.parent)
    lock = filelock.FileLock(files.lock, timeout=0.5)  # the control plane tries it for a moment
    try:
        lock.acquire()
    except filelock.Timeout:
        raise LockedError(
            f"{endpoint}/{deployment} is being served by another process.", hint="End that one with Ctrl-C."
        ) from None
    try:
        files.registration.unlink(missing_ok=True)  # of a process that was killed
        yield files
    finally:
        files.registration.unlink(missing_ok=True)
        lock.release()


def serve(
    wanted: Sequence[tuple[Prepared, ServingFiles, int]],
    *,
    on_ready: Callable[[list[Running]], None],
    on_line: Callable[[Prepared, str], None],
    cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Run the servers, each on its port (0: a free one), until ``cancelled`` says so or an exception (Ctrl-C) comes.

    A server that answers is made known to the control plane; ``on_ready`` is called once, when all do. ``on_line`` gets
    what they print, in other threads. Raises JobError when one of them ends.
    """
    end = threading.Event()
    servers = [_Server(prepared, files, port or _free_port(), on_line, end) for prepared, files, port in wanted]
    try:
        for server in servers:
            server.start()
        running: list[Running] = []
        while not cancelled():
            for server in servers:
                server.check()
                if server.is_new():
                    running.append(server.register())
                    if len(running) == len(servers):
                        on_ready(running)
            time.sleep(_TICK)
    finally:
        end.set()
        for server in servers:
            server.join()


class _Server(threading.Thread):
    """One inference server, followed by a thread of ours."""

    def __init__(
        self,
        prepared: Prepared,
        files: ServingFiles,
        port: int,
        on_line: Callable[[Prepared, str], None],
        end: threading.Event,
    ) -> None:
        super().__init__(name=f"amlpriv-serve-{prepared.deployment}", daemon=True)
        self._prepared, self._files, self._port = prepared, files, port
        self._on_line, self._wanted_end = on_line, end
        self._registered = False
        self._lines: deque[str] = deque(maxlen=KEPT)
        self._failure: BaseException | None = None

    def run(self) -> None:
        """Until the server ends, or all are to end."""
        prepared = self._prepared
        options = ["--entry_script", str(prepared.script), "--port", str(self._port)]
        try:
            with self._files.log.open("w", encoding="utf-8", errors="replace") as log:

                def note(line: str) -> None:
                    self._lines.append(line)
                    log.write(f"{line}\n")
                    log.flush()
                    self._on_line(prepared, line)

                ended = run(
                    [prepared.python, "-c", _ON_LOOPBACK, *options],
                    cwd=prepared.folder,
                    env=prepared.environment,
                    timeout=None,
                    on_line=note,
                    secrets=prepared.secrets,
                    cancelled=self._wanted_end.is_set,
                )
            message = f"The inference server of {prepared.name} ended with exit code {ended.returncode}."
            words = reason(self._lines, prepared.folder) or "It said nothing."
            self._failure = JobError(message, hint=f"{words}\nAll that it printed: {self._files.log}")
        except ToolCancelledError:
            pass
        except BaseException as error:
            self._failure = error

    def is_new(self) -> bool:
        """Whether it answers and has not been registered yet. It answers when ``init()`` of the script is over."""
        return not self._registered and _answers(self._port)

    def register(self) -> Running:
        """Let the control plane know."""
        self._registered = True
        said = {"pid": os.getpid(), "port": self._port, "version": self._prepared.version}
        write_private(self._files.registration, json.dumps(said) + "\n")
        return Running(self._prepared, self._port)

    def check(self) -> None:
        """Raise what ended it."""
        if self._failure is not None:
            raise self._failure


def _answers(port: int) -> bool:
    """Whether the server's liveness route says that all is well."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
