"""Storage accounts of somebody's own: one Azurite with two of them, each behind a proxy under its real host name."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from azure.storage.blob import BlobSasPermissions, BlobServiceClient, generate_blob_sas

from amlpriv.local.azurite import ensure_azurite
from amlpriv.local.certificates import ensure_certificates, write_bundle
from amlpriv.local.home import Home
from amlpriv.local.proxy import Proxy, Routes
from amlpriv.workspace.azure.transport import Connection

__all__ = ["ACCOUNTS", "CONTAINER", "Account", "accounts_at"]

ACCOUNTS = ("contosodata", "otherdata")
CONTAINER = "wheels"
_LISTENS = re.compile(rb"successfully listens on https?://[^:]+:(\d+)")


@dataclass(frozen=True)
class Account:
    """A storage account with a private container."""

    name: str
    key: str
    proxy: Proxy
    bundle: Path

    @property
    def endpoint(self) -> str:
        return f"https://{self.name}.blob.core.windows.net"

    def url(self, blob: str) -> str:
        return f"{self.endpoint}/{CONTAINER}/{blob}"

    @property
    def connection(self) -> Connection:
        retry = {"total": 1, "backoff": 0.05}
        return Connection(proxy=f"http://127.0.0.1:{self.proxy.port}", ca_bundle=str(self.bundle), retry=retry)

    @property
    def environ(self) -> dict[str, str]:
        """The way there, as a user's own proxy and certificates."""
        return {
            "HTTPS_PROXY": f"http://127.0.0.1:{self.proxy.port}",
            "REQUESTS_CA_BUNDLE": str(self.bundle),
        }

    def service(self) -> BlobServiceClient:
        proxies = {"https": f"http://127.0.0.1:{self.proxy.port}"}
        return BlobServiceClient(self.endpoint, self.key, proxies=proxies, connection_verify=str(self.bundle))

    def put(self, path: Path, blob: str | None = None) -> str:
        """Upload a file; its address."""
        with self.service() as service:
            service.get_blob_client(CONTAINER, blob or path.name).upload_blob(path.read_bytes(), overwrite=True)
        return self.url(blob or path.name)

    def sas(self, blob: str, *, permission: str = "r", hours: float = 1, starts: float = -1) -> str:
        now = datetime.now(timezone.utc)
        options: dict[str, Any] = {
            "permission": BlobSasPermissions.from_string(permission),
            "start": now + timedelta(hours=starts),
            "expiry": now + timedelta(hours=hours),
        }
        return generate_blob_sas(self.name, CONTAINER, blob, account_key=self.key, **options)


@contextmanager
def accounts_at(folder: Path, environ: Mapping[str, str] = os.environ) -> Iterator[dict[str, Account]]:
    """Both accounts, until the end of the block."""
    home = Home(root=folder / "home", cache=Home.find(environ).cache)
    home.prepare()
    certificates = ensure_certificates(home, datetime.now(timezone.utc))
    bundle = write_bundle(home, environ)
    azurite = ensure_azurite(home.cache, environ, say=lambda _: None)
    keys = {name: base64.b64encode(hashlib.sha512(name.encode()).digest()).decode() for name in ACCOUNTS}
    command = [
        *(str(azurite.node), str(azurite.launcher), str(azurite.main)),
        *("--blobHost", "127.0.0.1", "--blobPort", "0", "--location", str(folder), "--oauth", "basic"),
        *("--cert", str(certificates.certificate), "--key", str(certificates.key)),
        *("--skipApiVersionCheck", "--disableTelemetry"),
    ]
    env = {name: value for name, value in environ.items() if name != "AZURITE_DB"}
    env |= {
        "AZURITE_ACCOUNTS": ";".join(f"{name}:{key}" for name, key in keys.items()),
        "AMLPRIV_RUNNING": str(folder / "azurite.pid"),
    }
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, env=env, cwd=folder, **pipes) as process, ExitStack() as stack:
        assert process.stdin is not None
        stack.callback(process.stdin.close)
        port = _port(process)
        accounts = {}
        for name, key in keys.items():
            proxy = Proxy(Routes(account=name, storage_port=port, plane_port=0))
            stack.callback(proxy.close)
            accounts[name] = Account(name, key, proxy, bundle)
            with accounts[name].service() as service:
                service.create_container(CONTAINER)
        yield accounts


def _port(process: subprocess.Popen[bytes]) -> int:
    """The port, as soon as Azurite has said it; what it says later is read and forgotten."""
    assert process.stdout is not None
    said = b""
    for line in process.stdout:
        said += line
        if match := _LISTENS.search(line):
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return int(match[1])
    raise AssertionError(said.decode(errors="replace"))
