"""An http(s) address in its parts; credentials are taken out of it, wherever people put them.

Names in a path compare decoded: ``My%20Project`` and ``My Project`` are one name (RFC 3986 section 6.2.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from amlpriv.connections.complaints import Complaint, error, note, warning
from amlpriv.secret import Secret

__all__ = ["LOOPBACK", "Address", "Credentials", "read_address", "take_credentials"]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})

_PORTS = {"https": 443, "http": 80}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=://)")
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*|\[[0-9A-Fa-f:.]+\]")
_BARE = re.compile(r"([^/?#@\s]+@)?(localhost|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+|\[[0-9A-Fa-f:.]+\])(:\d+)?([/?#]|$)")
# What can only be a host behind an "@": a slash in the password has ended the authority too early.
_HOST_BEHIND = re.compile(r"@(?=(localhost|([A-Za-z0-9-]+\.)+[A-Za-z]{2,})(:\d+)?(/|$))")
# An "@" that belongs to a path: of a feed's view, of a repository's reference.
_VIEW_OR_REF = re.compile(r"(/_(packaging|artifacts)/.*|\.git)@$")
_PORT = re.compile(r":\d*$")
_VARIABLE = re.compile(r"\$\{?\w+\}?|%\w+%|\{\{.*\}\}|<[^>]+>")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What stood before the ``@`` of an address. The user is secret too: people put the token there."""

    user: Secret | None = None
    password: Secret | None = None

    @property
    def token(self) -> Secret | None:
        """The one of the two that is the secret: the password, or a user that stands alone."""
        alone = self.password is None or self.password.reveal() in ("", "x-oauth-basic")
        return self.user if alone else self.password


@dataclass(frozen=True, slots=True)
class Address:
    """An address without credentials, query and fragment. ``host`` is empty where the text is no address."""

    scheme: str
    """In lower case."""
    host: str
    """In lower case; IPv6 in brackets."""
    port: int | None
    """None for the scheme's own."""
    parts: tuple[str, ...]
    """The names of the path, decoded."""
    credentials: Credentials | None = None
    complaints: tuple[Complaint, ...] = ()

    @property
    def origin(self) -> str:
        """``scheme://host[:port]``."""
        return f"{self.scheme}://{self.host}" + (f":{self.port}" if self.port is not None else "")

    def at(self, *parts: str, slash: bool = False) -> str:
        """An address of the same origin with these names as its path, each of them quoted."""
        path = "/".join(quote(part, safe="+") for part in parts)
        return f"{self.origin}/{path}{'/' if slash and path else ''}" if path or slash else self.origin

    @property
    def text(self) -> str:
        """The address, quoted anew, without a slash at the end."""
        return self.at(*self.parts)


def take_credentials(text: str) -> tuple[str, str | None]:
    """An address as (the same without its user part, the user part as written).

    The user part ends at the last ``@`` before the path. A password with a slash, ``?`` or ``#`` in it ends later: it
    is seen where what stands before the slash cannot be a host and what follows the ``@`` can.
    """
    scheme, colon, rest = text.partition("://")
    if not colon:
        scheme, rest = "", text
    end = re.search(r"[/?#]", rest)
    authority, path = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    user, at, host = authority.rpartition("@")
    match = _HOST_BEHIND.search(rest)
    if match is not None and not _is_host(host) and not _VIEW_OR_REF.search(rest[: match.end()]):
        return f"{scheme}{colon}{rest[match.end() :]}", rest[: match.start()]
    return (f"{scheme}{colon}{host}{path}", user) if at else (text, None)


def _is_host(authority: str) -> bool:
    """Whether it can only be a host: it has a dot or is this machine, and its port is a number."""
    host = _PORT.sub("", authority)
    return host.lower() in LOOPBACK or (_HOST.fullmatch(host) is not None and ("." in host or "[" in host))


