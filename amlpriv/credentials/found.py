"""What a search for a credential is given, and what it answers."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from amlpriv.connections.addresses import Address, Credentials
from amlpriv.connections.azure_hosts import AzurePlace, azure_place
from amlpriv.connections.feeds import FeedKind, FeedUrl, parse_feed_url
from amlpriv.connections.git_reading import parse_git_url
from amlpriv.connections.git_urls import GitUrl
from amlpriv.connections.tokens import TokenKind, token_shape
from amlpriv.secret import Secret

__all__ = ["Attempt", "Found", "Sources", "Subject", "read_subject"]

_LONGEST_USER = 32
"""Characters: what stands alone before an ``@`` and is longer is no name."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One place that was looked at. Never holds a secret."""

    origin: str
    """A name of `amlpriv.credentials.order.ORDER`, or the user's wish in words."""
    outcome: str
    """What was there, or why it was not taken: words for ``connect test -v``."""

    def __str__(self) -> str:
        return f"{self.origin}: {self.outcome}"


@dataclass(frozen=True, slots=True)
class Found:
    """A credential and where it is from, or none and everything that was looked at."""

    credentials: Credentials | None
    """The password is the token. ``user`` is None where none is known: Azure DevOps and GitHub take any."""
    origin: str
    """For people: ``the variable UV_INDEX_TEAM_PASSWORD``. Empty when nothing was found."""
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """What a credential is wanted for."""

    address: Address
    """Without credentials; its host is empty where there is nothing that a credential could be sent to by http(s)."""
    simple: str = ""
    """The address as pip gives it to a keyring."""
    login: Credentials | None = field(default=None, repr=False)
    """What stood in the address itself, if it has a token."""
    user: str = ""
    """The user that the address names without a password; empty for none."""

    @property
    def azure(self) -> AzurePlace | None:
        """The place in Azure DevOps Services; None elsewhere, and where the way there is not the usual https."""
        ours = self.address.scheme == "https" and self.address.port is None
        return azure_place(self.address) if ours else None


@dataclass(frozen=True, slots=True)
class Sources:
    """The world in which credentials are looked for. The callables are for what this layer cannot reach.

    ``entra`` gets ``"azure-cli"``, ``"default"`` or ``"local"`` (the local workspace's sign-in) and gives a token for
    Azure DevOps, ``vault`` gets the address of a Key Vault secret; both raise `amlpriv.errors`. ``local`` gives the
    local workspace's own credential, and None for an address that is none of its feeds.
    `amlpriv.actions.credential_sources` makes them.
    """

    environ: Mapping[str, str]
    name: str | None = None
    """The index's name, as ``UV_INDEX_<NAME>_PASSWORD`` has it."""
    user: str | None = None
    """The user that goes with the token, where the user of amlpriv said it."""
    stdin: TextIO | None = None
    prompt: Callable[[str], str] | None = None
    """Asks a person; None for the terminal."""
    local: Callable[[Address], Credentials | None] | None = None
    entra: Callable[[str], Secret] | None = None
    vault: Callable[[str], Secret] | None = None
    keyring_seconds: float = 10.0
    entra_seconds: float = 30.0

    @property
    def home(self) -> Path | None:
        """The user's folder, as ``~`` means it."""
        names = ("USERPROFILE", "HOME") if os.name == "nt" else ("HOME",)
        return next((Path(self.environ[name]) for name in names if self.environ.get(name)), None)

    def of_local(self, subject: Subject) -> Credentials | None:
        """The local workspace's own credential, if the address is one of its feeds."""
        return self.local(subject.address) if self.local is not None and subject.address.host else None


def read_subject(address: str | FeedUrl | GitUrl) -> Subject:
    """Any address of an index or a repository, in any of its forms; never raises."""
    if isinstance(address, str):
        feed = parse_feed_url(address)
        address = feed if feed.host else parse_git_url(address)
    written = address.written
    if written.scheme not in ("http", "https"):
        written = replace(written, host="")
    simple = (address.simple if isinstance(address, FeedUrl) else address.https) or written.text
    login, user = _told_apart(address)
    return Subject(written, simple, login, user)


def _told_apart(address: FeedUrl | GitUrl) -> tuple[Credentials | None, str]:
    """The credentials of an address, or its mere user.

    Who stands alone before the ``@`` may be a token (Azure DevOps, GitHub and JFrog take that) or a user, as in
    ``https://VssSessionToken@...`` for uv's keyring and in Azure Repos' own addresses: what has the shape of no known
    token and is short, or is a name of the path, is a user. Gemfury's tokens always stand alone.
    """
    login = address.credentials
    placeholder = any(complaint.code == "variable-in-url" for complaint in address.complaints)
    if login is None or login.token is None or not login.token.reveal() or placeholder:
        return None, address.user or "" if isinstance(address, GitUrl) else ""
    name = login.token.reveal()
    alone = login.user is not None and login.token is login.user
    known = address.kind is FeedKind.GEMFURY or token_shape(login.token).kind is not TokenKind.UNKNOWN
    is_user = alone and not known and (len(name) <= _LONGEST_USER or name in address.written.parts)
    return (None, name) if is_user else (login, "")
