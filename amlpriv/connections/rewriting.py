"""Puts the credential of a connection into the address of an index or a repository, as the image build does.

What is known of the service: it rewrites the addresses of a conda specification "with the auth from ws connections
using the closest match" (azure-sdk-for-python#22441); a token stands in the user's place then, without a password
(azure-docs#87920). User and password are stored URL-encoded (how-to-connection.md) and inserted as they are: assumed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from amlpriv.connections.git_reading import parse_git_url
from amlpriv.connections.kinds import Auth, Category, StoredConnection, read_connection
from amlpriv.connections.matching import match_git, match_index
from amlpriv.connections.tokens import TokenKind, token_shape
from amlpriv.connections.uses import Use
from amlpriv.connections.verdicts import Verdict, VerdictCode
from amlpriv.secret import Secret

__all__ = [
    "Access",
    "KnownConnection",
    "index_access",
    "is_for_builds",
    "read_known",
    "repository_access",
    "with_credential",
]

_BEFORE_HOST = re.compile(r"https?://", re.IGNORECASE)
_NO_PASSWORD = ("", "x-oauth-basic")
_SHORTEST = 4
"""Characters: to take less than this out of a log would leave nothing that can be read."""


@dataclass(frozen=True, slots=True)
class KnownConnection:
    """A connection together with its credential."""

    connection: StoredConnection
    credential: Secret | None = None
    """What stands before the ``@`` of an address, as stored: a token, or ``user:password``."""

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What must not be seen in a log: the token or password, and a user that stands in for one."""
        user, _, password = self.credential.reveal().partition(":") if self.credential else ("", "", "")
        parts = [password]
        if password in _NO_PASSWORD or token_shape(Secret(unquote(user))).kind is not TokenKind.UNKNOWN:
            parts.append(user)
        return tuple(Secret(part) for part in parts if len(part) >= _SHORTEST)


@dataclass(frozen=True, slots=True)
class Access:
    """What the build does about one index or repository."""

    what: str
    """``index`` or ``repository``."""
    verdict: Verdict
    credential: Secret | None = None
    """Of the connection that is used."""
    repository: Secret | None = None
    """A repository's address with the credential in it, as git's own files have it."""
    secrets: tuple[Secret, ...] = ()

    def __str__(self) -> str:
        """One line for the build log."""
        verdict = self.verdict
        if self.credential is not None:
            how = "the closest match" if verdict.code is VerdictCode.CLOSEST else "it matches"
            return f"{self.what} {verdict.subject}: connection {verdict.connection} ({how})"
        return f"{self.what} {verdict.subject}: no connection. {verdict.words} {verdict.fix}".rstrip()


def read_known(document: Mapping[str, Any]) -> KnownConnection:
    """A connection from the answer to ``POST .../listsecrets``. Raises ServiceError when it is no connection."""
    connection = read_connection(document)
    given = document["properties"].get("credentials")
    values = given if isinstance(given, Mapping) else {}
    auth = connection.auth.lower()
    credential = ""
    if auth == Auth.PAT.value.lower():
        credential = str(values.get("pat") or "")
    elif auth == Auth.BASIC.value.lower() and values.get("username"):
        credential = f"{values['username']}:{values.get('password') or ''}"
    return KnownConnection(connection, Secret(credential) if credential else None)


def is_for_builds(document: Mapping[str, Any]) -> bool:
    """Whether a connection, as the service shows it, is for feeds or repositories."""
    connection = read_connection(document)
    return any(connection.is_for(category) for category in Category)


def index_access(url: str, known: Sequence[KnownConnection], use: Use) -> Access:
    """Which connection's credential goes with an index, or with the ``--find-links`` page, at ``url``."""
    return _access("index", match_index(url, [item.connection for item in known], use=use), known)


def repository_access(line: str, known: Sequence[KnownConnection], use: Use) -> Access:
    """Which connection's credential goes with a repository; ``line`` is pip's, or its address alone."""
    access = _access("repository", match_git(line, [item.connection for item in known], use=use), known)
    if access.credential is None:
        return access
    credential = access.credential.reveal()
    # git wants both parts before it takes a line of its file for complete.
    whole = credential if ":" in credential else f"{credential}:"
    address = with_credential(parse_git_url(line).written.text, Secret(whole))
    return Access(access.what, access.verdict, access.credential, address, access.secrets)


def with_credential(text: str, credential: Secret) -> Secret:
    """A line or an address with the credential before the host of its first http(s) address."""
    match = _BEFORE_HOST.search(text)
    if match is None:
        return Secret(text)
    return Secret(f"{text[: match.end()]}{credential.reveal()}@{text[match.end() :]}")


def _access(what: str, verdict: Verdict, known: Sequence[KnownConnection]) -> Access:
    if not verdict.used:
        return Access(what, verdict)
    found = next(item for item in known if item.connection.name == verdict.connection)
    return Access(what, verdict, found.credential, secrets=found.secrets)
