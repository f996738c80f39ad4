"""Workspaces for tests: the running local one through the real adapters, each test in a container of its own."""

from __future__ import annotations

import http.client
import json
import ssl
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from azure.storage.blob import ContainerClient

from amlpriv.local.credential import LocalCredential
from amlpriv.local.state import State
from amlpriv.remote import AccountRules, Datastore, StorageSecret, WorkspaceName
from amlpriv.workspace.azure.opening import open_azure
from amlpriv.workspace.azure.transport import Connection
from amlpriv.workspace.ports import Datastores, Workspace

STORAGE = "core.windows.net"


@dataclass(frozen=True)
class InContainer:
    """The workspace's datastores, the default one being another container of the same account."""

    real: Datastores
    datastore: Datastore

    def default(self) -> Datastore:
        asked = self.real.default()
        return replace(asked, container=self.datastore.container)

    def secret(self, name: str) -> StorageSecret:
        return self.real.secret(name)

    def rules(self, datastore: Datastore) -> AccountRules:
        return self.real.rules(datastore)


@dataclass
class LocalSite:
    """The running local workspace as one test sees it."""

    state: State
    container: str = field(default_factory=lambda: f"c{uuid.uuid4().hex}")

    @property
    def name(self) -> WorkspaceName:
        state = self.state
        return WorkspaceName(state.subscription_id, state.resource_group, state.workspace_name)

    @property
    def datastore(self) -> Datastore:
        return Datastore("workspaceblobstore", self.state.account, self.container, STORAGE)

    def connection(self, **retry: Any) -> Connection:
        return Connection(self.state.proxy_url, str(self.state.ca_bundle), retry)

    def open(self, *, connection: Connection | None = None, block_size: int | None = None) -> Workspace:
        """A newly opened workspace over this test's container; ``requests`` counts from zero."""
        opened = open_azure(
            self.name,
            environ={},
            credential=LocalCredential(self.state.tenant),
            connection=connection or self.connection(),
            local=True,
            block_size=block_size,
        )
        return replace(opened, datastores=InContainer(opened.datastores, self.datastore))

    def client(self) -> ContainerClient:
        """The SDK's own client, for what another tool does to the container."""
        return ContainerClient(
            self.state.storage_url,
            self.container,
            credential={"account_name": self.state.account, "account_key": self.state.account_key.reveal()},
            proxies={"https": self.state.proxy_url},
            connection_verify=str(self.state.ca_bundle),
        )

    def make(self) -> None:
        with self.client() as client:
            client.create_container()

    def settings(self, **changes: Any) -> None:
        """Switch how the control plane behaves."""
        self._control("PUT", "settings", changes)

    def faults(self, *rules: Mapping[str, Any]) -> None:
        """Make the control plane fail."""
        self._control("PUT", "faults", list(rules))

    def reset(self) -> None:
        self._control("DELETE", "settings", None)
        self._control("PUT", "faults", [])

    def requests(self) -> list[dict[str, Any]]:
        """What the control plane has been asked so far, from the local workspace's own log."""
        text = (self.state.root / "logs" / "requests.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def _control(self, method: str, what: str, body: object) -> None:
        context = ssl.create_default_context(cafile=str(self.state.ca_bundle))
        connection = http.client.HTTPSConnection("127.0.0.1", self.state.ports.plane, context=context, timeout=10)
        try:
            headers = {"x-amlpriv-start-id": self.state.start_id.reveal()}
            connection.request(method, f"/_amlpriv/{what}", json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, text
        finally:
            connection.close()
