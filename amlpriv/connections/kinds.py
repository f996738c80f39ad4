"""What a workspace connection for a feed or a repository may hold, and how it is said over REST.

Sources: REST reference, Workspace Connections (names, ``WorkspaceConnectionPropertiesV2``); how-to-connection.md
(targets; user and password are given URL-encoded). The credentials per category are those that SDK v2 means to allow:
its own check compares other spellings and never refuses (azure-ai-ml 1.35).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from urllib.parse import quote

from amlpriv.connections.addresses import LOOPBACK, read_address
from amlpriv.connections.complaints import Complaint, error, note, warning
from amlpriv.connections.feeds import FeedKind, parse_feed_url
from amlpriv.connections.git_hosts import GitHost, Transport
from amlpriv.connections.git_reading import parse_git_url
from amlpriv.connections.tokens import TokenKind, token_complaints
from amlpriv.connections.users import token_alone_complaint, user_complaint
from amlpriv.errors import ServiceError
from amlpriv.secret import Secret, redact

__all__ = [
    "ALLOWED",
    "NAME",
    "Auth",
    "Category",
    "NewConnection",
    "StoredConnection",
    "connection_complaints",
    "encoded",
    "name_complaint",
    "read_connection",
    "request_body",
    "reveal",
    "target_complaints",
]

NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}")
"""REST reference, Workspace Connections - Create."""


class Category(Enum):
    """What a connection is for, in REST's spelling."""

    FEED = "PythonFeed"
    GIT = "Git"


class Auth(Enum):
    """How a connection signs in, in REST's spelling (``authType``)."""

    PAT = "PAT"
    BASIC = "UsernamePassword"
    NONE = "None"


ALLOWED: Mapping[Category, tuple[Auth, ...]] = {
    Category.FEED: (Auth.PAT, Auth.BASIC, Auth.NONE),
    Category.GIT: (Auth.PAT, Auth.BASIC, Auth.NONE),
}
"""The SDK's table. SAS, managed identity, service principal and the rest are accepted by the service and of no use."""


@dataclass(frozen=True, slots=True)
class NewConnection:
    """A connection to be written. ``user`` and ``secret`` are as people know them, not URL-encoded."""

    name: str
    category: Category
    target: str
    auth: Auth
    user: Secret | None = None
    secret: Secret | None = None


@dataclass(frozen=True, slots=True)
class StoredConnection:
    """A connection as the workspace shows it: never with its secret."""

    name: str
    category: str
    """As the service says it; may be any other than ours."""
    target: str
    auth: str
    """``authType`` as the service says it."""
    shared: bool = True
    metadata: Mapping[str, str] | None = None
    created_at: datetime | None = None

    def is_for(self, category: Category) -> bool:
        """Whether the category is this one, in any spelling (``PythonFeed``, ``python_feed``)."""
        return self.category.replace("_", "").lower() == category.value.lower()


def name_complaint(name: str) -> Complaint | None:
    """What is wrong with a connection's name."""
    if NAME.fullmatch(name):
        return None
    message = f"{name!r} is no name for a connection."
    return error("name", message, "Take 3 to 33 letters, digits, '-' and '_', a letter or digit first.")


def target_complaints(category: Category, target: str) -> tuple[Complaint, ...]:
    """What is wrong with a connection's target.

    A feed's target may be the host, the organisation or the whole index; a repository's the account or the repository,
    by https in any case.
    """
    if category is Category.GIT:
        git = parse_git_url(target)
        found = [item for item in git.complaints if item.code not in ("no-ref", "not-an-address")]
        if git.transport is Transport.SSH:
            message = "a connection's credential is put into https addresses; ssh uses keys."
            found.append(error("ssh-target", message, f"Use {git.target}" if git.https else "Use the https address."))
        if git.ref or git.subdirectory:
            message = "a reference or a folder is no part of a target."
            found.append(error("ref-in-target", message, f"Use {git.target}"))
        address = read_address(target)
        if git.transport is None and not address.host:
            found += [item for item in git.complaints if item.code == "not-an-address"]
        return tuple(found)
    feed = parse_feed_url(target)
    harmless = ("no-feed", "not-simple", "forwards-to-public", "short-lived-token")
    found = [item for item in feed.complaints if item.code not in harmless]
    if feed.kind is FeedKind.AZURE_ARTIFACTS and feed.simple is None and feed.host == "dev.azure.com":
        found.append(error("wrong-host", "feeds are not at the host of the web pages.", f"Use {feed.base}"))
    if feed.kind is FeedKind.AZURE_ARTIFACTS and feed.simple is None and feed.organisation is None:
        message = "the target names a host and no organisation: its token is offered to all of them."
        found.append(warning("host-target", message, f"Use {feed.base}/ORGANISATION"))
    return tuple(found)


def connection_complaints(connection: NewConnection, *, now: datetime) -> tuple[Complaint, ...]:
    """All that is wrong with a connection before it is written. ``now`` has a time zone."""
    named = name_complaint(connection.name)
    found = [*([named] if named else []), *target_complaints(connection.category, connection.target)]
    found += _about_auth(connection)
    if connection.secret is not None:
        about = token_complaints(connection.secret, now=now, issuer=_issuer(connection))
        ours = (
            read_address(connection.target).host in LOOPBACK
        )  # the local workspace's tokens only look like the real ones
        found += [item for item in about if not (ours and item.code == "all-organisations")]
    return tuple(found)


