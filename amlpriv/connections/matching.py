"""The match simulator: which connection the image build uses for an index or a repository, or why none.

What is known: the build puts the credential of a connection into the addresses of a conda specification, "using the
closest match" (azure-sdk-for-python#22441); the target is a "matching base URL" (v1 page). The rest is not documented:
each verdict says how sure it is, and which question of ``amlpriv verify --live`` (V18 to V20) settles it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from amlpriv.connections.addresses import Address, read_address
from amlpriv.connections.azure_hosts import azure_place
from amlpriv.connections.closeness import Closeness, relate
from amlpriv.connections.feeds import parse_feed_url
from amlpriv.connections.git_hosts import Transport
from amlpriv.connections.git_reading import parse_git_url
from amlpriv.connections.kinds import Auth, Category, StoredConnection
from amlpriv.connections.reasons import (
    about_match,
    about_miss,
    ambiguous,
    no_connection,
    unused,
    wrong_category,
)
from amlpriv.connections.uses import USES, Use
from amlpriv.connections.verdicts import Confidence, Verdict, VerdictCode

__all__ = ["Simulation", "match_git", "match_index", "simulate"]


@dataclass(frozen=True, slots=True)
class Simulation:
    """Verdicts in the order of the lines they were asked for."""

    indexes: tuple[Verdict, ...]
    repositories: tuple[Verdict, ...]
    unused: tuple[Verdict, ...]
    """One for each connection for feeds or repositories that no line leads to."""


def simulate(
    connections: Sequence[StoredConnection],
    *,
    indexes: Sequence[str] = (),
    repositories: Sequence[str] = (),
    use: Use = Use.JOB,
) -> Simulation:
    """What the build of a specification with these index addresses and git lines does with the connections."""
    found = tuple(match_index(text, connections, use=use) for text in indexes)
    cloned = tuple(match_git(text, connections, use=use) for text in repositories)
    named = {name for verdict in (*found, *cloned) for name in (verdict.connection, *verdict.others)}
    idle = tuple(
        unused(connection, category)
        for category in Category
        for connection in connections
        if connection.is_for(category) and connection.name not in named
    )
    return Simulation(found, cloned, idle)


def match_index(url: str, connections: Sequence[StoredConnection], *, use: Use = Use.JOB) -> Verdict:
    """The connection for an index address (of ``--index-url`` or ``--extra-index-url``), or why none.

    ``url`` is the address as it stands in the specification; credentials in it are not repeated in the verdict.
    """
    feed = parse_feed_url(url)
    if not feed.host:
        return _no_address(feed.complaints[-1].message, feed.complaints[-1].fix)
    verdict = _with_use(_choose(feed.written.text, feed.written, connections, Category.FEED), use)
    return _credentials(verdict) if feed.credentials is not None and use not in _REFUSED else verdict


def match_git(line: str, connections: Sequence[StoredConnection], *, use: Use = Use.JOB) -> Verdict:
    """The connection for a git line (pip's form, or a repository's address), or why none."""
    git = parse_git_url(line)
    if git.transport is None:
        return _no_address(git.complaints[-1].message, git.complaints[-1].fix)
    # By ssh none is used; the one that would be used by https is named all the same.
    address = read_address(git.https) if git.transport is Transport.SSH and git.https else git.written
    verdict = _with_use(_choose(git.written.text, _bare(address), connections, Category.GIT), use)
    if use in _REFUSED:
        return verdict
    if git.credentials is not None:
        return _credentials(verdict)
    if git.transport is Transport.SSH:
        return _by_ssh(verdict, git.https)
    return _with_user(verdict, git.user) if git.user and verdict.used else verdict


_FOUND = (VerdictCode.MATCH, VerdictCode.CLOSEST, VerdictCode.AMBIGUOUS, VerdictCode.ANONYMOUS, VerdictCode.AUTH)
_REFUSED = frozenset(use for use, fact in USES.items() if fact.refusal is not None)


def _bare(address: Address) -> Address:
    """A repository's address without ``.git``: targets have none (how-to-connection.md), clone addresses do."""
    if not address.parts:
        return address
    *names, last = address.parts
    return replace(address, parts=(*names, last.removesuffix(".git")))


