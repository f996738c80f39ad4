"""connect feed and connect git: all checks, and the writing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from amlpriv.actions.connect_places import Place, refuse
from amlpriv.actions.connect_signing import (
    check_connection,
    check_wish,
    choose_auth,
    expiry,
    keep_user,
    take_credential,
)
from amlpriv.actions.connect_values import EXPIRES, URL, Request, Written, kept_properties
from amlpriv.actions.connect_warnings import about_place, distinct, verdict_of
from amlpriv.connections.kinds import Auth, NewConnection, StoredConnection, name_complaint, target_complaints
from amlpriv.credentials.found import Sources
from amlpriv.errors import ConflictError
from amlpriv.findings import Severity
from amlpriv.secret import Secret
from amlpriv.workspace.connections import Connections

__all__ = ["check_request", "write_connection"]


def check_request(place: Place, request: Request) -> tuple[Auth, Secret | None]:
    """How the connection will sign in, and with which user. UsageError for what is wrong without asking anybody."""
    check_wish(request)
    auth, user = choose_auth(place, request)
    named = name_complaint(request.name)
    found = [*([named] if named else []), *target_complaints(place.category, place.target)]
    wrong = [item for item in found if item.severity is Severity.ERROR]
    refuse(wrong, f"The connection {request.name!r} cannot be made")
    return auth, user


def write_connection(
    place: Place,
    request: Request,
    connections: Connections,
    *,
    workspace: str,
    now: datetime,
    sources: Sources,
    say: Callable[[str], None] = lambda _: None,
) -> Written:
    """Make the connection, or say what would be made. The credential is asked for when all else is right. Raises
    UsageError, ConflictError, and what the workspace's answers mean."""
    auth, user = check_request(place, request)
    existing = connections.all()
    before = next((item for item in existing if item.name.lower() == request.name.lower()), None)
    others = tuple(item for item in existing if item is not before)
    name = before.name if before else request.name
    stored = StoredConnection(name, place.category.value, place.target, auth.value)
    verdict = verdict_of(place, stored, others)
    about = (workspace, request.dry_run, place.url, place.chosen)
    if before is not None and _unchanged(before, place, auth, force=request.force):
        return Written(before, "unchanged", *about, verdict=verdict)
    taken = None if auth is Auth.NONE else take_credential(request, place.url, sources)
    auth = keep_user(place, request, auth, taken)
    stored = replace(stored, auth=auth.value)
    user = user or (taken.user if taken and auth is Auth.BASIC else None)
    new = NewConnection(name, place.category, place.target, auth, user, taken.secret if taken else None)
    complaints = (*place.complaints, *check_connection(new, taken, now=now, force=request.force))
    ends = expiry(new.secret, request.expires, now=now)
    remembered = {EXPIRES: None, URL: place.url if place.exact else None, **ends}
    properties = kept_properties(connections.raw(name) if before else {}, remembered)
    if request.dry_run:
        stored = replace(stored, metadata=properties["metadata"])
    else:
        say(f"writing connection {name} to {workspace}")
        stored = connections.put(new, properties=properties)
    complaints = distinct((*complaints, *about_place(place, stored, verdict, others, sources.environ)))
    public = user.reveal() if user and request.user is None and not (taken and taken.user) else None
    action, origin = "replaced" if before else "created", taken.origin if taken else None
    return Written(stored, action, *about, public, origin, complaints, verdict)


def _unchanged(before: StoredConnection, place: Place, auth: Auth, *, force: bool) -> bool:
    """Whether it is there as wanted, which can be told of one without a secret only. ConflictError for another one."""
    same_place = before.is_for(place.category) and before.target.rstrip("/") == place.target.rstrip("/")
    if not same_place:
        raise ConflictError(
            f"The connection {before.name!r} is there already, a {before.category} for {before.target}; "
            f"this one would be a {place.category.value} for {place.target}.",
            hint=f"Take another name, or remove it first: amlpriv connect remove {before.name}",
        )
    same_auth = before.auth.lower() == auth.value.lower()
    if same_auth and auth is Auth.NONE:
        return True
    if force:
        return False
    if same_auth:
        hint = f"For a new token: amlpriv connect rotate {before.name}. To make all of it anew: --force."
        raise ConflictError(f"The connection {before.name!r} for {before.target} is there already.", hint=hint)
    raise ConflictError(
        f"The connection {before.name!r} for {before.target} is there already, and signs in by {before.auth}, not by "
        f"{auth.value}.",
        hint="Make it anew with --force, or take another name.",
    )
