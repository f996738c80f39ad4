"""Index and repository lines of a pip section, with what the workspace's connections mean to them: for the rules."""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.connections.feeds import FeedUrl, parse_feed_url
from amlpriv.connections.git_reading import parse_git_url
from amlpriv.connections.git_urls import GitUrl
from amlpriv.connections.matching import match_git, match_index
from amlpriv.connections.verdicts import Verdict
from amlpriv.preflight.subject import Place, Subject, place_of
from amlpriv.specs.pip import PipOption, PipVcs
from amlpriv.specs.sources import Index

__all__ = ["declared_index", "git_lines", "git_verdicts", "index_lines", "index_verdicts", "is_web_page", "verdicts"]

_INDEX_OPTIONS = ("--index-url", "--extra-index-url")
_WEB = ("http://", "https://")


def index_lines(subject: Subject) -> Iterator[tuple[PipOption, FeedUrl]]:
    """The lines that name an index, with what the address says; pages of ``--find-links`` are indexes to pip, too."""
    for line in subject.pip:
        if isinstance(line, PipOption) and line.value and (line.name in _INDEX_OPTIONS or is_web_page(line)):
            yield line, parse_feed_url(line.value)


def is_web_page(line: PipOption) -> bool:
    """Whether it is a ``--find-links`` with an address, and not a folder."""
    return line.name == "--find-links" and (line.value or "").lower().startswith(_WEB)


def index_verdicts(subject: Subject) -> Iterator[tuple[PipOption, FeedUrl, Verdict]]:
    """The same with the connection that the build uses for each; nothing where the connections are not known."""
    if subject.connections is None:
        return
    for line, feed in index_lines(subject):
        yield line, feed, match_index(line.value or "", subject.connections, use=subject.use)


def git_lines(subject: Subject) -> Iterator[tuple[PipVcs, GitUrl]]:
    """The lines that name a git repository."""
    for line in subject.pip:
        if isinstance(line, PipVcs) and line.url.lower().startswith("git+"):
            yield line, parse_git_url(line.url)


def git_verdicts(subject: Subject) -> Iterator[tuple[PipVcs, GitUrl, Verdict]]:
    """The same with the connection that the build uses for each; nothing where the connections are not known."""
    if subject.connections is None:
        return
    for line, git in git_lines(subject):
        yield line, git, match_git(line.url, subject.connections, use=subject.use)


def verdicts(subject: Subject) -> Iterator[tuple[Place, Verdict]]:
    """Those of both kinds, and where the lines stand."""
    for line, _, verdict in index_verdicts(subject):
        yield place_of(line.position), verdict
    for repository, _, verdict in git_verdicts(subject):
        yield place_of(repository.position), verdict


def declared_index(subject: Subject, feed: FeedUrl) -> Index | None:
    """The entry of ``indexes`` that an index line stands for."""
    for index in subject.environment.indexes.values():
        if feed.simple is not None and parse_feed_url(index.url).simple == feed.simple:
            return index
    return None
