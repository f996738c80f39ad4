"""Asking the one index of a specification for the names in it: without an upstream source it lacks the public ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from amlpriv.actions.credential_sources import credential_sources
from amlpriv.actions.feed_place import FeedPlace, feed_credential, feed_place
from amlpriv.actions.preparing import Prepared
from amlpriv.connections.addresses import Credentials
from amlpriv.connections.feed_kinds import FeedKind
from amlpriv.connections.feeds import FeedUrl
from amlpriv.errors import AmlprivError, AuthenticationError, NotFoundError, PermissionDeniedError
from amlpriv.indexes.client import IndexClient, Login
from amlpriv.preflight.lines import index_lines, index_verdicts
from amlpriv.preflight.subject import Subject
from amlpriv.secret import redact
from amlpriv.specs.pip import PipRequirement
from amlpriv.workspace.connections import Connections
from amlpriv.workspace.ports import Workspace

__all__ = ["IndexAnswer", "ask_index"]

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class IndexAnswer:
    """What the one index of a specification said."""

    absent: tuple[str, ...] | None = None
    """The names that it does not have; None where it was not asked, or did not answer."""
    refused: str | None = None
    """Its words, where it refused the connection's own credential: the image build will hear the same."""
    note: str | None = None
    """What else kept us from asking."""


def ask_index(prepared: Prepared, *, environ: Mapping[str, str], workspace: Workspace | None) -> IndexAnswer:
    """Ask the one index of a specification for the names in the pip section; an empty answer where there is none.

    Asked is with the connection that the image build would use, where it may be read, else with the user's own
    credential.
    """
    subject = prepared.subject
    lines = [(line, feed) for line, feed in index_lines(subject) if line.name == "--index-url"]
    extra = any(line.name == "--extra-index-url" for line, _ in index_lines(subject))
    if not lines or extra or lines[-1][1].simple is None or lines[-1][1].kind is FeedKind.NONE:
        return IndexAnswer()
    feed, own = lines[-1][1], False
    try:
        place = feed_place(str(feed), environ=environ, folder=Path.cwd())
        credentials, own = _credentials(place, subject, workspace, environ)
        login = Login(str(feed), credentials)
        return IndexAnswer(_absent(login, sorted(set(_asked(prepared))), place.environ))
    except (AuthenticationError, PermissionDeniedError) as error:
        words = redact(error.message)
        return IndexAnswer(refused=words) if own else IndexAnswer(note=_not_asked(feed, words))
    except AmlprivError as error:
        return IndexAnswer(note=_not_asked(feed, redact(error.message)))


def _not_asked(feed: FeedUrl, words: str) -> str:
    return f"{feed} could not be asked for the packages: {words}"


def _credentials(
    place: FeedPlace, subject: Subject, workspace: Workspace | None, environ: Mapping[str, str]
) -> tuple[Credentials | None, bool]:
    """And whether it is the connection's own."""
    for _, feed, verdict in index_verdicts(subject):
        if workspace is not None and verdict.used and verdict.connection and str(feed) == str(place.feed):
            with suppress(AmlprivError):  # who may not read secrets asks with a credential of their own
                return Connections(workspace).credentials(verdict.connection), True
    return feed_credential(place, None, credential_sources(environ, name=place.name)).credentials, False


def _asked(prepared: Prepared) -> Iterator[str]:
    """What pip will look up by name first: the pip section, and what the shipped wheels require."""
    subject = prepared.subject
    for line in subject.pip:
        named = isinstance(line, PipRequirement) and line.name not in prepared.wheels and not line.requirement.url
        if named and isinstance(line, PipRequirement) and subject.applies(line.requirement.marker):
            yield line.name
    for packaged in subject.wheels:
        extras = frozenset(extra for wanted in packaged.required_as for extra in wanted.extras)
        for item in packaged.wheel.requires_dist:
            if not item.url and item.name not in prepared.wheels and subject.applies(item.marker, extras):
                yield item.name


def _absent(login: Login, names: list[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Those that the index answers 404 for; any other refusal is raised."""
    if not names:
        return ()
    with IndexClient(environ) as client, ThreadPoolExecutor(_AT_ONCE) as pool:

        def is_absent(name: str) -> bool:
            try:
                return not client.project(login, name).files
            except NotFoundError:
                return True

        gone = tuple(name for name, lacks in zip(names, pool.map(is_absent, names), strict=True) if lacks)
        if len(gone) == len(names):  # of everything: is there such an index at all?
            client.names(login)
        return gone
