"""What a local workspace is (identity) and what of it runs now (state)."""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from amlpriv.errors import LocalWorkspaceError, StorageFullError
from amlpriv.local.home import Home, write_private
from amlpriv.local.plane.names import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE
from amlpriv.secret import Secret

__all__ = [
    "Identity",
    "Ports",
    "State",
    "last_ports",
    "load_identity",
    "load_state",
    "our_version",
    "save_ports",
    "save_state",
]


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
    isolated: int = 0
    """The proxy that refuses every foreign host; 0 when it is from a version that had none."""


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
    version: str = ""
    """The amlpriv that runs it; empty when it is so old that it did not say."""

    @property
    def proxy_url(self) -> str:
        """The CONNECT proxy through which Azure's host names lead here."""
        return f"http://127.0.0.1:{self.ports.proxy}"

    @property
    def isolated_url(self) -> str:
        """The same proxy for clients that may reach nothing else."""
        return f"http://127.0.0.1:{self.ports.isolated}"

    @property
    def storage_url(self) -> str:
        """The blob endpoint, without a port and thus the same after every restart."""
        return f"https://{self.account}.blob.core.windows.net"

    def feed_url(
        self,
        feed: str = "private",
        *,
        organisation: str = "local",
        project: str | None = "ml",
        area: Literal["simple", "upload"] = "simple",
    ) -> str:
        """The address of a package feed for ``--index-url``, or for uploads; the same after a restart while its port
        is free. ``feed`` may have a view (``private@Release``)."""
        scope = (organisation, project) if project else (organisation,)
        path = "/".join(quote(part, safe="@") for part in (*scope, "_packaging", feed, "pypi", area))
        return f"https://localhost:{self.ports.plane}/{path}/"


def load_identity(home: Home) -> Identity:
    """The identity of ``home``; a new one is made and written at the first call.

    Raises LocalWorkspaceError for a file that cannot be understood.
    """
    known = _stored_identity(home)
    if known is not None:
        return known
    made = {
        "account": f"amlpriv{secrets.token_hex(4)}",
        "account_key": base64.b64encode(secrets.token_bytes(64)).decode("ascii"),
        "tenant": str(uuid.uuid4()),
    }
    write_private(home.identity, json.dumps(made, indent=2) + "\n")
    return Identity(made["account"], Secret(made["account_key"]), made["tenant"])


def _stored_identity(home: Home) -> Identity | None:
    stored = _read_json(home.identity)
    if stored is None:
        return None
    try:
        return Identity(stored["account"], Secret(stored["account_key"]), stored["tenant"])
    except (KeyError, TypeError) as error:
        raise _damaged(home.identity) from error


def save_state(home: Home, state: State) -> None:
    """Write ``state.json``. The account key stays in ``identity.json``."""
    stored = {
        "pid": state.pid,
        "start_id": state.start_id.reveal(),
        "ports": asdict(state.ports),
        "container": state.container,
        "version": state.version,
    }
    write_private(home.state, json.dumps(stored, indent=2) + "\n")


def save_ports(home: Home, ports: Ports) -> None:
    """Remember where clients came in for the next start; a disk that is full is no reason not to start."""
    with contextlib.suppress(LocalWorkspaceError, StorageFullError):
        kept = {"plane": ports.plane, "proxy": ports.proxy, "isolated": ports.isolated}
        write_private(home.ports, json.dumps(kept) + "\n")


def last_ports(home: Home) -> Ports:
    """Where clients came in at the last start; 0 where nothing is known."""
    try:
        stored = _read_json(home.ports) or {}
    except LocalWorkspaceError:
        stored = {}
    known = (stored.get(name) for name in ("plane", "proxy", "isolated"))
    plane, proxy, isolated = (port if isinstance(port, int) else 0 for port in known)
    return Ports(0, plane, proxy, isolated)


def load_state(home: Home) -> State | None:
    """What ``state.json`` says, true or not; None when there is none or it cannot be understood.

    One that another version wrote is understood as far as it takes to find that workspace and to end it.
    """
    try:
        stored = _read_json(home.state)
        if stored is None:
            return None
        identity = _stored_identity(home)  # to look must write nothing: the folder may be somebody else's
        if identity is None:
            return None
        return State(
            pid=stored["pid"],
            start_id=Secret(stored["start_id"]),
            ports=_read_ports(stored["ports"]),
            account=identity.account,
            account_key=identity.account_key,
            container=stored.get("container", ""),
            tenant=identity.tenant,
            ca_bundle=home.ca_bundle,
            root=home.root,
            version=str(stored.get("version", "")),
        )
    except (LocalWorkspaceError, AttributeError, KeyError, TypeError):
        return None


def our_version() -> str:
    """The version of amlpriv as it is installed now; a process that lives long asks at its start."""
    from importlib.metadata import version

    return version("amlpriv")


def _read_ports(stored: Mapping[str, int]) -> Ports:
    return Ports(stored.get("storage", 0), stored.get("plane", 0), stored["proxy"], stored.get("isolated", 0))


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
