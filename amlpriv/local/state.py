"""What a local workspace is (identity) and what of it runs now (state)."""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.home import Home, write_private
from amlpriv.local.plane.names import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE
from amlpriv.secret import Secret

__all__ = ["Identity", "Ports", "State", "load_identity", "load_state", "save_state"]


@dataclass(frozen=True, slots=True)
class Identity:
    """What stays the same over restarts; made once for each home."""

    account: str
    account_key: Secret
    tenant: str


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the parts listen on 127.0.0.1. Clients need ``proxy`` only."""

    storage: int
    plane: int
    proxy: int


@dataclass(frozen=True, slots=True)
class State:
    """A running local workspace."""

    pid: int
    start_id: Secret = field(repr=False)
    """Random for each start; who knows it may stop the workspace."""
    ports: Ports
    account: str
    account_key: Secret = field(repr=False)
    container: str
    """The container of the default datastore."""
    tenant: str
    ca_bundle: Path
    root: Path
    subscription_id: str = SUBSCRIPTION
    resource_group: str = RESOURCE_GROUP
    workspace_name: str = WORKSPACE

    @property
    def proxy_url(self) -> str:
        """The CONNECT proxy through which Azure's host names lead here."""
        return f"http://127.0.0.1:{self.ports.proxy}"

    @property
    def storage_url(self) -> str:
        """The blob endpoint, without a port and thus the same after every restart."""
        return f"https://{self.account}.blob.core.windows.net"


def load_identity(home: Home) -> Identity:
    """The identity of ``home``; a new one is made and written at the first call.

    Raises LocalWorkspaceError for a file that cannot be understood.
    """
    stored = _read_json(home.identity)
    if stored is None:
        stored = {
            "account": f"amlpriv{secrets.token_hex(4)}",
            "account_key": base64.b64encode(secrets.token_bytes(64)).decode("ascii"),
            "tenant": str(uuid.uuid4()),
        }
        write_private(home.identity, json.dumps(stored, indent=2) + "\n")
    try:
        return Identity(stored["account"], Secret(stored["account_key"]), stored["tenant"])
    except (KeyError, TypeError) as error:
        raise _damaged(home.identity) from error


def save_state(home: Home, state: State) -> None:
    """Write ``state.json``. The account key stays in ``identity.json``."""
    stored = {
        "pid": state.pid,
        "start_id": state.start_id.reveal(),
        "ports": {"storage": state.ports.storage, "plane": state.ports.plane, "proxy": state.ports.proxy},
        "container": state.container,
    }
    write_private(home.state, json.dumps(stored, indent=2) + "\n")


def load_state(home: Home) -> State | None:
    """What ``state.json`` says, true or not; None when there is none or it is from another version."""
    try:
        stored = _read_json(home.state)
        if stored is None:
            return None
        identity = load_identity(home)
        return State(
            pid=stored["pid"],
            start_id=Secret(stored["start_id"]),
            ports=Ports(**stored["ports"]),
            account=identity.account,
            account_key=identity.account_key,
            container=stored["container"],
            tenant=identity.tenant,
            ca_bundle=home.ca_bundle,
            root=home.root,
        )
    except (LocalWorkspaceError, KeyError, TypeError):
        return None


def _read_json(path: Path) -> Mapping[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _damaged(path) from error
    if not isinstance(content, dict):
        raise _damaged(path)
    return content


def _damaged(path: Path) -> LocalWorkspaceError:
    return LocalWorkspaceError(
        f"{path} cannot be read or understood",
        hint="`amlpriv local reset` deletes the local workspace with everything in it; the next start makes a new one.",
    )