def _choose(subject: str, address: Address, connections: Sequence[StoredConnection], category: Category) -> Verdict:
    near = [(item, relate(_target(item, category), address)) for item in connections if item.is_for(category)]
    matching = [pair for pair in near if pair[1].relation.matches]
    if not matching:
        return _missed(subject, address, connections, near, category)
    depth = max(closeness.depth for _, closeness in matching)
    best = [pair for pair in matching if pair[1].depth == depth]
    names = tuple(item.name for item, _ in matching)
    if len(best) > 1:
        return ambiguous(subject, [item for item, _ in best], names)
    connection, closeness = best[0]
    place = azure_place(address) if category is Category.FEED else None
    verdict = about_match(subject, connection, closeness, category, place, several=len(matching) > 1)
    verdict = replace(verdict, others=tuple(name for name in names if name != connection.name))
    return _with_auth(verdict, connection)


def _missed(
    subject: str,
    address: Address,
    connections: Sequence[StoredConnection],
    near: Sequence[tuple[StoredConnection, Closeness]],
    category: Category,
) -> Verdict:
    strangers = [
        item
        for item in connections
        if not item.is_for(category) and relate(_target(item, category), address).relation.matches
    ]
    nearest = min(near, key=lambda pair: pair[1].relation.rank, default=None)
    if strangers and (nearest is None or nearest[1].relation.far):
        return wrong_category(subject, strangers[0], category)
    if nearest is None:
        return no_connection(subject, address, category)
    return about_miss(subject, address, nearest[0], nearest[1].relation, category)


def _target(connection: StoredConnection, category: Category) -> Address:
    address = read_address(connection.target)
    return _bare(address) if category is Category.GIT else address


def _with_auth(verdict: Verdict, connection: StoredConnection) -> Verdict:
    auth = connection.auth.lower()
    if auth in (Auth.PAT.value.lower(), Auth.BASIC.value.lower()):
        return verdict
    if auth == Auth.NONE.value.lower():
        words = f"{connection.name!r} matches and has no credential: it is as if there were none."
        fix = "Right for a public feed; otherwise 'amlpriv connect rotate' with a token."
        return replace(verdict, code=VerdictCode.ANONYMOUS, words=words, fix=fix)
    words = (
        f"{connection.name!r} matches and signs in by {connection.auth}, which no package index or git server takes."
    )
    fix = "Create it again with 'pat' or 'basic'."
    source = "azure-ai-ml 1.35, table of credentials per category (its check never refuses)"
    return replace(verdict, code=VerdictCode.AUTH, words=words, fix=fix, confidence=Confidence.REPORTED, source=source)


def _with_use(verdict: Verdict, use: Use) -> Verdict:
    """Where connections have no say, that is the verdict; elsewhere the less sure of the two counts."""
    fact = USES[use]
    if fact.refusal is not None:
        return Verdict(
            fact.refusal, verdict.subject, _found(verdict), fact.words, fact.fix, fact.confidence, fact.source
        )
    if fact.confidence.rank > verdict.confidence.rank:
        return replace(verdict, confidence=fact.confidence, source=f"{verdict.source}; {fact.source}")
    return verdict


def _credentials(verdict: Verdict) -> Verdict:
    return Verdict(
        VerdictCode.CREDENTIALS,
        verdict.subject,
        _found(verdict),
        "The address has a credential in it, which is what pip uses; it stays readable in the environment.",
        "Leave it out, revoke it, and use a connection.",
        Confidence.REPORTED,
        "learn.microsoft.com, Troubleshoot environment issues (how-to-troubleshoot-environments): credentials in "
        "definitions are no longer supported; pip lines are not looked at (azure-ai-ml 1.35)",
    )


def _by_ssh(verdict: Verdict, https: str | None) -> Verdict:
    return Verdict(
        VerdictCode.SSH,
        verdict.subject,
        _found(verdict),
        "A connection's credential is for https; by ssh the image build has no key.",
        f"Write git+{https} in its place." if https else "Write the repository's https address.",
        Confidence.REPORTED,
        "MLOpsPython#290; azure-sdk-for-python#22441: addresses are rewritten",
    )


def _with_user(verdict: Verdict, user: str) -> Verdict:
    name = verdict.connection
    return replace(
        verdict,
        code=VerdictCode.USER,
        words=f"The address names the user {user!r}; whether the credential of {name!r} takes its place is not known.",
        fix="Leave out what stands before the '@'.",
        confidence=Confidence.ASSUMED,
        source="azure-sdk-for-python#22441 says that addresses are rewritten, and not how",
    )


def _found(verdict: Verdict) -> str | None:
    """The connection that matches, if one does."""
    return verdict.connection if verdict.code in _FOUND else None


def _no_address(message: str, fix: str) -> Verdict:
    return Verdict(VerdictCode.ADDRESS, "(no address)", None, message, fix, Confidence.DOCUMENTED, "RFC 3986")
