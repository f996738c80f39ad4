"""connect rotate: another secret for a connection, all else as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from amlpriv.actions.connect_listing import Found, find_connection
from amlpriv.actions.connect_signing import check_connection, check_user, expiry, take_credential
from amlpriv.actions.connect_values import AUTHS, EXPIRES, ROTATED, Request, Written, kept_properties
from amlpriv.actions.connect_warnings import MATCHES
from amlpriv.connections.complaints import note
from amlpriv.connections.kinds import Auth, Category, NewConnection, StoredConnection
from amlpriv.connections.matching import match_git, match_index
from amlpriv.credentials.found import Sources
from amlpriv.errors import PermissionDeniedError, ServiceError, UsageError
from amlpriv.secret import Secret, redact
from amlpriv.workspace.connections import Connections

__all__ = ["rotate_connection"]


def rotate_connection(
    request: Request,
    connections: Connections,
    *,
    workspace: str,
    now: datetime,
    sources: Sources,
    say: Callable[[str], None] = lambda _: None,
) -> Written:
    """Replace the secret in place; target, way to sign in and metadata stay. It is read back and compared.

    A connection without a credential gets one. Raises NotFoundError, UsageError, and ServiceError when the service has
    kept something else.
    """
    check_user(request)
    found = find_connection(connections, request.name, now=now)
    category, auth = _kind(found, request)
    raw = connections.raw(found.name)
    target = _target(raw, found)
    taken = take_credential(request, _address(found, category), sources)
    user = None
    if auth is Auth.BASIC:
        user = Secret(request.user) if request.user else taken.user or _stored_user(connections, found)
    new = NewConnection(found.name, category, target, auth, user, taken.secret)
    complaints = check_connection(new, taken, now=now, force=request.force)
    ends = expiry(taken.secret, request.expires, now=now)
    properties = kept_properties(raw, {EXPIRES: None, ROTATED: _moment(now), **ends})
    stored = replace(found.connection, auth=auth.value, metadata=properties["metadata"])
    if not request.dry_run:
        say(f"writing connection {found.name} to {workspace}")
        connections.put(new, properties=properties, doing="rotating")
        stored = _read_back(connections, stored)
    about = (workspace, request.dry_run, found.url or found.target, False, None, taken.origin)
    if found.expires and not ends:
        message = f"the old token ended on {found.expires}; when the new one ends is not known, so 'list' cannot warn."
        complaints.append(note("no-expiry", message, "Say it with --expires."))
    return Written(stored, "rotated", *about, tuple(complaints))


def _moment(now: datetime) -> str:
    return now.astimezone(timezone.utc).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _kind(found: Found, request: Request) -> tuple[Category, Auth]:
    category = next((item for item in Category if found.connection.is_for(item)), None)
    if category is None:
        raise UsageError(
            f"The connection {found.name!r} is a {found.category}, and none for a feed or a repository.",
            hint="Change it where it was made.",
        )
    auth = next((item for item in Auth if item.value.lower() == found.auth.lower()), None)
    if auth is None:
        raise UsageError(
            f"The connection {found.name!r} signs in by {found.auth}, which no package index or git server takes.",
            hint=f"Make it again: amlpriv connect remove {found.name}, then amlpriv connect feed or git.",
        )
    if auth is Auth.NONE:
        auth = AUTHS[request.auth] if request.auth in ("pat", "basic") else Auth.BASIC if request.user else Auth.PAT
    if auth is Auth.PAT and request.user:
        raise UsageError(
            f"The connection {found.name!r} signs in by a token, which has no user beside it.",
            hint="Leave --user out.",
        )
    return category, auth


def _address(found: Found, category: Category) -> str:
    """For what a credential is looked for: never what only the metadata say, which anybody may have written."""
    match = match_index if category is Category.FEED else match_git
    own = found.url is not None and match(found.url, (found.connection,)).code in MATCHES
    return found.url if found.url is not None and own else found.target


def _target(raw: Mapping[str, Any], found: Found) -> str:
    """The target to the letter. UsageError for one with a credential in it, which would be written again."""
    target = str(raw["properties"].get("target") or "")
    if target != found.target:
        raise UsageError(
            f"The target of the connection {found.name!r} has a credential in it, where everybody can read it.",
            hint=f"Revoke it, and make the connection again: amlpriv connect remove {found.name}",
        )
    return target


def _stored_user(connections: Connections, found: Found) -> Secret:
    """The user that the connection has now, which stands beside its password."""
    try:
        credentials = connections.credentials(found.name)
    except PermissionDeniedError as error:
        message = f"The user of the connection {found.name!r} is stored with its password: {error.message}"
        raise PermissionDeniedError(message, hint=f"Give it with --user. {error.hint or ''}".rstrip()) from error
    if credentials is None or credentials.user is None:
        raise UsageError(f"The connection {found.name!r} has no user.", hint="Give it with --user.")
    return credentials.user


def _read_back(connections: Connections, wanted: StoredConnection) -> StoredConnection:
    """What the workspace shows now, if it is what was sent."""
    now = connections.get(wanted.name)
    pairs = {
        "target": (now.target, wanted.target),
        "sign-in": (now.auth.lower(), wanted.auth.lower()),
        "metadata": (
            dict(now.metadata or {}),
            {key: redact(str(text)) for key, text in (wanted.metadata or {}).items()},
        ),
    }
    different = [word for word, (there, sent) in pairs.items() if there != sent]
    if different:
        raise ServiceError(
            f"The workspace shows another {' and '.join(different)} of connection {wanted.name!r} than was sent.",
            hint=f"Look at it (amlpriv connect show {wanted.name}); somebody may have changed it at the same time.",
        )
    return now
