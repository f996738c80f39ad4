"""The connections of a workspace over REST: list, read, write, delete, and the credential of one.

Requests follow the REST reference, Workspace Connections, api-version 2024-04-01. Over the port ``Service``, so that it
works with every workspace that takes raw requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from amlpriv.connections.addresses import Credentials
from amlpriv.connections.kinds import NAME, NewConnection, StoredConnection, read_connection, request_body, reveal
from amlpriv.errors import (
    AmlprivError,
    AuthenticationError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    ServiceError,
    UsageError,
)
from amlpriv.remote import RawAnswer
from amlpriv.secret import Secret
from amlpriv.workspace.ports import Workspace

__all__ = ["ACTIONS", "Connections"]

_PROVIDER = "Microsoft.MachineLearningServices/workspaces/connections"
ACTIONS: Mapping[str, str] = {
    "GET": f"{_PROVIDER}/read",
    "PUT": f"{_PROVIDER}/write",
    "DELETE": f"{_PROVIDER}/delete",
    "POST": f"{_PROVIDER}/listsecrets/action",
}
"""What the signed-in identity must be allowed, by method (Azure permissions for AI and machine learning)."""

_ABOVE = frozenset({"ResourceNotFound", "ResourceGroupNotFound", "SubscriptionNotFound"})
"""Codes of Resource Manager, which knows no connections: what is above them does not exist."""
_READABLE = re.compile(r"(?!\s|\.{1,2}\s*$)[^/\\%?#\x00-\x1f\x7f]+")
"""A name that stays one name in an address: ``..`` and a slash lead to other resources. Wider than what we give (REST
reference: ``NAME`` of `amlpriv.connections.kinds`), since other tools' connections have to be readable."""
_PAGES = 200
"""A listing with more pages goes in a circle."""


