"""Values of the connect verbs: what is asked for, what was written, and what a connection remembers about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from amlpriv.connections.complaints import Complaint
from amlpriv.connections.kinds import Auth, StoredConnection
from amlpriv.connections.verdicts import Verdict

__all__ = ["AUTHS", "EXPIRES", "ROTATED", "URL", "Request", "Written", "complaint_as_json", "kept_properties"]

AUTHS: Mapping[str, Auth] = {"pat": Auth.PAT, "basic": Auth.BASIC, "none": Auth.NONE}
"""Our words for the ways to sign in."""

EXPIRES = "amlpriv.expires"
"""Key in a connection's metadata: the day on which its token ends, ``2027-01-31``."""
URL = "amlpriv.url"
"""Key in a connection's metadata: the index or repository it was made for, which the target alone need not tell."""
ROTATED = "amlpriv.rotated"
"""Key in a connection's metadata: when its secret was replaced last, ISO 8601 in UTC."""

_KEPT = ("isSharedToAll", "sharedUserList", "peRequirement", "useWorkspaceManagedIdentity")


def kept_properties(document: Mapping[str, Any], metadata: Mapping[str, str | None]) -> dict[str, Any]:
    """What a connection keeps when it is written again, with these ``metadata`` changed (None: taken away).

    Not kept is ``expiryTime``: it was that of the old secret.
    """
    old = document.get("properties")
    old = old if isinstance(old, Mapping) else {}
    before = old.get("metadata")
    merged = {**(before if isinstance(before, Mapping) else {}), **metadata}
    kept = {name: old[name] for name in _KEPT if old.get(name) is not None}
    return {
        "isSharedToAll": True,
        **kept,
        "metadata": {key: value for key, value in merged.items() if value is not None},
    }


@dataclass(frozen=True, slots=True)
class Request:
    """What the user said, beside the address."""

    name: str
    auth: str | None = None
    user: str | None = None
    token_from: str | None = None
    secret: object = None
    """Secret, str, or a function that returns one."""
    expires: date | None = None
    force: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Written:
    """A connection that was made, or would be."""

    connection: StoredConnection
    action: str
    """``created``, ``replaced``, ``unchanged`` or ``rotated``."""
    workspace: str
    dry_run: bool
    url: str
    chosen_target: bool
    user: str | None = None
    """The user of a connection with user and password, where it is one that everybody has (``__token__``)."""
    origin: str | None = None
    """Where the credential came from."""
    complaints: tuple[Complaint, ...] = ()
    verdict: Verdict | None = None

    @property
    def name(self) -> str:
        """The connection's name."""
        return self.connection.name

    @property
    def target(self) -> str:
        """Its target."""
        return self.connection.target

    def __repr__(self) -> str:
        would = "would be " if self.dry_run and self.action != "unchanged" else ""
        about = f"{self.connection.category} for {self.target}, {self.connection.auth}"
        rows = [f"  {item.severity.value}: {item}" for item in self.complaints]
        return "\n".join([f"{self.name} {would}{self.action} in {self.workspace} ({about})", *rows])

    def as_json(self) -> dict[str, object]:
        """The object that ``--json`` prints."""
        return {
            "name": self.name,
            "category": self.connection.category,
            "target": self.target,
            "auth": self.connection.auth,
            "url": self.url,
            "action": self.action,
            "dry_run": self.dry_run,
            "workspace": self.workspace,
            "credential_from": self.origin,
            "metadata": dict(self.connection.metadata or {}),
            "complaints": [complaint_as_json(item) for item in self.complaints],
            "verdict": self.verdict.as_json() if self.verdict else None,
        }


def complaint_as_json(item: Complaint) -> dict[str, object]:
    """One complaint as ``--json`` prints it."""
    return {"code": item.code, "severity": item.severity.value, "message": item.message, "fix": item.fix}
