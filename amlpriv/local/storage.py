"""The storage account: Azurite as a child process that never outlives us."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.azurite import Azurite
from amlpriv.local.blobs import OWN_REQUEST
from amlpriv.local.certificates import Certificates
from amlpriv.local.home import Home
from amlpriv.local.requests import RequestLog
from amlpriv.local.state import Identity
from amlpriv.local.withheld import without_tokens

__all__ = ["Storage"]

READY_SECONDS = 25.0
SAVE_SECONDS = 6.0
"""Longer than ``launch.js`` gives Azurite."""

_LISTENS = re.compile(r"successfully listens on https?://[^:]+:(\d+)")
_ACCESS = re.compile(r'^\S+ - \S+ \[[^\]]*\] "(?P<method>[A-Z]+) (?P<target>\S+) HTTP/[\d.]+" (?P<status>\d{3})')

_LOG = logging.getLogger("amlpriv.local")


class Storage:
    """Azurite with the account of one home, over TLS, on a free port."""

    def __init__(
        self, azurite: Azurite, home: Home, identity: Identity, certificates: Certificates, requests: RequestLog
    ) -> None:
        self._azurite = azurite
        self._home = home
        self._identity = identity
        self._certificates = certificates
        self._requests = requests
        self._process: subprocess.Popen[bytes] | None = None
        self._heard = threading.Event()
        """Set when Azurite has said its port, or will say nothing any more; a new one for each process."""
        self.port = 0

    def launch(self) -> None:
        """Start the process; ``wait_ready`` says when it answers."""
        _wait_for_end(self._home.storage_running)
        self._heard = threading.Event()
        self.port = 0
        self._process = subprocess.Popen(
            self._command(),
            cwd=self._home.storage,
            env=self._environment(os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        threading.Thread(
            target=self._read, args=(self._process, self._heard), name="azurite-output", daemon=True
        ).start()

    def wait_ready(self) -> int:
        """The port, as soon as Azurite listens on it.

        Raises LocalWorkspaceError when it ends before that, or takes longer than 25 seconds.
        """
        heard = self._heard.wait(READY_SECONDS)
        if self.port == 0:
            how = "ended" if heard else f"was not ready within {READY_SECONDS:.0f} seconds"
            raise LocalWorkspaceError(f"Azurite {how}", hint=f"Its output: {self._home.azurite_log}")
        return self.port

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self._process is None or self._process.poll() is not None

    def stop(self) -> None:
        """Let Azurite save its data and end; kill it when it does not."""
        process = self._process
        if process is None:
            return
        with contextlib.suppress(OSError):
            if process.stdin:
                process.stdin.close()
        try:
            process.wait(SAVE_SECONDS)
        except subprocess.TimeoutExpired:
            _LOG.warning("Azurite did not end by itself and was killed")
            process.kill()
            process.wait()

    def _command(self) -> list[str]:
        azurite, certificates = self._azurite, self._certificates
        return [
            *(str(azurite.node), str(azurite.launcher), str(azurite.main)),
            *("--blobHost", "127.0.0.1", "--blobPort", "0", "--location", str(self._home.storage)),
            *("--cert", str(certificates.certificate), "--key", str(certificates.key), "--oauth", "basic"),
            *("--skipApiVersionCheck", "--disableTelemetry"),
        ]

    def _environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        ours = {
            "AZURITE_ACCOUNTS": f"{self._identity.account}:{self._identity.account_key.reveal()}",
            "AMLPRIV_RUNNING": str(self._home.storage_running),
        }
        # AZURITE_DB would move the data into the user's own SQL server; settings of pip and uv may have passwords.
        dropped = ("AZURITE_DB", "PIP_", "UV_")
        kept = {name: value for name, value in without_tokens(environ).items() if not name.upper().startswith(dropped)}
        return {**kept, **ours}

    def _read(self, process: subprocess.Popen[bytes], heard: threading.Event) -> None:
        """Azurite's output: access lines become requests, everything else goes to its log."""
        if process.stdout is None:
            return
        with process.stdout, self._home.azurite_log.open("a", encoding="utf-8") as log:
            for raw in process.stdout:
                line = raw.decode("utf-8", errors="replace").rstrip()
                if access := _ACCESS.match(line):
                    self._note(access)
                    continue
                with contextlib.suppress(OSError):
                    log.write(self._without_key(line) + "\n")
                    log.flush()
                if listens := _LISTENS.search(line):
                    self.port = int(listens[1])
                    heard.set()
        heard.set()

    def _note(self, access: re.Match[str]) -> None:
        path, _, query = access["target"].partition("?")
        if f"{OWN_REQUEST}=1" not in query.split("&"):
            self._requests.write("storage", access["method"], path, query, int(access["status"]))

    def _without_key(self, line: str) -> str:
        from amlpriv.secret import redact

        return redact(line, self._identity.account_key.reveal())


def _wait_for_end(running: Path) -> None:
    """Wait until the Azurite of a supervisor that was killed has saved its data, or is certainly gone."""
    deadline = time.monotonic() + SAVE_SECONDS
    while running.exists() and time.monotonic() < deadline:
        if not _may_be_alive(running):
            break
        time.sleep(0.05)
    running.unlink(missing_ok=True)


def _may_be_alive(running: Path) -> bool:
    if sys.platform == "win32":
        return True  # os.kill(pid, 0) would end the process there
    try:
        os.kill(int(running.read_text(encoding="ascii")), 0)
    except (ProcessLookupError, ValueError, FileNotFoundError):
        return False
    except PermissionError:
        return False  # somebody else's process has the number now
    return True
