"""connect: a workspace's connections for package feeds and git repositories.

``amlpriv.connect("feed", name, url=...)`` or ``amlpriv.connect.feed(name, url)``; the other verbs are methods as well.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, TypedDict

from amlpriv.actions.connect_listing import Found, Listing, find_connection, list_connections
from amlpriv.actions.connect_places import connect_place
from amlpriv.actions.connect_rotating import rotate_connection
from amlpriv.actions.connect_testing import Tried, try_connection
from amlpriv.actions.connect_values import Request, Written
from amlpriv.actions.connecting import check_request, write_connection
from amlpriv.actions.credential_sources import credential_sources
from amlpriv.actions.opening import open_workspace
from amlpriv.credentials.found import Sources
from amlpriv.secret import Secret
from amlpriv.workspace.connections import Connections

if TYPE_CHECKING:
    from typing_extensions import Unpack  # typing's own from Python 3.11 on

__all__ = ["Connect", "Options", "Rotation", "Where", "connect"]

Auth: TypeAlias = Literal["pat", "basic", "none"]


class Where(TypedDict, total=False):
    """What every verb takes beside ``workspace``, mostly for tests and tools."""

    start: bool
    """Whether a local workspace that is not running is started; True by default."""
    environ: Mapping[str, str]
    """In place of ``os.environ``."""
    folder: Path
    """In place of the current folder, from which a config.json is looked for."""
    say: Callable[[str], None]
    """Gets progress."""
    now: datetime
    """With a time zone."""
    sources: Sources
    """Where ``token_from`` looks."""


class Rotation(Where, total=False):
    """How a connection gets a credential."""

    auth: Auth | None
    """``basic`` goes with ``user``. By default what the server is known to want."""
    user: str | None
    secret: str | Secret | Callable[[], str | Secret] | None
    """The token or password, or a function that returns it."""
    token_from: str | None
    """Where it is, without ``secret``: what ``--token-from`` takes, ``env:VARIABLE`` for instance. Without both you are
    asked."""
    expires: date | str | None
    """The token's last day, kept with the connection so that ``list`` can warn."""
    force: bool
    """Replace a connection of that name for the same target; take a token of a short life."""
    dry_run: bool
    """Write nothing."""
    workspace: object


class Options(Rotation, total=False):
    """How a connection is made."""

    target: str | None
    """What the service compares index lines with, in place of our choice."""


class _Opened(NamedTuple):
    connections: Connections
    words: str
    now: datetime
    environ: Mapping[str, str]
    sources: Sources
    say: Callable[[str], None]


