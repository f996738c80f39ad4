"""connect test: does what the image build will do with a connection, and says what came of each step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from amlpriv.actions.connect_lines import LineVerdict, SourceLine, SourceLines, line_verdicts, lines_of_file
from amlpriv.actions.connect_listing import Found, find_connection
from amlpriv.actions.connect_places import Place, connect_place, is_exact
from amlpriv.actions.connect_proofs import Step, prove_feed, prove_git
from amlpriv.connections.addresses import LOOPBACK, Credentials, read_address
from amlpriv.connections.kinds import Auth, Category, NewConnection, StoredConnection, connection_complaints
from amlpriv.connections.verdicts import VerdictCode
from amlpriv.credentials.finding import find_credential
from amlpriv.credentials.found import Sources
from amlpriv.errors import FindingsError, PermissionDeniedError, UsageError
from amlpriv.findings import Severity
from amlpriv.workspace.connections import Connections

__all__ = ["Tried", "try_connection"]

_FAILED = FindingsError.exit_code


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a test. Holds no secret."""

    connection: Found
    workspace: str
    url: str
    """The index or repository that was tried."""
    own: bool
    """Whether it was the connection's own credential."""
    steps: tuple[Step, ...]
    lines: tuple[LineVerdict, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all of it went well."""
        return all(step.ok for step in self.steps)

    @property
    def exit_code(self) -> int:
        """That of the first step that failed."""
        return next((step.exit_code for step in self.steps if not step.ok), 0)

    def as_json(self) -> dict[str, object]:
        """The object that ``--json`` prints."""
        return {
            "name": self.connection.name,
            "workspace": self.workspace,
            "url": self.url,
            "ok": self.ok,
            "exit_code": self.exit_code,
            "own_credential": self.own,
            "connection": self.connection.as_json(),
            "steps": [step.as_json() for step in self.steps],
            "lines": [line.as_json() for line in self.lines],
        }

    def __repr__(self) -> str:
        rows = [f"{'ok  ' if step.ok else 'FAIL'} {step.name}: {step.words} {step.fix}".rstrip() for step in self.steps]
        return "\n".join([f"{self.connection.name} for {self.url}", *rows])


def try_connection(
    name: str,
    package: str | None,
    connections: Connections,
    *,
    url: str | None,
    file: Path | None,
    also_public: bool,
    verbose: bool,
    workspace: str,
    now: datetime,
    sources: Sources,
    say: Callable[[str], None] = lambda _: None,
) -> Tried:
    """Try the connection ``name`` with its own credential on ``url``, by default what it was made for.

    The secret is read and sent only where the image build would use this connection. Raises NotFoundError for an
    unknown connection, UsageError where it is not clear what to try; what fails on the way is told by the steps.
    """
    read = lines_of_file(file) if file else SourceLines()
    found = find_connection(connections, name, now=now)
    stored = connections.all()
    place = _place(found, url, read.lines, stored)
    steps, own = [_about(found)], False
    if kept_back := _kept_back(place, found, stored):
        steps += (_match(place, found, stored), kept_back)
    else:
        credentials, step = _credential(found, connections, place, now, sources)
        steps.append(step)
        own = step.ok
        if verbose and own:
            steps.append(_yours(place, sources))
        say(f"asking {place.url}")
        of_feed = partial(prove_feed, target=read.target, also_public=also_public)
        prove = prove_git if place.category is Category.GIT else of_feed
        steps += (*prove(place.url, credentials, package, environ=sources.environ), _match(place, found, stored))
    verdicts = line_verdicts(read.lines, stored, use=read.use)
    if file:
        steps.append(_lines(found, verdicts, file))
    return Tried(found, workspace, place.url, own, tuple(steps), verdicts)


def _place(found: Found, url: str | None, lines: Sequence[SourceLine], stored: Sequence[StoredConnection]) -> Place:
    """What to try: what the user says, what the connection remembers, a line of the file that it serves, its target."""
    category = next((item for item in Category if found.connection.is_for(item)), None)
    if category is None:
        message = f"The connection {found.name!r} is a {found.category}, and none for a feed or a repository."
        raise UsageError(message, hint="Only those can be tried here.")
    kind = "feed" if category is Category.FEED else "git"
    served = [
        line.address
        for line, tried in zip(lines, line_verdicts(lines, stored), strict=True)
        if tried.verdict.connection == found.name and line.git is (category is Category.GIT)
    ]
    for address in (url, found.url, *served, found.target):
        if address and (address is url or is_exact(category, address)):
            return connect_place(kind, address, found.target)
    what = "index" if category is Category.FEED else "repository"
    raise UsageError(
        f"The connection {found.name!r} is for everything below {found.target}: say which {what} to try.",
        hint="Give its address with --url, or a specification with --for.",
    )


def _about(found: Found) -> Step:
    words = f"{found.category} for {found.target}, signs in by {found.auth}"
    return Step("connection", True, words, notes=(found.warning,) if found.warning else ())


def _credential(
    found: Found, connections: Connections, place: Place, now: datetime, sources: Sources
) -> tuple[Credentials | None, Step]:
    """The connection's own credential; where that may not be read, the user's, which proves less."""
    try:
        credentials = connections.credentials(found.name)
    except PermissionDeniedError as error:
        return _another(error, place, sources)
    if credentials is None:
        return None, Step("credential", True, "The connection has none: it is tried without.")
    notes = _complaints(found, credentials, place, now)
    return credentials, Step("credential", True, "The connection's own, as the image build takes it.", notes=notes)


def _another(error: PermissionDeniedError, place: Place, sources: Sources) -> tuple[Credentials | None, Step]:
    other = find_credential(place.url, None, sources)
    tried = other.origin or "none, since you have none for it"
    words = f"It may not be read, so another credential is tried, yours ({tried}): this proves nothing about its own."
    notes = (error.message, *map(str, other.attempts))
    step = Step("credential", False, words, error.hint or "", notes, PermissionDeniedError.exit_code)
    return other.credentials, step


def _yours(place: Place, sources: Sources) -> Step:
    """What pip on this machine, and ``feed push``, would sign in with: for ``-v``."""
    found = find_credential(place.url, None, sources)
    words = f"Not asked here; your own would be from {found.origin}." if found.origin else "You have none of your own."
    return Step("yours", True, words, notes=tuple(map(str, found.attempts)))


def _complaints(found: Found, credentials: Credentials, place: Place, now: datetime) -> tuple[str, ...]:
    auth = next((item for item in Auth if item.value.lower() == found.auth.lower()), Auth.PAT)
    user = credentials.user if auth is Auth.BASIC else None
    secret = credentials.password if auth is Auth.BASIC else credentials.user
    stored = NewConnection(found.name, place.category, found.target, auth, user, secret)
    severe = (Severity.ERROR, Severity.WARNING)
    return tuple(str(item) for item in connection_complaints(stored, now=now) if item.severity in severe)


def _kept_back(place: Place, found: Found, stored: Sequence[StoredConnection]) -> Step | None:
    """A secret goes nowhere but where the image build would send it; None where it may go."""
    address = read_address(place.url)
    if not _serves(place, found, stored):
        why = "the image build would not use this connection for the address"
    elif address.scheme == "http" and address.host not in LOOPBACK and found.auth != Auth.NONE.value:
        why = "http: would send it readable for everybody on the way, and pip ignores such an index"
    else:
        return None
    return Step("credential", False, f"Not read and not sent, and nothing was asked: {why}.", exit_code=_FAILED)


def _serves(place: Place, found: Found, stored: Sequence[StoredConnection]) -> bool:
    """Whether the image build uses this connection for the address, or one of several that are equally close."""
    verdict = place.match(stored)
    if verdict.code is VerdictCode.AMBIGUOUS and verdict.connection != found.name:
        both = [item for item in stored if item.name in (found.name, verdict.connection)]
        return place.match(both).code is VerdictCode.AMBIGUOUS
    used = verdict.used or verdict.code in (VerdictCode.AMBIGUOUS, VerdictCode.ANONYMOUS)
    return used and verdict.connection == found.name


def _match(place: Place, found: Found, stored: Sequence[StoredConnection]) -> Step:
    verdict = place.match(stored)
    anonymous = verdict.code is VerdictCode.ANONYMOUS and found.auth == Auth.NONE.value
    ok = verdict.connection == found.name and (verdict.used or anonymous)
    words = verdict.words if ok or verdict.connection in (None, found.name) else f"Not this one: {verdict.words}"
    source = f"{verdict.confidence.value}: {verdict.source}"
    return Step("match", ok, words, verdict.fix, (source,), 0 if ok else _FAILED, verdict.as_json())


def _lines(found: Found, verdicts: Sequence[LineVerdict], file: Path) -> Step:
    served = [item for item in verdicts if item.verdict.used and item.verdict.connection == found.name]
    if served:
        places = ", ".join(str(item.position.line) if item.position else "?" for item in served)
        return Step("lines", True, f"{file} uses it in line {places}.")
    words = f"No index or git line of {file} leads to it."
    return Step("lines", False, words, "See what each of its lines gets, below.", exit_code=_FAILED)