def _about_auth(connection: NewConnection) -> list[Complaint]:
    auth, user, secret = connection.auth, connection.user, connection.secret
    if auth not in ALLOWED[connection.category]:
        possible = ", ".join(item.value for item in ALLOWED[connection.category])
        return [error("auth", f"{auth.value} is of no use for a {connection.category.value}.", f"Use {possible}.")]
    if auth is Auth.NONE:
        given = [error("auth-none", "a credential is given and the connection has none.", "Use 'pat' or 'basic'.")]
        anonymous = note(
            "anonymous", "the connection has no credential: it is for public feeds only.", "Give a token if it is not."
        )
        return given if user or secret else [anonymous]
    if secret is None or (auth is Auth.BASIC and (user is None or not user.reveal())):
        needs = "a user and a password" if auth is Auth.BASIC else "a token"
        return [error("no-secret", f"a connection with {auth.value} needs {needs}.", "Give it by --token-from.")]
    if auth is Auth.BASIC and user is not None and (colon := user_complaint(user.reveal())):
        return [colon]
    if auth is Auth.PAT and user is not None:
        return [error("pat-user", "a token has no user beside it.", "Use 'basic' for a user and a password.")]
    if auth is Auth.PAT and (alone := token_alone_complaint(_server(connection))):
        return [alone]
    if auth is Auth.PAT and quote(secret.reveal(), safe="") != secret.reveal():
        message = "the token has characters that mean something in an address, where it is put as it is."
        return [warning("token-characters", message, "Use 'basic': user and password are sent URL-encoded.")]
    return []


def _server(connection: NewConnection) -> FeedKind | GitHost:
    if connection.category is Category.FEED:
        return parse_feed_url(connection.target).kind
    return parse_git_url(connection.target).kind


def _issuer(connection: NewConnection) -> TokenKind | None:
    if connection.category is Category.FEED:
        feed = parse_feed_url(connection.target).kind
        return {
            FeedKind.AZURE_ARTIFACTS: TokenKind.AZURE_DEVOPS,
            FeedKind.JFROG: TokenKind.JFROG,
            FeedKind.GITLAB: TokenKind.GITLAB,
        }.get(feed)
    host = parse_git_url(connection.target)
    known = {GitHost.GITHUB: TokenKind.GITHUB, GitHost.GITLAB: TokenKind.GITLAB}
    if host.kind is GitHost.AZURE_REPOS or host.host.endswith(("dev.azure.com", ".visualstudio.com")):
        return TokenKind.AZURE_DEVOPS
    return known.get(host.kind, TokenKind.GITHUB if host.host == "github.com" else None)


def encoded(secret: Secret) -> Secret:
    """A user or password as it is sent: URL-encoded, as how-to-connection.md wants both."""
    return Secret(quote(secret.reveal(), safe=""))


def request_body(connection: NewConnection) -> dict[str, Any]:
    """The body of ``PUT .../connections/{name}``. Secrets in it are Secret; ``reveal`` it where it is sent, not before.

    The target is sent as given. A token is sent as it is, user and password are URL-encoded.
    """
    properties: dict[str, Any] = {
        "category": connection.category.value,
        "target": connection.target,
        "authType": connection.auth.value,
    }
    if connection.auth is Auth.PAT and connection.secret:
        properties["credentials"] = {"pat": connection.secret}
    elif connection.auth is Auth.BASIC and connection.secret and connection.user:
        properties["credentials"] = {"username": encoded(connection.user), "password": encoded(connection.secret)}
    return {"properties": properties}


def reveal(body: Any) -> Any:
    """A copy of a body with its secrets in clear: for the port that sends it."""
    if isinstance(body, Secret):
        return body.reveal()
    if isinstance(body, Mapping):
        return {key: reveal(value) for key, value in body.items()}
    return [reveal(item) for item in body] if isinstance(body, (list, tuple)) else body


def read_connection(document: Mapping[str, Any]) -> StoredConnection:
    """A connection from the service's answer; credentials in it are not even looked at.

    A user part in the target is left out. Raises ServiceError when the answer is no connection.
    """
    properties = document.get("properties")
    name = document.get("name")
    if not isinstance(properties, Mapping) or not isinstance(name, str):
        raise ServiceError("The service answered with something that is no connection.")
    metadata, system = properties.get("metadata"), document.get("systemData")
    kept = {str(key): redact(str(value)) for key, value in metadata.items()} if isinstance(metadata, Mapping) else None
    created = system.get("createdAt") if isinstance(system, Mapping) else None
    return StoredConnection(
        name,
        str(properties.get("category") or ""),
        _without_user(str(properties.get("target") or "")),
        str(properties.get("authType") or "None"),
        properties.get("isSharedToAll") is not False,
        kept or None,
        _time(created),
    )


def _without_user(target: str) -> str:
    address = read_address(target)
    if address.credentials is None:
        return target
    return address.text if address.host else "(a target with a credential in it)"


def _time(text: object) -> datetime | None:
    """ARM writes seven digits of a second and ``Z``; Python 3.10 reads six and ``+00:00``."""
    plain = re.sub(r"(\.\d{6})\d+", r"\1", str(text)).replace("Z", "+00:00")
    try:
        return datetime.fromisoformat(re.sub(r"\.\d{1,5}(?!\d)", "", plain))
    except ValueError:
        return None
