"""Other names of the embedded workspace: a script that names a real workspace gets the local one, in its own words.

A request that names an alias is answered as if it named the local workspace, and what comes back (ids, links, names)
names the alias again, so that the client sees one workspace throughout.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from amlpriv.local.home import write_private
from amlpriv.local.plane.http import ArmError, Request, Response
from amlpriv.local.plane.names import PROVIDER, RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE

__all__ = ["LOCAL_NAMES", "Aliases", "Names", "Rewriting"]

_LEASES = 200
"""More than anybody has at once; the oldest are those of commands that were killed."""
_KEYS = ("subscription_id", "resource_group", "workspace_name")
_WORKSPACE_TYPE = f"{PROVIDER}/workspaces".lower()


@dataclass(frozen=True, slots=True)
class Names:
    """The three names of a workspace."""

    subscription: str
    group: str
    workspace: str

    def matches(self, found: tuple[str, ...]) -> int:
        """How many of the names in an id (subscription, group, workspace) are ours, from the left."""
        count = 0
        for ours, theirs in zip((self.subscription, self.group, self.workspace), found, strict=False):
            if ours.lower() != theirs.lower():
                break
            count += 1
        return count


LOCAL_NAMES = Names(SUBSCRIPTION, RESOURCE_GROUP, WORKSPACE)


class Aliases:
    """The names in force, by who asked for them (a lease); safe between threads. They outlive a restart."""

    def __init__(self, file: Path | None = None) -> None:
        """``file`` keeps them; without one they are in memory only. A damaged file is taken for an empty one."""
        self._file = file
        self._lock = threading.Lock()
        self._leases: dict[str, tuple[Names, ...]] = {}
        if file is not None and file.is_file():
            try:
                stored = json.loads(file.read_text(encoding="utf-8"))
                self._leases = {str(lease): _read(names) for lease, names in stored.items()}
            except (OSError, ValueError, AttributeError, ArmError):
                self._leases = {}

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
            if self._leases.pop(lease, None) is not None:
                self._save()

    def as_json(self) -> dict[str, Any]:
        """The leases with their names."""
        with self._lock:
            leases = dict(self._leases)
        return {lease: [_written(each) for each in names] for lease, names in leases.items()}

    def find(self, request: Request) -> Rewriting | None:
        """How to rewrite this request and its answer; None when it names no alias."""
        with self._lock:
            known = {names for each in self._leases.values() for names in each}
        known.discard(LOCAL_NAMES)
        if not known:
            return None
        written = _names_in(unquote(request.path))
        if not written and request.body:
            written = _names_in(request.body.decode("utf-8", errors="replace"))
        best = max(known, key=lambda names: (names.matches(written), names.subscription, names.group, names.workspace))
        if not best.matches(written):
            return None
        own = (best.subscription, best.group, best.workspace)
        spelled = [there if there.lower() == ours.lower() else ours for there, ours in zip(written, own, strict=False)]
        return Rewriting(Names(*spelled, *own[len(spelled) :]))

    def _save(self) -> None:
        if self._file is not None:
            stored = {lease: [_written(each) for each in names] for lease, names in self._leases.items()}
            write_private(self._file, json.dumps(stored, indent=2) + "\n")


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Between the names that a client uses and the local ones."""

    client: Names
    """Spelled as the client spells them."""

    def request(self, request: Request) -> Request:
        """The request in local names."""
        inward = _Translation(self.client, LOCAL_NAMES)
        return replace(
            request,
            path="/".join(quote(part, safe="") if changed else part for part, changed in inward.segments(request.path)),
            query={name: inward.text(value) for name, value in request.query.items()},
            body=inward.body(request.body),
        )

    def response(self, response: Response) -> Response:
        """The response in the client's names."""
        outward = _Translation(LOCAL_NAMES, self.client)
        headers = {name: outward.text(value) for name, value in response.headers.items()}
        return replace(response, body=outward.body(response.body) if response.body else response.body, headers=headers)


class _Translation:
    """From some names to others, in ids and in the fields that hold a name alone."""

    def __init__(self, source: Names, target: Names) -> None:
        self._source, self._target = source, target
        end = r"(?![\w.()-])"
        self._pattern = re.compile(
            rf"(subscriptions/){re.escape(source.subscription)}{end}"
            rf"(?:(/resourceGroups/){re.escape(source.group)}{end}"
            rf"(?:((?:/providers/{re.escape(PROVIDER)})?/workspaces/){re.escape(source.workspace)}{end})?)?",
            re.IGNORECASE,
        )
        self._fields = {
            "subscriptionid": (source.subscription, target.subscription),
            "resourcegroup": (source.group, target.group),
            "resourcegroupname": (source.group, target.group),
            "workspacename": (source.workspace, target.workspace),
        }

    def text(self, text: str) -> str:
        """All ids in the text."""
        return self._pattern.sub(self._put, text)

    def segments(self, path: str) -> Iterable[tuple[str, bool]]:
        """The path's segments, and which of them are other ones now; those are not encoded."""
        before = path.split("/")
        after = self.text("/".join(map(_opaque, before))).split("/")
        return [(new, True) if new != _opaque(old) else (old, False) for old, new in zip(before, after, strict=True)]

    def body(self, body: bytes) -> bytes:
        """The ids and names in a JSON body; another body stays as it is."""
        try:
            content = json.loads(body)
        except ValueError:
            return body
        changed = self._value(content)
        return body if changed == content else json.dumps(changed).encode()

    def _put(self, match: re.Match[str]) -> str:
        names = (self._target.subscription, self._target.group, self._target.workspace)
        return "".join(prefix + name for prefix, name in zip(match.groups(), names, strict=True) if prefix)

    def _value(self, value: Any) -> Any:
        match value:
            case str():
                return self.text(value)
            case list():
                return [self._value(item) for item in value]
            case dict():
                if str(value.get("type", "")).lower() == _WORKSPACE_TYPE:
                    value = self._workspace(value)
                return {key: self._field(key, item) for key, item in value.items()}
        return value

    def _workspace(self, value: dict[str, Any]) -> dict[str, Any]:
        """The workspace itself says its name without an id."""
        pair = (self._source.workspace, self._target.workspace)
        changed = {**value, "name": self._swap(value.get("name"), pair)}
        properties = value.get("properties")
        if isinstance(properties, dict) and "friendlyName" in properties:
            changed["properties"] = {**properties, "friendlyName": self._swap(properties["friendlyName"], pair)}
        return changed

    def _field(self, key: str, item: Any) -> Any:
        known = self._fields.get(key.lower().replace("_", ""))
        return self._swap(item, known) if known and isinstance(item, str) else self._value(item)

    def _swap(self, item: Any, pair: tuple[str, str]) -> Any:
        return pair[1] if isinstance(item, str) and item.lower() == pair[0].lower() else item


def _opaque(segment: str) -> str:
    """A decoded segment in which no slash can be taken for a separator."""
    return segment if "%2f" in segment.lower() else unquote(segment)


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
