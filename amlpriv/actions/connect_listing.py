"""connect list and connect show: what a workspace holds, never a secret."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from amlpriv.actions.connect_lines import LineVerdict, SourceLines, line_verdicts, lines_of_file
from amlpriv.actions.connect_values import EXPIRES, ROTATED, URL
from amlpriv.connections.kinds import Auth, Category, StoredConnection, target_complaints
from amlpriv.errors import NotFoundError
from amlpriv.workspace.connections import Connections

__all__ = ["SOON", "Found", "Listing", "find_connection", "list_connections"]

SOON = 14
"""Days before its end from which on a token is said to end soon."""


@dataclass(frozen=True, slots=True)
class Found:
    """One connection of a workspace."""

    connection: StoredConnection
    now: datetime

    @property
    def name(self) -> str:
        """The connection's name."""
        return self.connection.name

    @property
    def category(self) -> str:
        """``PythonFeed``, ``Git`` or any other of the service's words."""
        return self.connection.category

    @property
    def target(self) -> str:
        """The address whose credential it is."""
        return self.connection.target

    @property
    def auth(self) -> str:
        """``PAT``, ``UsernamePassword``, ``None`` or any other of the service's words."""
        return self.connection.auth

    @property
    def url(self) -> str | None:
        """The index or repository that it was made for; None when another tool made it."""
        return (self.connection.metadata or {}).get(URL)

    @property
    def age(self) -> int | None:
        """Days since the secret was written, as far as that is known."""
        since = self.rotated or self.connection.created_at
        return max((self.now - since).days, 0) if since else None

    @property
    def rotated(self) -> datetime | None:
        """When the secret was replaced last; None for never, or by another tool."""
        text = (self.connection.metadata or {}).get(ROTATED, "")
        try:
            found = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            return None
        return found if found.tzinfo else None

    @property
    def expires(self) -> date | None:
        """The day on which the token ends, where somebody said it."""
        text = (self.connection.metadata or {}).get(EXPIRES, "")
        try:
            return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
        except ValueError:
            return None

    @property
    def days_left(self) -> int | None:
        """Days until the token ends; negative when it has ended."""
        return (self.expires - self.now.date()).days if self.expires else None

    @property
    def warning(self) -> str | None:
        """What is the matter with it, if anything is."""
        left, fix = self.days_left, f"Replace it: amlpriv connect rotate {self.name}"
        if left is not None and left < 0:
            return f"The token of {self.name!r} ended on {self.expires}. {fix}"
        if left is not None and left <= SOON:
            when = "today" if left == 0 else f"in {left} day{'s' if left > 1 else ''}"
            return f"The token of {self.name!r} ends {when}, on {self.expires}. {fix}"
        usable = {auth.value.lower() for auth in Auth}
        if self._ours is not None and self.auth.lower() not in usable:
            return f"{self.name!r} signs in by {self.auth}, which no package index or git server takes."
        wrong = target_complaints(self._ours, self.target) if self._ours is not None else ()
        return next((f"The target of {self.name!r}: {item}" for item in wrong), None)

    @property
    def _ours(self) -> Category | None:
        return next((category for category in Category if self.connection.is_for(category)), None)

    @property
    def is_ours(self) -> bool:
        """Whether it is for a feed or a repository."""
        return self._ours is not None

    def as_json(self) -> dict[str, object]:
        """The object that ``show --json`` prints, and one of those that ``list --json`` prints."""
        created, rotated = self.connection.created_at, self.rotated
        return {
            "name": self.name,
            "category": self.category,
            "target": self.target,
            "url": self.url,
            "auth": self.auth,
            "shared": self.connection.shared,
            "created": created.isoformat() if created else None,
            "rotated": rotated.isoformat() if rotated else None,
            "expires": self.expires.isoformat() if self.expires else None,
            "days_left": self.days_left,
            "age_days": self.age,
            "metadata": dict(self.connection.metadata or {}),
            "warning": self.warning,
        }

    def __str__(self) -> str:
        return f"{self.name} ({self.category} for {self.target}, signs in by {self.auth})"

    def __repr__(self) -> str:
        end = f", until {self.expires}" if self.expires else ""
        return f"<{self.category} {self.name!r} for {self.target}, {self.auth}{end}>"


@dataclass(frozen=True, slots=True)
class Listing(Sequence[Found]):
    """The connections of a workspace, by name; and for one file, what its lines would get."""

    workspace: str
    items: tuple[Found, ...]
    hidden: int
    """How many there are for other things than feeds and repositories."""
    lines: tuple[LineVerdict, ...] = ()
    """For one file: what its index and git lines get."""

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]  # int or slice, as of the tuple
        return self.items[index]

    def as_json(self) -> dict[str, object]:
        """The object that ``list --json`` prints."""
        return {
            "workspace": self.workspace,
            "connections": [item.as_json() for item in self.items],
            "hidden": self.hidden,
            "lines": [line.as_json() for line in self.lines],
        }

    def __repr__(self) -> str:
        lines = [f"{len(self.items)} connection{'s' if len(self.items) != 1 else ''} of {self.workspace}"]
        return "\n".join([*lines, *(f"  {item!r}" for item in self.items), *map(str, self.lines)])


def list_connections(
    connections: Connections, *, workspace: str, now: datetime, everything: bool = False, file: Path | None = None
) -> Listing:
    """The connections for feeds and repositories; with ``everything`` all of them; with ``file`` also what each of its
    lines gets. Raises InputError for a file that cannot be read."""
    read = lines_of_file(file) if file is not None else SourceLines()
    stored = connections.all()
    found = sorted((Found(item, now) for item in stored), key=lambda item: item.name.lower())
    shown = tuple(item for item in found if everything or item.is_ours)
    return Listing(workspace, shown, len(found) - len(shown), line_verdicts(read.lines, stored, use=read.use))


def find_connection(connections: Connections, name: str, *, now: datetime) -> Found:
    """One connection; NotFoundError, which names one with nearly that name."""
    from difflib import get_close_matches

    try:
        return Found(connections.get(name), now)
    except NotFoundError as error:
        close = get_close_matches(name, [item.name for item in connections.all()], n=1)
        if not close:
            raise
        raise NotFoundError(error.message, hint=f"Did you mean {close[0]}?", code=error.code) from error
