"""feed push: wheels and source archives to a package feed, each once."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from amlpriv.actions.credential_sources import credential_sources
from amlpriv.actions.feed_place import FeedPlace, check_upload_url, feed_credential, feed_place
from amlpriv.actions.publish import Quiet
from amlpriv.actions.uploading import Progress
from amlpriv.connections.addresses import Credentials
from amlpriv.connections.feeds import FeedUrl
from amlpriv.connections.tokens import token_complaints
from amlpriv.credentials.found import Found
from amlpriv.errors import UsageError
from amlpriv.findings import Severity
from amlpriv.indexes.distributions import find_distributions
from amlpriv.indexes.upload_problems import check_destination
from amlpriv.indexes.upload_publicity import check_publicity
from amlpriv.indexes.upload_tools import Tool
from amlpriv.indexes.uploading import Uploaded, upload
from amlpriv.secret import Secret

__all__ = ["Pushed", "feed_push"]


@dataclass(frozen=True, slots=True, repr=False)
class Pushed:
    """What a push did (or, after a dry run, would do). Holds no credential."""

    feed: FeedUrl
    index: str
    """The feed's name in the environment file."""
    connection: str | None
    items: tuple[Uploaded, ...]
    origin: str
    """Where the credential was found; empty without one."""
    dry_run: bool = False

    def __repr__(self) -> str:
        return f"Pushed({str(self.feed)!r}, {list(self.requirements)!r}, dry_run={self.dry_run})"

    @property
    def requirements(self) -> tuple[str, ...]:
        """``name==version`` of each package, for an environment."""
        return tuple(dict.fromkeys(item.distribution.requirement for item in self.items))

    @property
    def lines(self) -> str:
        """The keys of an environment file (YAML) with which these packages come from this feed."""
        names = dict.fromkeys(item.distribution.name for item in self.items)
        sources = [f"  {name}: {{index: {self.index}}}" for name in names]
        connection = f", connection: {self.connection}" if self.connection else ""
        return "\n".join(
            ["sources:", *sources, "indexes:", f'  {self.index}: {{url: "{self.feed.simple}"{connection}}}', ""]
        )

    def as_json(self) -> dict[str, object]:
        """The object that ``--json`` prints."""
        return {
            "feed": self.feed.simple,
            "index": self.index,
            "connection": self.connection,
            "credential": self.origin or None,
            "dry_run": self.dry_run,
            "files": [_file_as_json(item) for item in self.items],
            "requirements": list(self.requirements),
            "lines": self.lines,
        }


def _file_as_json(item: Uploaded) -> dict[str, object]:
    one = item.distribution
    return {
        "filename": one.filename,
        "name": one.name,
        "version": str(one.version),
        "sha256": one.sha256,
        "size": one.size,
        "outcome": item.outcome.value,
        "note": item.note or None,
    }


def feed_push(
    dist: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    to: str,
    token_from: str | None = None,
    token: Secret | str | None = None,
    user: str | None = None,
    tool: str | None = None,
    upload_url: str | None = None,
    public: bool = False,
    dry_run: bool = False,
    workspace: object = None,
    start: bool = True,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Pushed:
    """Send wheels and source archives to a feed; what it has already with the same bytes counts as done.

    ``dist`` names files, folders or patterns. ``to`` is a feed's address, a connection of the workspace whose target is
    a whole feed, or ``"local"``. The credential is the user's own, never the connection's: ``token``, else from where
    ``token_from`` says, else found. ``tool`` is ``"uv"`` or ``"twine"``; ``upload_url`` is for an index of which it
    cannot be derived; a credential that was found for the feed does not go to another server. Only with ``public``
    anything goes to the public index. Raises WheelError, InputError, UsageError and what
    `amlpriv.indexes.uploading.upload` raises.
    """
    surroundings, watcher = os.environ if environ is None else environ, progress or Quiet()
    chosen = _tool(tool)
    distributions = find_distributions([dist] if isinstance(dist, str | os.PathLike) else dist)
    place = feed_place(to, environ=surroundings, folder=Path.cwd(), workspace=workspace, start=start, say=watcher.say)
    check_publicity(place.feed, upload_url, distributions, environ=surroundings, public=public)
    check_destination(place.feed, upload_url)
    found = _given(token, token_from, user) or _found(place, token_from, user, surroundings)
    if token is None and token_from is None:
        check_upload_url(place, upload_url, found)
    _say_where(place, upload_url, found, watcher)
    send = partial(upload, environ=place.environ, tool=chosen, upload_url=upload_url, public=public, dry_run=dry_run)
    items = send(distributions, place.feed, found.credentials, done=partial(_say_done, watcher))
    return Pushed(place.feed, place.name, place.connection, items, found.origin, dry_run)


def _tool(name: str | None) -> Tool | None:
    if name is None:
        return None
    try:
        return Tool(name)
    except ValueError:
        raise UsageError(f"{name!r} is no tool to push with.", hint="Use 'uv' or 'twine'.") from None


def _given(token: Secret | str | None, token_from: str | None, user: str | None) -> Found | None:
    if token is None:
        return None
    if token_from is not None:
        raise UsageError("token and token_from exclude each other.")
    secret = token if isinstance(token, Secret) else Secret(token)
    return Found(Credentials(Secret(user) if user else None, secret), "the call")


def _found(place: FeedPlace, token_from: str | None, user: str | None, environ: Mapping[str, str]) -> Found:
    sources = credential_sources(environ, name=place.name, user=user, stdin=sys.stdin)
    found = feed_credential(place, token_from, sources)
    token = found.credentials.token if found.credentials else None
    if token is not None:
        complaints = token_complaints(token, now=datetime.now(timezone.utc))
        wrong = next((item for item in complaints if item.severity is Severity.ERROR), None)
        if wrong is not None:
            raise UsageError(f"Of {found.origin}: {wrong.message}", hint=wrong.fix)
    return found


def _say_where(place: FeedPlace, upload_url: str | None, found: Found, watcher: Progress) -> None:
    for complaint in place.feed.complaints:
        if complaint.severity is Severity.WARNING:
            watcher.say(f"note: {complaint}")
    if place.feed.upload_assumed and upload_url is None:
        watcher.say(f"note: the address for uploads is assumed: {place.feed.upload} (--upload-url names another).")
    if found.origin:
        watcher.say(f"pushing to {place.feed} with the credential of {found.origin}")
    else:
        asked = ", ".join(attempt.origin for attempt in found.attempts)
        watcher.say(f"pushing to {place.feed} without a credential: there is none in {asked or 'the usual places'}")


def _say_done(watcher: Progress, item: Uploaded) -> None:
    watcher.say(f"{item.distribution.filename}: {item.outcome.value}")