class Connections:
    """The connections of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def all(self) -> tuple[StoredConnection, ...]:
        """Every connection of every category, as the service orders them."""
        return tuple(read_connection(item) for item in self._pages())

    def get(self, name: str) -> StoredConnection:
        """One connection, without its secret; NotFoundError."""
        return read_connection(self.raw(name))

    def raw(self, name: str) -> Mapping[str, Any]:
        """One connection as the service shows it; NotFoundError."""
        body = self._checked("GET", name, doing=f"reading connection {name}").body
        answered = body.get("name")
        if isinstance(answered, str) and answered.lower() != name.lower():
            raise NotFoundError(
                f"There is no connection {name!r} in {self._workspace}: the service answered with {answered!r}.",
                hint="'amlpriv connect list --all' shows what there is.",
            )
        return body

    def find(self, name: str) -> StoredConnection | None:
        """One connection, or None when the workspace has none of that name."""
        try:
            return self.get(name)
        except NotFoundError as error:
            if error.code in _ABOVE:
                raise
            return None

    def put(
        self, connection: NewConnection, *, properties: Mapping[str, Any] | None = None, doing: str = "writing"
    ) -> StoredConnection:
        """Create it, or replace the one of that name. ``properties`` are further ones (``metadata``,
        ``isSharedToAll``); none of them is secret."""
        body = request_body(connection)
        body["properties"] = {**(properties or {}), **body["properties"]}
        answer = self._checked("PUT", connection.name, reveal(body), doing=f"{doing} connection {connection.name}")
        return read_connection(answer.body)

    def remove(self, name: str) -> bool:
        """Delete it; False when there was none."""
        answer = self._ask("DELETE", name)
        if answer.status == 404 and answer.code not in _ABOVE:
            return False
        self._refuse(answer, "DELETE", name, f"deleting connection {name}")
        return answer.status != 204

    def credentials(self, name: str) -> Credentials | None:
        """The credential as a server gets to see it; None when the connection has none.

        A token is put into an address as the user, a user and a password are kept URL-encoded: both are decoded here,
        as pip decodes them. Raises PermissionDeniedError when the identity may not read secrets.
        """
        answer = self._checked("POST", name, doing=f"reading the credential of connection {name}")
        given = answer.properties.get("credentials")
        found = given if isinstance(given, dict) else {}
        match str(answer.properties.get("authType") or "None").lower():
            case "none":
                return None
            case "pat" if isinstance(found.get("pat"), str) and found["pat"]:
                return Credentials(_decoded(found["pat"]))
            case "usernamepassword" if isinstance(found.get("username"), str) and any(found.values()):
                return Credentials(_decoded(found["username"]), _decoded(str(found.get("password") or "")))
            case "pat" | "usernamepassword":
                raise ServiceError(
                    f"The workspace has no credential for connection {name}.", hint="Give it one: connect rotate."
                )
            case other:
                raise ServiceError(
                    f"Connection {name} signs in by {other}, which no package index or git server takes.",
                    hint="Make it again with 'amlpriv connect'.",
                )

    def _pages(self) -> Iterator[Mapping[str, Any]]:
        path, query = "connections", dict[str, str]()
        for _ in range(_PAGES):
            answer = self._workspace.service.ask("GET", path, query=query or None)
            self._refuse(answer, "GET", "", "listing connections")
            yield from answer.items
            link = answer.body.get("nextLink")
            if not isinstance(link, str) or not link:
                return
            query = {key: value for key, value in parse_qsl(urlsplit(link).query) if key.lower() != "api-version"}
        raise ServiceError("The list of connections does not end.", hint="Try again later.")

    def _ask(self, method: str, name: str, body: Mapping[str, Any] | None = None) -> RawAnswer:
        if not _READABLE.fullmatch(name):
            raise UsageError(
                f"{name!r} is no name of a connection.",
                hint=f"A name has letters, digits, '-' and '_': {NAME.pattern}",
            )
        path = f"connections/{quote(name, safe='')}"
        return self._workspace.service.ask(method, f"{path}/listsecrets" if method == "POST" else path, body)

    def _checked(self, method: str, name: str, body: Mapping[str, Any] | None = None, *, doing: str) -> RawAnswer:
        answer = self._ask(method, name, body)
        self._refuse(answer, method, name, doing)
        return answer

    def _refuse(self, answer: RawAnswer, method: str, name: str, doing: str) -> None:
        if not answer.ok:
            raise _error(answer, method, name, doing, str(self._workspace))


def _decoded(text: str) -> Secret:
    return Secret(unquote(text))


def _error(answer: RawAnswer, method: str, name: str, doing: str, workspace: str) -> AmlprivError:
    """What a refusal means, in words."""
    code = f" {answer.code}" if answer.code else ""
    what = f"{doing[:1].upper()}{doing[1:]}"
    said = f"{what}: the service answered {answer.status}{code}: {answer.message or 'no message'}"
    match answer.status:
        case 401:
            return AuthenticationError(said, hint="Sign in again (az login), and check the tenant (AZURE_TENANT_ID).")
        case 403:
            return PermissionDeniedError(said, hint=_missing(method, workspace))
        case 404 if answer.code in _ABOVE or not name:
            hint = "Check subscription, resource group and workspace name."
            return NotFoundError(said, hint=hint, code=answer.code)
        case 404:
            message = f"There is no connection {name!r} in {workspace}."
            return NotFoundError(message, hint="'amlpriv connect list --all' shows what there is.", code=answer.code)
        case 409 | 412:
            return ConflictError(said)
        case status:
            return ServiceError(said, hint="Try again later." if status in (408, 429) or status >= 500 else None)


def _missing(method: str, workspace: str) -> str:
    """The roles that have it: Azure built-in roles for AI and machine learning (``workspaces/*/write`` and so on)."""
    role = "Reader" if method == "GET" else "AzureML Data Scientist or Contributor"
    return f"The identity needs {ACTIONS[method]} on {workspace}: role {role}, or one of your own."
