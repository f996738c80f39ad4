"""What is worth knowing about a new connection: whether it serves its own address, alone, and should have a token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from amlpriv.actions.connect_places import Place
from amlpriv.connections.addresses import read_address
from amlpriv.connections.complaints import Complaint, warning
from amlpriv.connections.feeds import FeedKind
from amlpriv.connections.kinds import Auth, StoredConnection
from amlpriv.connections.verdicts import Verdict, VerdictCode
from amlpriv.default_index import built_in_index
from amlpriv.errors import AmlprivError

__all__ = ["MATCHES", "about_place", "distinct", "verdict_of"]

MATCHES = (
    VerdictCode.MATCH,
    VerdictCode.CLOSEST,
    VerdictCode.AMBIGUOUS,
    VerdictCode.ANONYMOUS,
    VerdictCode.AUTH,
)
"""A target that matches the address, whatever comes of it."""


def verdict_of(place: Place, new: StoredConnection, others: Sequence[StoredConnection]) -> Verdict:
    """What the build does about the address once the new connection is there; a miss is told of this one alone."""
    verdict = place.match((*others, new))
    return verdict if verdict.code in MATCHES else place.match((new,))


def distinct(complaints: Iterable[Complaint]) -> tuple[Complaint, ...]:
    """Each once: what is wrong with an address is often wrong with the target, too."""
    return tuple({(item.code, item.message): item for item in reversed(tuple(complaints))}.values())[::-1]


def about_place(
    place: Place,
    new: StoredConnection,
    verdict: Verdict,
    others: Sequence[StoredConnection],
    environ: Mapping[str, str],
) -> tuple[Complaint, ...]:
    """Whether the connection serves its own address, whether others come between, and whether that is a public one."""
    public = _about_public(place, new, environ)
    if place.match((new,)).code in MATCHES:
        return (*public, *_about_verdict(place, new.name, verdict, others))
    message = f"the target {new.target} does not match {place.url}: the connection is never used for that address."
    fix = "Correct --target, or leave it out."
    return (*public, warning("target-elsewhere", message, fix if not place.chosen else ""))


def _about_public(place: Place, new: StoredConnection, environ: Mapping[str, str]) -> tuple[Complaint, ...]:
    """The tools' own default index is for everybody: a token beside its address only becomes known to more people."""
    if place.kind is not FeedKind.SIMPLE or new.auth.lower() == Auth.NONE.value.lower():
        return ()
    try:
        public = read_address(built_in_index(environ).url).host
    except AmlprivError:
        return ()  # no uv here to ask, and it is only advice
    if public not in (read_address(place.url).host, read_address(new.target).host):
        return ()
    message = f"{public} is the public index, which pip asks by default; it takes no token from a build."
    return (warning("public-index", message, "For a private feed, give its own address; otherwise remove this."),)


def _about_verdict(
    place: Place, name: str, verdict: Verdict, others: Sequence[StoredConnection]
) -> tuple[Complaint, ...]:
    """Whether other connections come between the new one and its own address."""
    if verdict.code is VerdictCode.AMBIGUOUS:
        equal = [repr(item.name) for item in others if item.name in (verdict.connection, *verdict.others)]
        message = (
            f"{', '.join(equal)} match{'es' if len(equal) == 1 else ''} {place.url} equally well: which of them is"
        )
        message += " used is not certain."
        exact = place.url.rstrip("/")
        fix = "Keep one of them" + (
            f", or send the whole address as the target: --target {exact}" if place.chosen else ""
        )
        return (warning("ambiguous", message, f"{fix}."),)
    if verdict.used and verdict.connection != name:
        message = f"for {place.url} the credential of {verdict.connection!r} is used, whose target is longer."
        return (
            warning(
                "other-connection", message, f"Remove it, or replace its token: connect rotate {verdict.connection}."
            ),
        )
    return ()
