"""One suite, two workspaces: the one in memory, and the real adapters over the running local workspace."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from amlpriv.remote import ContainerPolicies, Datastore
from amlpriv.secret import Secret
from amlpriv.workspace.memory import DATASTORE, MemoryWorkspace
from amlpriv.workspace.ports import Blobs, Workspace
from tests.workspace.sites import LocalSite

KINDS = ("memory", pytest.param("local", marks=pytest.mark.local))


@dataclass
class Case:
    """A workspace, and what the tests do to it behind its back."""

    workspace: Workspace
    datastore: Datastore
    key: Secret
    clock: Callable[[], datetime]
    next_second: Callable[[], None]
    delete_blob: Callable[[str], None]
    publish_container: Callable[[], None]
    """Allow anonymous reading of the container's blobs, as another tool would."""
    switch: Callable[[str], None]
    """``no-key``: the service hands no account key out; ``file-share``: the default datastore is one."""

    def blobs(self) -> Blobs:
        return self.workspace.open_blobs(self.datastore, self.key)

    def name(self) -> str:
        """A name that no other test uses."""
        return f"env-{uuid.uuid4().hex[:12]}"


def _memory() -> Case:
    moment = [datetime(2026, 11, 20, 12, tzinfo=timezone.utc)]
    memory = MemoryWorkspace(lambda: moment[0])

    def advance() -> None:
        moment[0] += timedelta(seconds=1)

    def allow() -> None:
        memory.acl = ContainerPolicies(memory.acl.policies, "blob", memory.acl.last_modified)

    def switch(what: str) -> None:
        if what == "no-key":
            memory.hands_out_key = False
        else:
            memory.blob_datastore = False

    return Case(
        memory.open(),
        DATASTORE,
        memory.account_key,
        lambda: moment[0],
        advance,
        lambda path: memory.blobs.pop(path) and None,
        allow,
        switch,
    )


def _local(site: LocalSite) -> Case:
    site.make()

    def delete(path: str) -> None:
        with site.client() as client:
            client.delete_blob(path)

    def allow() -> None:
        access: Any = "blob"
        with site.client() as client:
            client.set_container_access_policy({}, public_access=access)

    def switch(what: str) -> None:
        site.settings(**({"datastore_credentials": "None"} if what == "no-key" else {"datastore_type": "AzureFile"}))

    return Case(
        site.open(),
        site.datastore,
        site.state.account_key,
        lambda: datetime.now(timezone.utc),
        lambda: time.sleep(1.1),
        delete,
        allow,
        switch,
    )


@pytest.fixture(params=KINDS)
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    """An empty workspace of each kind."""
    if request.param == "memory":
        yield _memory()
        return
    site = LocalSite(request.getfixturevalue("local_state"))
    yield _local(site)
    site.reset()