def read_address(text: str) -> Address:
    """An http(s) address; never raises, an address that cannot be used has an error among its complaints."""
    text, complaints = text.strip(), list[Complaint]()
    if _CONTROL.search(text):
        return _unusable("the address holds a control character or a line break.", "Write it on one line.")
    text, user = take_credentials(text)
    credentials = _credentials(user)
    if user is not None:
        complaints.append(_about_user(user))
    if not _SCHEME.match(text):
        if not _BARE.match(text):
            message = "this is not an address: it has no 'https://' and no host."
            return _unusable(message, "Give the address that pip's --index-url takes.", credentials, complaints)
        text = f"https://{text}"
        complaints.append(warning("no-scheme", "the address has no 'https://'.", "Write it with https://."))
    return _split(text, credentials, complaints)


def _split(text: str, credentials: Credentials | None, complaints: list[Complaint]) -> Address:
    try:
        pieces = urlsplit(text)
        port, host = pieces.port, (pieces.netloc.partition("]")[0] + "]" if "]" in pieces.netloc else pieces.hostname)
    except ValueError:
        return _unusable("the host or the port cannot be read.", "Check the part behind '//'.", credentials, complaints)
    scheme, host = pieces.scheme.lower(), (host or "").lower().rstrip(".")
    if scheme not in _PORTS:
        message = f"an index is not reached by '{scheme}:'."
        return _unusable(message, "Give an address that begins with https://.", credentials, complaints, "scheme")
    if not _HOST.fullmatch(host):
        return _unusable("the host is no host name.", "Check the part behind '//'.", credentials, complaints)
    if scheme == "http" and host not in LOOPBACK:
        message = "http: sends the credential readable for everybody on the way, and pip ignores such an index."
        complaints.append(warning("http", message, "Use https://."))
    if " " in pieces.path:
        message = "the path holds a blank, where pip's line ends."
        complaints.append(warning("blank", message, "Write %20 for a blank."))
    if pieces.query:
        message = "the address has a query, which is no part of an index's address."
        complaints.append(warning("query", message, "Leave out the '?' and what follows."))
    if pieces.fragment:
        message = "the address has a fragment, which no server ever sees."
        complaints.append(note("fragment", message, "Leave out the '#' and what follows."))
    parts, dotted = _without_dots(unquote(part) for part in pieces.path.split("/") if part)
    if dotted:
        message = "the path has '.' or '..' in it, which every program resolves before it sends anything."
        complaints.append(warning("dots", message, "Write the address without them."))
    usual = _PORTS[scheme]
    return Address(scheme, host, None if port == usual else port, parts, credentials, tuple(complaints))


def _without_dots(names: Iterable[str]) -> tuple[tuple[str, ...], bool]:
    """RFC 3986 section 5.2.4; what is percent-encoded counts as well, as it does for browsers and for requests."""
    kept: list[str] = []
    dotted = False
    for name in names:
        if name in (".", ".."):
            dotted = True
            del kept[len(kept) - (name == "..") :]
        else:
            kept.append(name)
    return tuple(kept), dotted


def _unusable(
    message: str,
    fix: str,
    credentials: Credentials | None = None,
    complaints: list[Complaint] | None = None,
    code: str = "not-an-address",
) -> Address:
    return Address("", "", None, (), credentials, (*(complaints or ()), error(code, message, fix)))


def _credentials(user: str | None) -> Credentials | None:
    if not user:
        return None
    name, colon, password = user.partition(":")
    return Credentials(Secret(unquote(name)) if name else None, Secret(unquote(password)) if colon else None)


def _about_user(user: str) -> Complaint:
    if not user:
        return note("empty-user", "the address has an '@' with nothing before it.", "Leave the '@' out.")
    secret = user.partition(":")[2] or user.partition(":")[0]
    if _VARIABLE.fullmatch(unquote(secret)):
        message = "the address has a variable or a placeholder for its credential; the image build does not know it."
        return error("variable-in-url", message, "Leave it out, and put the token into a connection.")
    message = "the address has a credential in it; it stays readable in the environment and in logs."
    return error("credentials-in-url", message, "Leave it out, put it into a connection, and revoke the old one.")
