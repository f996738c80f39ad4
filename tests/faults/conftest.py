"""The local workspace behind two servers that fail on demand, one before storage and one before the control plane."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from amlpriv.local.proxy import Proxy, Routes
from amlpriv.local.state import State
from amlpriv.workspace.azure.transport import Connection
from amlpriv.workspace.ports import Blobs, Workspace
from tests.faults.faultserver import FaultServer
from tests.workspace.sites import LocalSite


@dataclass
class Weather:
    """A site whose ways are bad."""

    site: LocalSite
    storage: FaultServer
    plane: FaultServer
    proxy: Proxy

    def open(self, *, block_size: int | None = None, **retry: Any) -> Workspace:
        """Without waiting long between attempts, unless told."""
        options = {"backoff": 0.02, **retry}
        connection = Connection(f"http://127.0.0.1:{self.proxy.port}", str(self.site.state.ca_bundle), options)
        return self.site.open(connection=connection, block_size=block_size)

    def blobs(self, workspace: Workspace | None = None) -> Blobs:
        opened = workspace or self.open()
        return opened.open_blobs(self.site.datastore, self.site.state.account_key)


@pytest.fixture
def weather(local_state: State) -> Iterator[Weather]:
    """Everything passes until a test adds a rule."""
    site = LocalSite(local_state)
    site.make()
    folder = local_state.root / "certificates"
    files = (folder / "server.pem", folder / "server.key", folder / "ca.pem")
    storage = FaultServer(local_state.ports.storage, *files)
    plane = FaultServer(local_state.ports.plane, *files)
    proxy = Proxy(Routes(local_state.account, storage.port, plane.port))
    yield Weather(site, storage, plane, proxy)
    proxy.close()
    storage.close()
    plane.close()
