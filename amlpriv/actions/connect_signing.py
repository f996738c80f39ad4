"""How a connection signs in: chosen, taken from where the user says, and checked before it is written."""

from __future__ import annotations

from datetime import date, datetime

from amlpriv.actions.connect_places import Place, refuse
from amlpriv.actions.connect_secrets import Taken, may_have_user, take_secret
from amlpriv.actions.connect_values import AUTHS, EXPIRES, Request
from amlpriv.connections.complaints import Complaint
from amlpriv.connections.feeds import FeedKind
from amlpriv.connections.git_hosts import GitHost
from amlpriv.connections.kinds import Auth, NewConnection, connection_complaints
from amlpriv.connections.tokens import token_shape
from amlpriv.connections.users import FEED_USERS, GIT_USERS, needs_user, token_alone_complaint, user_complaint
from amlpriv.credentials.found import Sources
from amlpriv.credentials.wishes import Origin, parse_wish
from amlpriv.errors import UsageError
from amlpriv.findings import Severity
from amlpriv.secret import Secret

__all__ = [
    "check_connection",
    "check_user",
    "check_wish",
    "choose_auth",
    "expiry",
    "keep_user",
    "take_credential",
]

SHORT_LIVED = frozenset({Origin.AZURE_CLI, Origin.ENTRA})
"""Wishes whose tokens live for about an hour: of no use in a connection that later builds use."""


def choose_auth(place: Place, request: Request) -> tuple[Auth, Secret | None]:
    """How to sign in, and the user. Said, or what the server is known to want."""
    if request.auth is not None and request.auth not in AUTHS:
        raise UsageError(f"{request.auth!r} is no way to sign in.", hint=f"Use one of {', '.join(AUTHS)}.")
    wants_user = token_alone_complaint(place.kind) is not None
    guess = Auth.BASIC if request.user or wants_user else Auth.PAT
    auth = AUTHS[request.auth] if request.auth else guess
    if auth is Auth.NONE and (request.token_from or request.secret is not None or request.user):
        raise UsageError(
            "--auth none goes with no user and no token.", hint="Leave them out, or use --auth pat or basic."
        )
    if auth is Auth.PAT and request.user:
        raise UsageError("A token has no user beside it.", hint="Use --auth basic for a user and a password.")
    if auth is not Auth.BASIC:
        return auth, None
    check_user(request)
    user = request.user or _usual_user(place.kind)
    if not user and not may_have_user(request.token_from):
        usual = FEED_USERS.get(place.kind) if isinstance(place.kind, FeedKind) else GIT_USERS.get(place.kind)
        raise UsageError(
            f"{place.kind.value if wants_user else 'A user and a password'} needs a user.",
            hint=f"Give --user{f': {usual}' if usual else ''}, or use --auth pat.",
        )
    return auth, Secret(user) if user else None


def check_user(request: Request) -> None:
    """UsageError for a user that no server would read as one."""
    wrong = user_complaint(request.user or "")
    refuse([wrong] if wrong else [], "The user cannot be used")


def keep_user(place: Place, request: Request, auth: Auth, taken: Taken | None) -> Auth:
    """Signing in with a user where one was found beside the token, and the server asks for it: pip does so as well."""
    if auth is not Auth.PAT or request.auth is not None or taken is None or taken.user is None:
        return auth
    return Auth.BASIC if needs_user(place.kind, taken.user.reveal()) else auth


def _usual_user(kind: FeedKind | GitHost) -> str | None:
    """The user that goes with every token of a server, where there is such a one."""
    usual = FEED_USERS.get(kind) if isinstance(kind, FeedKind) else GIT_USERS.get(kind)
    if usual is None or usual.startswith("your ") or kind is FeedKind.GOOGLE:
        return None
    return usual.partition(" ")[0]


def take_credential(request: Request, address: str, sources: Sources) -> Taken:
    """The credential that a request leads to."""
    check_wish(request)
    return take_secret(request.token_from, given=request.secret, address=address, sources=sources)


def check_wish(request: Request) -> None:
    """UsageError for a place that no token can be taken from, or one of an hour's life without ``force``."""
    if request.token_from is None:
        return
    if request.secret is not None:
        raise UsageError("secret and token_from exclude each other.", hint="Give one of them.")
    origin = parse_wish(request.token_from).origin
    if origin in SHORT_LIVED and not request.force:
        raise UsageError(
            f"A token from {origin.value} lives for about an hour: builds after that would fail.",
            hint="Use a personal access token or a deploy token with the right to read, or insist with --force.",
        )


def check_connection(new: NewConnection, taken: Taken | None, *, now: datetime, force: bool) -> list[Complaint]:
    """What is worth knowing about a connection; UsageError for what cannot work."""
    found = [*(taken.complaints if taken else ()), *connection_complaints(new, now=now)]
    where = f" (the token from {taken.origin})" if taken else ""
    refuse(
        [item for item in found if item.severity is Severity.ERROR],
        f"The connection {new.name!r} cannot be made{where}",
    )
    if not force:
        refuse([item for item in found if item.code == "short-lived-token"], "This token is of no use in a connection")
    return found


def expiry(secret: Secret | None, said: date | None, *, now: datetime) -> dict[str, str]:
    """The metadata that says when a token ends: as the user said, else as a JSON web token tells. UsageError for a day
    that is over."""
    if said is not None and said < now.date():
        raise UsageError(f"The token ended on {said}, as --expires says.", hint="Get a new one, or correct the day.")
    known = token_shape(secret).expires if secret is not None and said is None else None
    end = said or (known.date() if known else None)
    return {EXPIRES: end.isoformat()} if end else {}