@dataclass(frozen=True)
class Connect:
    """The verbs of ``amlpriv connect``. Each takes ``workspace`` as ``amlpriv.publish`` does; none shows a secret.

    All raise AuthenticationError, PermissionDeniedError (which names the missing action), NotFoundError, NetworkError.
    """

    def __call__(self, kind: Literal["feed", "git"], name: str, *, url: str, **options: Unpack[Options]) -> Written:
        """Make the connection ``name`` for a feed or a git repository at ``url``, the address as pip takes it.

        Options: ``auth`` (``pat``, ``basic``, ``none``), ``user``, ``secret`` (str, Secret or function) or
        ``token_from`` (``env:VARIABLE``, ``prompt``, ...), ``target``, ``expires``, ``force``, ``dry_run``,
        ``workspace``; see ``Options``. Raises UsageError for what cannot work, ConflictError when the name is taken.
        """
        place = connect_place(kind, url, options.get("target"))
        request = _request(name, options)
        check_request(place, request)  # before a workspace is started or asked
        at = _open(options.get("workspace"), options)
        return write_connection(
            place,
            request,
            at.connections,
            workspace=at.words,
            now=at.now,
            sources=at.sources,
            say=at.say,
        )

    def feed(self, name: str, url: str, **options: Unpack[Options]) -> Written:
        """Make a connection for a package feed; options as in a call of ``connect`` itself."""
        return self("feed", name, url=url, **options)

    def git(self, name: str, url: str, **options: Unpack[Options]) -> Written:
        """Make a connection for a git repository, or for all of an account; options as in a call of ``connect``."""
        return self("git", name, url=url, **options)

    def list(
        self,
        *,
        workspace: object = None,
        everything: bool = False,
        file: str | os.PathLike[str] | None = None,
        **where: Unpack[Where],
    ) -> Listing:
        """The connections for feeds and repositories; with ``everything`` those for other things, too.

        With ``file`` (a specification of any kind) its ``lines`` say what the image build does about each index and
        repository. Raises InputError for a file that cannot be read.
        """
        at = _open(workspace, where)
        path = Path(file) if file is not None else None
        return list_connections(at.connections, workspace=at.words, now=at.now, everything=everything, file=path)

    def show(self, name: str, *, workspace: object = None, **where: Unpack[Where]) -> Found:
        """One connection; NotFoundError."""
        at = _open(workspace, where)
        return find_connection(at.connections, name, now=at.now)

    def test(
        self,
        name: str,
        package: str | None = None,
        *,
        url: str | None = None,
        file: str | os.PathLike[str] | None = None,
        also_public: bool = False,
        verbose: bool = False,
        workspace: object = None,
        **where: Unpack[Where],
    ) -> Tried:
        """Do with a connection what the image build does: read an index page and download a file of ``package``, or
        ask a repository for its branches and the reference ``package``; with the connection's own credential.

        ``url`` is what to try, by default what the connection was made for; with ``file`` (a specification) also
        whether its lines lead to the connection, and its Python and image choose the file. ``also_public`` asks your
        own index for the name as well (which tells it the name), ``verbose`` where your own credential would come from.
        Failures are in the result; UsageError where it is not clear what to try, NotFoundError for an unknown
        connection.
        """
        at = _open(workspace, where)
        return try_connection(
            name,
            package,
            at.connections,
            url=url,
            file=Path(file) if file is not None else None,
            also_public=also_public,
            verbose=verbose,
            workspace=at.words,
            now=at.now,
            sources=at.sources,
            say=at.say,
        )

    def rotate(self, name: str, **options: Unpack[Rotation]) -> Written:
        """Replace a connection's secret; its target, metadata and way to sign in stay. NotFoundError."""
        request = _request(name, options)
        at = _open(options.get("workspace"), options)
        return rotate_connection(
            request, at.connections, workspace=at.words, now=at.now, sources=at.sources, say=at.say
        )

    def remove(self, name: str, *, workspace: object = None, dry_run: bool = False, **where: Unpack[Where]) -> Found:
        """Delete a connection, and say what it was; NotFoundError."""
        at = _open(workspace, where)
        found = find_connection(at.connections, name, now=at.now)
        if not dry_run:
            at.connections.remove(found.name)
        return found


def _request(name: str, options: Rotation) -> Request:
    return Request(
        name,
        options.get("auth"),
        options.get("user"),
        options.get("token_from"),
        options.get("secret"),
        read_day(options.get("expires")),
        options.get("force", False),
        options.get("dry_run", False),
    )


def read_day(text: date | str | None) -> date | None:
    """A day, or ``2027-01-31``. Raises UsageError."""
    from amlpriv.errors import UsageError

    if text is None or (isinstance(text, date) and not isinstance(text, datetime)):
        return text
    if isinstance(text, datetime):
        return text.date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no day.", hint="Write it as 2027-01-31.") from error


def _open(workspace: object, where: Where) -> _Opened:
    environ = where.get("environ", os.environ)
    say = where.get("say") or (lambda _: None)
    folder = where.get("folder") or Path.cwd()
    opened = open_workspace(workspace, environ=environ, folder=folder, start=where.get("start", True), say=say)
    sources = where.get("sources") or credential_sources(environ, stdin=sys.stdin)
    now = where.get("now") or datetime.now(timezone.utc)
    return _Opened(Connections(opened), str(opened), now, environ, sources, say)


connect = Connect()
"""What ``amlpriv.connect`` is."""
