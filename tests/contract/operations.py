"""The table ``operations.toml``: operations, and the shapes of their answers."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from amlpriv.local.plane.http import Json, Response
from amlpriv.local.plane.routing import WORKSPACE_PATH, Route, Router

# tomllib came with Python 3.11; tomli is the same parser for 3.10.
_toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

TABLE = Path(__file__).with_name("operations.toml")


@dataclass(frozen=True, slots=True)
class Operation:
    """A row."""

    area: str
    id: str | None
    """In the REST reference; None when it is not there."""
    version: str | None
    """The api-version of the reference that was looked up."""
    method: str
    pattern: str
    status: tuple[int, ...]
    """Of success."""
    shape: str | None
    is_list: bool
    session: str
    """The session with a real client that sends it (``assets``: tests/mlclient/assets_session.py); empty for none."""
    refused: str | None = None
    """Why it is answered with an error, always."""

    @property
    def key(self) -> str:
        """The same for a route and its row: names of parameters and upper case do not count."""
        return route_key(self.method, self.pattern)

    def items(self, body: Any) -> list[Json]:
        """What of an answer has the shape."""
        return list(body["value"]) if self.is_list else [body]


@dataclass(frozen=True, slots=True)
class Area:
    """Operations that belong together."""

    name: str
    versions: tuple[str, ...]
    clients: tuple[str, ...]
    """Which real clients were run, with their versions."""
    also: str
    """What is not in the reference, in words; empty when all is."""
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of an answer: dotted names, ``[]`` behind the name of a list that is looked into."""

    types: Mapping[str, str]
    absent: Mapping[str, str] = field(default_factory=dict)
    """Fields of the reference that are missing or null here, with the reason; those below are meant, too."""
    extra: frozenset[str] = frozenset()
    """Fields that the reference's example has not."""

    def is_excused(self, name: str) -> str | None:
        """The entry of ``absent`` that explains why the field is not there."""
        return next((one for one in self.absent if name == one or name.startswith((f"{one}.", f"{one}[]"))), None)


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "map": (dict,),
}


def has_type(value: object, name: str) -> bool:
    """Whether a JSON value is of this type."""
    if isinstance(value, bool) and name != "boolean":
        return False
    return isinstance(value, _TYPES[name])


def route_key(method: str, pattern: str) -> str:
    return f"{method} {re.sub(r'{[^}]*}', '{}', pattern).lower()}"


@cache
def areas() -> tuple[Area, ...]:
    """The table's areas, in its order."""
    document = _document()
    return tuple(_area(given, document["clients"]) for given in document["area"])


def operations() -> tuple[Operation, ...]:
    """All rows."""
    return tuple(row for area in areas() for row in area.operations)


def _area(given: Mapping[str, Any], clients: Mapping[str, str]) -> Area:
    rows = tuple(_operation(given, row) for row in given["operations"])
    versions = tuple(sorted({row.version for row in rows if row.version}))
    tried = tuple(clients[name] for name in given["clients"])
    return Area(given["name"], versions, tried, given.get("also", ""), rows)


def _operation(area: Mapping[str, Any], row: Mapping[str, Any]) -> Operation:
    method, _, path = row["request"].partition(" ")
    version = row.get("version", area.get("reference")) if "id" in row else None
    shape = row.get("answer") or row.get("list")
    pattern = path.replace("{ws}", WORKSPACE_PATH)
    return Operation(
        area["name"],
        row.get("id"),
        version,
        method,
        pattern,
        tuple(row["status"]),
        shape,
        is_list="list" in row,
        session=row.get("session", area["session"]),
        refused=row.get("refused"),
    )


def imitated_table() -> str:
    """The README's table: what is imitated, and what it was checked against."""
    rows = ["| area | operations | checked against |", "|---|---|---|"]
    for area in areas():
        reference = [f"REST reference {', '.join(area.versions)}"] if area.versions else []
        done = "; ".join([*_names(area), *filter(None, [area.also])])
        rows.append(f"| {area.name} | {done} | {'; '.join([*reference, *area.clients])} |")
    return "\n".join(rows) + "\n"


def _names(area: Area) -> Iterator[str]:
    """``EnvironmentVersions: List, Get, Delete*``, as the reference names them; no session sends those with a star."""
    rows = [row for row in area.operations if row.id and not row.refused]
    ids = [f"{row.id}{'' if row.session else '*'}".split("_") for row in rows]
    for group in dict.fromkeys(group for group, _ in ids):
        yield f"{group}: {', '.join(name for other, name in ids if other == group)}"


@cache
def shapes() -> Mapping[str, Shape]:
    """By name, those that they extend included."""
    given = _document()["shape"]
    return {name: _shape(name, given) for name in given}


def _shape(name: str, given: Mapping[str, Any]) -> Shape:
    own = given[name]
    types = {field: kind for kind in _TYPES for field in own.get(kind, ())}
    absent, extra = dict(own.get("absent", {})), frozenset(own.get("extra", ()))
    if "extends" in own:
        above = _shape(own["extends"], given)
        return Shape({**above.types, **types}, {**above.absent, **absent}, above.extra | extra)
    return Shape(types, absent, extra)


@cache
def _document() -> Mapping[str, Any]:
    document: Mapping[str, Any] = _toml.loads(TABLE.read_text(encoding="utf-8"))
    return document


def find_operation(method: str, path: str) -> Operation | None:
    """The row of a request; the path is as sent."""
    router, rows = _router()
    found = router.find(method, "/" + path.partition("?")[0].lstrip("/"))
    return rows[found[0]] if found else None


@cache
def _router() -> tuple[Router, dict[Route, Operation]]:
    rows = {Route(row.method, row.pattern, lambda _context, _call: Response(200)): row for row in operations()}
    return Router(rows), rows


def fields_of(value: Json, shape: Shape, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every field as dotted name and value, as deep as the shape goes."""
    for name, inner in value.items():
        path = f"{prefix}{name}"
        if path not in shape.types and isinstance(inner, dict) and _goes_on(shape, f"{path}."):
            yield from fields_of(inner, shape, f"{path}.")
        elif path not in shape.types and isinstance(inner, list) and _goes_on(shape, f"{path}[]."):
            for item in inner:
                yield from fields_of(item, shape, f"{path}[].")
        else:
            yield path, inner


def _goes_on(shape: Shape, prefix: str) -> bool:
    return any(name.startswith(prefix) for name in shape.types)
