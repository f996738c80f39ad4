"""Credentials as entries of a netrc file: pip reads it, and nothing of it comes into a command line.

A credential in an index address does: to build a package from source, pip starts itself again with ``--index-url`` and
the whole address as arguments (pip 23 to 26, ``build_env.py``). An entry is for a host, whatever the port and path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from amlpriv.connections.addresses import Credentials, read_address
from amlpriv.connections.feeds import FeedKind, parse_feed_url
from amlpriv.connections.rewriting import Access
from amlpriv.secret import Secret

__all__ = ["index_hosts", "netrc_logins", "netrc_text"]

_PLAIN = re.compile(r"[!$-\[\]-~][!#-\[\]-~]*")
"""What old and new parsers read alike: Python up to 3.10 knows no quotes, later ones do."""
_ANY_USER = (FeedKind.AZURE_ARTIFACTS, FeedKind.AZURE_SERVER)
"""They take a token as password of any user just as well as in the user's place (Azure Artifacts, "Connect to a
feed")."""
_NOTHING = '""'
_EMPTY_PASSWORDS = (3, 11)
"""The first Python whose netrc module reads an entry with an empty password."""


def index_hosts(accesses: Sequence[Access]) -> frozenset[str]:
    """The hosts of the index lines."""
    found = (read_address(access.verdict.subject).host for access in accesses if access.what == "index")
    return frozenset(host for host in found if host)


def netrc_logins(accesses: Sequence[Access], python: tuple[int, int]) -> Mapping[str, Credentials] | None:
    """What the pip of this ``python`` has to find in a netrc file, by host.

    None where such a file cannot say it: two credentials for one host, a character that parsers read differently, a
    token alone for a server that may not take it otherwise.
    """
    logins: dict[str, Credentials] = {}
    for access in accesses:
        if access.what != "index" or access.credential is None:
            continue
        login = _login(access, python)
        host = read_address(access.verdict.subject).host
        if login is None or logins.setdefault(host, login) != login:
            return None
    return logins


def netrc_text(logins: Mapping[str, Credentials]) -> Secret:
    """The file. Entries with a character that cannot be written are left out."""
    lines = []
    for host, login in logins.items():
        user, password = _revealed(login)
        if _PLAIN.fullmatch(host) and _writable(user, password):
            lines.append(f"machine {host} login {user} password {password or _NOTHING}\n")
    return Secret("".join(lines))


def _login(access: Access, python: tuple[int, int]) -> Credentials | None:
    user, colon, password = access.credential.reveal().partition(":") if access.credential else ("", "", "")
    user, password = unquote(user), unquote(password)
    if not colon and parse_feed_url(access.verdict.subject).kind in _ANY_USER:
        user, password = "token", user
    if not _writable(user, password) or (not password and python < _EMPTY_PASSWORDS):
        return None
    return Credentials(Secret(user), Secret(password))


def _writable(user: str, password: str) -> bool:
    return _PLAIN.fullmatch(user) is not None and (not password or _PLAIN.fullmatch(password) is not None)


def _revealed(login: Credentials) -> tuple[str, str]:
    return login.user.reveal() if login.user else "", login.password.reveal() if login.password else ""
