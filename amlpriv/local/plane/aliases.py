"""Other names of the embedded workspace: a script that names a real workspace gets the local one, in its own words.

A request that names an alias is answered as if it named the local workspace, and what comes back (ids, links, names)
names the alias again, so that the client sees one workspace throughout.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from amlpriv.local.home import write_private
from amlpriv.local.plane.http import ArmError, Request
from amlpriv.local.plane.names import PROVIDER
from amlpriv.local.plane.translation import LOCAL_NAMES, Names, Rewriting

__all__ = ["Aliases"]

_LEASES = 200
"""More than anybody has at once; the oldest are those of commands that were killed."""
_KEYS = ("subscription_id", "resource_group", "workspace_name")
_PAYLOADS = ("/score", "/swagger.json")
"""What is passed to the user's own server, and back, as it is."""


class Aliases:
    """The names in force, by who asked for them (a lease); safe between threads. They outlive a restart."""

    def __init__(self, file: Path | None = None) -> None:
        """``file`` keeps them; without one they are in memory only. A damaged file is taken for an empty one."""
        self._file = file
        self._lock = threading.Lock()
        self._leases: dict[str, tuple[Names, ...]] = {}
        self._dropped: dict[str, tuple[Names, ...]] = {}
        self._is_busy: Callable[[], bool] = lambda: False
        if file is not None and file.is_file():
            try:
                stored = json.loads(file.read_text(encoding="utf-8"))
                self._leases = {str(lease): _read(names) for lease, names in stored.items()}
            except (OSError, ValueError, AttributeError, ArmError):
                self._leases = {}

    def hold_while(self, is_busy: Callable[[], bool]) -> None:
        """Names that are dropped while ``is_busy`` hold until it is not: a job outlives the script that submitted it.

        They do not outlive a restart, nor do jobs.
        """
        self._is_busy = is_busy

    def put(self, lease: str, names: object) -> None:
        """Put names in force until the lease is dropped; ArmError (400) when they make no sense."""
        wanted = _read(names)
        with self._lock:
            self._leases.pop(lease, None)
            self._leases[lease] = wanted
            while len(self._leases) > _LEASES:
                del self._leases[next(iter(self._leases))]
            self._save()

    def drop(self, lease: str) -> None:
        """These names are nobody's any more, unless another lease has them too. An unknown lease is nothing."""
        with self._lock:
            names = self._leases.pop(lease, None)
            if names is not None:
                self._save()
                if self._is_busy():
                    self._dropped[lease] = names

    def as_json(self) -> dict[str, Any]:
        """The leases with their names."""
        with self._lock:
            leases = dict(self._leases)
        return {lease: [_written(each) for each in names] for lease, names in leases.items()}

    def find(self, request: Request) -> Rewriting | None:
        """How to rewrite this request and its answer; None when it names no alias."""
        with self._lock:
            if self._dropped and not self._is_busy():
                self._dropped.clear()
            known = {names for each in (*self._leases.values(), *self._dropped.values()) for names in each}
        known.discard(LOCAL_NAMES)
        if not known or request.path.lower().rstrip("/") in _PAYLOADS:
            return None
        written = _names_in(unquote(request.path))
        if not written and request.body:
            written = _names_in(request.body.decode("utf-8", errors="replace"))
        best = max(known, key=lambda names: (names.matches(written), names.subscription, names.group, names.workspace))
        count = best.matches(written)
        if not count or _is_local(written, count):
            return None
        own = (best.subscription, best.group, best.workspace)
        spelled = [there if there.lower() == ours.lower() else ours for there, ours in zip(written, own, strict=False)]
        return Rewriting(Names(*spelled, *own[len(spelled) :]))

    def _save(self) -> None:
        if self._file is not None:
            stored = {lease: [_written(each) for each in names] for lease, names in self._leases.items()}
            write_private(self._file, json.dumps(stored, indent=2) + "\n")


def _is_local(written: tuple[str, ...], count: int) -> bool:
    """Whether the first name that is not the alias's would be taken for the local one, after those before it."""
    local = (LOCAL_NAMES.subscription, LOCAL_NAMES.group, LOCAL_NAMES.workspace)
    return len(written) > count and written[count].lower() == local[count].lower()


_NAMED = re.compile(r"subscriptions/([^/?&\"'\s]+)(?:/resourceGroups/([^/?&\"'\s]+))?", re.IGNORECASE)
_WORKSPACES: Callable[[str], re.Match[str] | None] = re.compile(
    rf"(?:/providers/{re.escape(PROVIDER)})?/workspaces/([^/?&\"'\s]+)", re.IGNORECASE
).match


def _names_in(text: str) -> tuple[str, ...]:
    """The names in the first id of the text, as far as it goes."""
    found = _NAMED.search(text)
    if found is None:
        return ()
    if found[2] is None:
        return (found[1],)
    workspace = _WORKSPACES(text[found.end() :])
    return (found[1], found[2], workspace[1]) if workspace else (found[1], found[2])


def _read(names: object) -> tuple[Names, ...]:
    try:
        if not isinstance(names, list):
            raise TypeError
        return tuple(Names(*(_text(each[key]) for key in _KEYS)) for each in names)
    except (KeyError, TypeError, ValueError):
        raise ArmError(400, "InvalidAlias", f"A list of objects with {', '.join(_KEYS)} is expected.") from None


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or "/" in value:
        raise ValueError(value)
    return value


def _written(names: Names) -> dict[str, str]:
    return dict(zip(_KEYS, (names.subscription, names.group, names.workspace), strict=True))
