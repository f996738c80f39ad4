"""Addresses of index servers that anybody can run: known by their paths, wherever they are.

Sources: JFrog Artifactory "PyPI repositories", GitLab "PyPI API", Forgejo "PyPI package registry", devpi "Quickstart:
uploading, testing, pushing", Sonatype Nexus "PyPI repositories", PEP 503.
"""

from __future__ import annotations

from collections.abc import Sequence

from amlpriv.connections.addresses import Address
from amlpriv.connections.complaints import Complaint, note, warning
from amlpriv.connections.feed_kinds import FeedKind, Layout

__all__ = ["read_served", "read_simple"]


def read_served(address: Address) -> Layout | None:
    """What an address says about an index of one of these servers; None when it is another kind of address."""
    for read in (_gitlab, _gitea, _jfrog, _devpi, _nexus):
        layout = read(address)
        if layout is not None:
            return layout
    return None


def _gitlab(address: Address) -> Layout | None:
    """``api/v4/projects/{id}/packages/pypi`` and, to read only, ``api/v4/groups/{id}/-/packages/pypi``."""
    at = _find(address.parts, "api", "v4")
    if at is None:
        return None
    match address.parts[at + 2 :]:
        case ["projects", owner, "packages", "pypi", *tail]:
            root, scope = address.parts[: at + 6], "projects"
        case ["groups", owner, "-", "packages", "pypi", *tail]:
            root, scope = address.parts[: at + 7], "groups"
        case _:
            return None
    forwards = note(
        "forwards-to-public",
        "GitLab forwards requests for packages that it does not have to the public index unless that is switched off.",
        "Switch off 'Forward PyPI package requests' of the group, so that nobody can put a package in place of yours.",
    )
    group = scope == "groups"
    return Layout(
        FeedKind.GITLAB,
        address.at(*root, "simple", slash=True),
        None if group else address.at(*root),
        address.at(*root),
        organisation=owner if group else None,
        project=None if group else owner,
        complaints=(*_tail(tail), forwards),
    )


def _gitea(address: Address) -> Layout | None:
    at = _find(address.parts, "api", "packages")
    if at is None or address.parts[at + 3 : at + 4] != ("pypi",):
        return None
    root = address.parts[: at + 4]
    return Layout(
        FeedKind.GITEA,
        address.at(*root, "simple", slash=True),
        address.at(*root),
        address.at(*root),
        organisation=root[-2],
        complaints=_tail(address.parts[at + 4 :]),
    )


def _jfrog(address: Address) -> Layout | None:
    at = _find(address.parts, "api", "pypi")
    if at is None or len(address.parts) < at + 3:
        return None
    root = address.parts[: at + 3]
    return Layout(
        FeedKind.JFROG,
        address.at(*root, "simple", slash=True),
        address.at(*root),
        address.at(*root),
        feed=root[-1],
        complaints=_tail(address.parts[at + 3 :]),
    )


def _devpi(address: Address) -> Layout | None:
    """``{user}/{index}/+simple/``; without ``+simple`` nothing tells the index apart from any other."""
    if "+simple" not in address.parts:
        return None
    at = address.parts.index("+simple")
    if at < 2:
        return None
    root = address.parts[:at]
    return Layout(
        FeedKind.DEVPI,
        address.at(*root, "+simple", slash=True),
        address.at(*root, slash=True),
        address.at(*root),
        organisation=root[-2],
        feed=root[-1],
        complaints=_page(address.parts[at + 1 :]),
    )


def _nexus(address: Address) -> Layout | None:
    at = _find(address.parts, "repository")
    if at is None or len(address.parts) < at + 2:
        return None
    root = address.parts[: at + 2]
    return Layout(
        FeedKind.NEXUS,
        address.at(*root, "simple", slash=True),
        address.at(*root, slash=True),
        address.at(*root),
        feed=root[-1],
        complaints=_tail(address.parts[at + 2 :]),
    )


def read_simple(address: Address) -> Layout:
    """Any other index: the address is the root of its simple pages.

    Where the path is ``/simple`` and nothing else, the host's root is assumed to take uploads, as pypiserver does.
    """
    parts, complaints = address.parts, tuple[Complaint, ...]()
    if "simple" in parts[:-1]:
        at = parts.index("simple")
        complaints, parts = _page(parts[at + 1 :]), parts[: at + 1]
    elif parts[-1:] != ("simple",):
        message = "the address does not end in /simple/; it is taken as it is."
        complaints = (note("not-simple", message, "Check that it lists the packages as links (PEP 503)."),)
    alone = parts == ("simple",)
    return Layout(
        FeedKind.SIMPLE,
        address.at(*parts, slash=True),
        address.at(slash=True) if alone else None,
        address.at(*(parts[:-1] if parts[-1:] == ("simple",) else parts)),
        complaints=complaints,
        upload_assumed=alone,
    )


def _find(parts: Sequence[str], *names: str) -> int | None:
    for at in range(len(parts) - len(names) + 1):
        if tuple(parts[at : at + len(names)]) == names:
            return at
    return None


def _tail(tail: Sequence[str]) -> tuple[Complaint, ...]:
    match list(tail):
        case ["simple"]:
            return ()
        case ["simple", *rest]:
            return _page(rest)
        case _:
            return (note("not-simple", "the address does not end in /simple/.", "Add it for pip."),)


def _page(rest: Sequence[str]) -> tuple[Complaint, ...]:
    if not rest:
        return ()
    return (warning("package-page", "this is the page of one package.", "Leave out what follows /simple/."),)
