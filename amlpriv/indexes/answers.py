"""What an index answered: values only."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from amlpriv.connections.addresses import Credentials
from amlpriv.secret import without_query

__all__ = ["Answer", "Hop", "Login", "basic", "host_of", "origin_of"]

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Login:
    """An index, and the credential for it: both as the image builder's pip gets them."""

    url: str
    """Root of the simple pages, without credentials."""
    credentials: Credentials | None = None

    @property
    def root(self) -> str:
        """The address with a slash at the end."""
        return self.url.rstrip("/") + "/"


@dataclass(frozen=True, slots=True)
class Hop:
    """One address that answered, on the way to the page or the file; without user, query and fragment."""

    url: str
    status: int
    authorised: bool
    """Whether the credential was sent there."""

    @property
    def host(self) -> str:
        """In lower case, with its port where it is not the usual one."""
        return host_of(self.url)


@dataclass(frozen=True, slots=True)
class Answer:
    """The last answer behind all redirects."""

    url: str = field(repr=False)
    """With its query: files are often at signed addresses."""
    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Names in lower case."""
    text: str = field(default="", repr=False)
    hops: tuple[Hop, ...] = ()
    """The first one is the address that was asked for."""
    sign_in: bool = False
    """Whether it leads to a page for people to sign in at; that page is not opened."""

    @property
    def content_type(self) -> str:
        """With its parameters; empty when there is none."""
        return self.headers.get("content-type", "")

    @property
    def shown(self) -> str:
        """The address without user, query and fragment."""
        return without_query(self.url)


def basic(credentials: Credentials) -> str:
    """Of an Authorization header by RFC 7617; as secret as what it is made of."""
    user = credentials.user.reveal() if credentials.user is not None else ""
    password = credentials.password.reveal() if credentials.password is not None else ""
    return base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: a credential belongs to one of these, and never leaves it (RFC 6454)."""
    parts = urlsplit(url)
    return parts.scheme.lower(), (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme.lower())


def host_of(url: str) -> str:
    """The host in lower case, with its port where it is not the usual one."""
    scheme, host, port = origin_of(url)
    host = f"[{host}]" if ":" in host else host
    return host if port in (None, _PORTS.get(scheme)) else f"{host}:{port}"
