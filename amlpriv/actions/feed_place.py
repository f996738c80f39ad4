"""Which feed somebody means: an address, a connection of the workspace, or the local workspace's own feed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from amlpriv.actions.connect_values import URL
from amlpriv.actions.opening import LOCAL, open_workspace
from amlpriv.connections.addresses import Address, Credentials, read_address
from amlpriv.connections.azure_hosts import azure_place
from amlpriv.connections.feeds import FeedUrl, parse_feed_url
from amlpriv.connections.kinds import Category, StoredConnection
from amlpriv.credentials.finding import find_credential
from amlpriv.credentials.found import Found, Sources
from amlpriv.errors import LocalWorkspaceError, UsageError
from amlpriv.local.environment import BUNDLE_VARIABLES
from amlpriv.local.feed.tokens import load_tokens
from amlpriv.local.home import Home
from amlpriv.local.lifecycle import start as start_local
from amlpriv.local.lifecycle import status
from amlpriv.local.state import State
from amlpriv.secret import Secret
from amlpriv.workspace.connections import Connections

__all__ = ["FeedPlace", "check_upload_url", "feed_credential", "feed_place"]

LOCAL_FEED = "private"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class FeedPlace:
    """A feed that somebody named."""

    feed: FeedUrl
    name: str
    """What to call the index in an environment file: the connection's name, else the feed's own."""
    environ: Mapping[str, str] = field(repr=False)
    """For tools that talk to it: with the local workspace's certificates where it is its feed."""
    connection: str | None = None
    """The workspace's connection that named it."""
    local: State | None = field(default=None, repr=False)
    """The local workspace whose feed it is."""


def feed_place(
    word: str,
    *,
    environ: Mapping[str, str],
    folder: Path,
    workspace: object = None,
    start: bool = True,
    say: Callable[[str], None] = lambda _: None,
) -> FeedPlace:
    """The feed that ``word`` names: ``local`` (the local workspace's feed ``private``), an address of a feed in any of
    its forms, or a connection of the workspace that was made for a feed, or whose target is one.

    Raises UsageError for what is none of them, NotFoundError for an unknown connection, and what opening a workspace
    raises.
    """
    if word == LOCAL:
        return _local_place(environ, start=start, say=say)
    if _NAME.fullmatch(word):
        opened = open_workspace(workspace, environ=environ, folder=folder, start=start, say=say)
        return _of_connection(Connections(opened).get(word), environ)
    feed = _usable(parse_feed_url(word), "The address")
    return _placed(feed, environ, _index_name(feed), None)


def feed_credential(place: FeedPlace, wish: str | None, sources: Sources) -> Found:
    """The user's credential for a feed; of the local workspace's own feed, its token. Raises as `find_credential`."""
    state = place.local
    if state is None or wish is not None:
        return find_credential(place.feed, wish, sources)
    tokens = load_tokens(state.root)
    if tokens is None:
        raise LocalWorkspaceError(
            "The local workspace was started by an older version, which has no feed.",
            hint="Start it again: amlpriv local stop, then amlpriv local start.",
        )
    return Found(Credentials(Secret("local"), tokens.write), "the local workspace")


def check_upload_url(place: FeedPlace, upload_url: str | None, found: Found) -> None:
    """Raises UsageError when a credential that was found for the feed would go to another server, or to another
    organisation of Azure DevOps. Who names a credential (``--token-from``) says by that that it is for both."""
    if upload_url is None or found.credentials is None:
        return
    ours, other = place.feed.written, read_address(upload_url)
    one, two = azure_place(ours), azure_place(other)
    if one is not None and two is not None and one.organisation is not None and ours.scheme == other.scheme:
        same = one.organisation.lower() == (two.organisation or "").lower()
    else:
        same = ours.origin == other.origin
    if not same:
        raise UsageError(
            f"The credential of {found.origin} is for {ours.origin}, and --upload-url leads to {other.origin}:"
            " it is not sent there.",
            hint="If one credential is for both, name it: --token-from.",
        )


def _local_place(environ: Mapping[str, str], *, start: bool, say: Callable[[str], None]) -> FeedPlace:
    home = Home.find(environ)
    state = start_local(home, environ=environ, say=say) if start else status(home)
    if state is None:
        raise LocalWorkspaceError(
            "The local workspace is not running.", hint="Run 'amlpriv local start', or leave out --no-start."
        )
    return _in_local(parse_feed_url(state.feed_url(LOCAL_FEED)), state, environ, LOCAL_FEED, None)


def _of_connection(connection: StoredConnection, environ: Mapping[str, str]) -> FeedPlace:
    if not connection.is_for(Category.FEED):
        raise UsageError(
            f"The connection {connection.name!r} is a {connection.category}, and no package feed.",
            hint="'amlpriv connect list' shows those for feeds. Or give the feed's address.",
        )
    feed = parse_feed_url((connection.metadata or {}).get(URL) or connection.target)
    if feed.simple is None:
        raise UsageError(
            f"The target of the connection {connection.name!r} is {connection.target}: the whole organisation or host,"
            " and no single feed.",
            hint="Give the feed's address; the connection's target says nothing about which feed is meant.",
        )
    return _placed(
        _usable(feed, f"The target of the connection {connection.name!r}"), environ, connection.name, connection.name
    )


def _placed(feed: FeedUrl, environ: Mapping[str, str], name: str, connection: str | None) -> FeedPlace:
    """With the local workspace, when the address leads to it."""
    state = status(Home.find(environ)) if feed.written.host in ("localhost", "127.0.0.1") else None
    if state is not None and _origin(state.feed_url(LOCAL_FEED)) == feed.written.origin:
        return _in_local(feed, state, environ, name, connection)
    return FeedPlace(feed, name, environ, connection)


def _in_local(feed: FeedUrl, state: State, environ: Mapping[str, str], name: str, connection: str | None) -> FeedPlace:
    certificates = dict.fromkeys(BUNDLE_VARIABLES, str(state.ca_bundle))
    return FeedPlace(feed, name, {**environ, **certificates}, connection, state)


def _origin(url: str) -> str:
    address: Address = read_address(url)
    return address.origin


def _usable(feed: FeedUrl, what: str) -> FeedUrl:
    wrong = feed.errors
    if any(item.code == "credentials-in-url" for item in wrong):
        raise UsageError(
            f"{what} has a credential in it, which now stands in your shell's history.",
            hint=f"Revoke it, and give a new one by --token-from; the address is {feed}",
        )
    if wrong:
        others = "".join(f"\nAnd: {item}" for item in wrong[1:])
        raise UsageError(f"{what} cannot be used: {wrong[0].message}{others}", hint=wrong[0].fix or None)
    return feed


def _index_name(feed: FeedUrl) -> str:
    """A name for the index in an environment file: letters, digits, ``-``, ``_`` and ``.``."""
    own = feed.feed or feed.project or feed.organisation
    if own is None and "." in feed.host and not feed.host[-1].isdigit():
        own = feed.host.partition(".")[0]
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", own or "").strip("._-")
    return name if name[:1].isalpha() else f"index-{name}" if name else "private"
