"""Where the credential of a connection comes from: never an argument, which other users of the machine can read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from amlpriv.connections.complaints import Complaint
from amlpriv.credentials.finding import find_credential
from amlpriv.credentials.found import Sources, read_subject
from amlpriv.credentials.netrc_files import netrc_note
from amlpriv.credentials.wishes import Origin, parse_wish
from amlpriv.errors import AuthenticationError, UsageError
from amlpriv.secret import Secret

__all__ = ["Taken", "may_have_user", "take_secret"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Taken:
    """A credential, and where it was found; ``user`` where that place had one."""

    secret: Secret
    origin: str
    """Words for people, without the secret."""
    user: Secret | None = None
    complaints: tuple[Complaint, ...] = ()
    """About the place."""


def may_have_user(wish: str | None) -> bool:
    """Whether the place that a wish names can hold a user beside the password."""
    return wish is not None and parse_wish(wish).origin in (Origin.NETRC, Origin.KEYRING)


def take_secret(wish: str | None, *, given: object = None, address: str, sources: Sources) -> Taken:
    """The credential for ``address``: ``given`` (Secret, str or callable), or from where ``wish`` says; without both a
    person is asked, unless it is a feed of the local workspace, whose token is known.

    Raises UsageError when there is none there, or it is no single line; and what ``find_credential`` raises.
    """
    taken = _given(given) if given is not None else _of_local(address, sources) if wish is None else None
    taken = taken or _wished(wish or "prompt", address, sources)
    if _CONTROL.search(taken.secret.reveal().rstrip("\r\n")):
        raise UsageError(
            f"What comes from {taken.origin} has a line break or a control character in it.",
            hint="Give one line, and nothing but the token or password.",
        )
    return taken


def _given(given: object) -> Taken:
    value = given() if callable(given) else given
    if isinstance(value, str | Secret):
        return Taken(Secret(value) if isinstance(value, str) else value, "the call")
    raise UsageError(
        f"A {type(value).__name__} is no secret.", hint="Give a str, a Secret, or a function that returns one."
    )


def _of_local(address: str, sources: Sources) -> Taken | None:
    found = sources.of_local(read_subject(address))
    return Taken(found.token, "the local workspace", found.user) if found and found.token else None


def _wished(wish: str, address: str, sources: Sources) -> Taken:
    found = find_credential(address, wish, sources)
    credentials = found.credentials
    token = credentials.token if credentials else None
    if credentials is None or token is None:
        raise AuthenticationError(
            f"There is no credential for {address}: {'; '.join(map(str, found.attempts))}.",
            hint="Say where it is with --token-from.",
        )
    user = credentials.user if credentials.user is not token else None
    opened = netrc_note(sources) if parse_wish(wish).origin is Origin.NETRC else None
    return Taken(token, found.origin, user, (opened,) if opened else ())
