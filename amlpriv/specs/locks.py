"""Lock files as pins: ``uv.lock`` and ``pylock.toml``. Only names and versions are taken, never an address.

Rules: PEP 751 ("pylock.toml specification" of the packaging user guide); uv's documentation, "Resolution" (the lock
file is uv's own format; version 1 is read here).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.markers import InvalidMarker
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from amlpriv.errors import InputError
from amlpriv.specs.lock_conditions import Asked, holds
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import input_error
from amlpriv.specs.toml_positions import read_toml, toml_places
from amlpriv.target import Target

__all__ = ["REGISTRY", "Lock", "LockedDependency", "LockedPackage", "parse_lock"]

REGISTRY = "registry"
"""The source of a package that an index has."""

_KINDS = (REGISTRY, "git", "url", "path", "directory", "editable", "virtual")
_ANY = (Target(), Asked())


@dataclass(frozen=True, slots=True)
class LockedDependency:
    """What a locked package needs."""

    name: str
    version: str | None = None
    """Only where the lock has several versions of it."""
    extras: tuple[str, ...] = ()
    marker: str | None = None


@dataclass(frozen=True, slots=True)
class LockedPackage:
    """One package of a lock."""

    name: str
    """Normalised."""
    version: str | None
    source: str
    """``registry``, ``git``, ``url``, ``path``, ``directory``, ``editable`` or ``virtual``."""
    hashes: tuple[str, ...] = ()
    """``algorithm:hex`` of its files."""
    markers: tuple[str, ...] = ()
    """It is for an environment where one of them holds; none: for all."""
    dependencies: tuple[LockedDependency, ...] = ()
    extras: Mapping[str, tuple[LockedDependency, ...]] = field(default_factory=dict)
    groups: Mapping[str, tuple[LockedDependency, ...]] = field(default_factory=dict)
    """What the dependency groups of a project need."""
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file."""

    file: str | None
    packages: tuple[LockedPackage, ...]
    graph: bool
    """Whether its packages say what they need (uv.lock); otherwise all of them are installed."""


def parse_lock(text: str, file: str | None = None) -> Lock:
    """Read a lock file; its content tells which kind it is. InputError with a line for what is none."""
    return _Reader(text.removeprefix("\ufeff"), file).read()


class _Reader:
    """Looks up places only when something is wrong: a lock is long."""

    def __init__(self, text: str, file: str | None) -> None:
        self._text = text
        self._file = file
        self._data = read_toml(text, file)
        self._known: set[str] = set()

    def read(self) -> Lock:
        if "lock-version" in self._data:
            version = self._data["lock-version"]
            if not isinstance(version, str) or version.partition(".")[0] != "1":
                hint = "This amlpriv reads version 1 of pylock.toml."
                raise self._error(f"The lock-version {version!r} is not known.", "lock-version", hint=hint)
            return Lock(self._file, self._packages("packages", self._pylock), False)
        if "version" not in self._data or "metadata" in self._data:
            hint = "uv.lock and pylock.toml are; 'uv export --format pylock.toml' makes one."
            raise self._error("This is no lock file that amlpriv reads.", *list(self._data)[:1], hint=hint)
        if self._data["version"] != 1 or "distribution" in self._data:
            hint = "Version 1 is read, with [[package]] tables; run 'uv lock' with a uv that writes it."
            message = f"This is a uv.lock of another form (version {self._data['version']!r})."
            raise self._error(message, "version", hint=hint)
        return Lock(self._file, self._packages("package", self._uv), True)

    def _packages(
        self, key: str, convert: Callable[[Mapping[str, Any], Position | None], LockedPackage]
    ) -> tuple[LockedPackage, ...]:
        rows = self._data.get(key, [])
        if not isinstance(rows, list):
            raise self._error(f"{key!r} must be an array of tables.", key)
        places = self._places(key, len(rows))
        found = []
        for number, row in enumerate(rows):
            try:
                found.append(convert(row, places[number]))
            except (KeyError, TypeError, AttributeError, InvalidVersion, InvalidMarker) as error:
                said = f"{type(error).__name__}: {error}".partition("\n")[0]
                message = f"A package of the lock file cannot be read ({said})."
                raise self._error(message, key, number, hint="Write the lock file again.") from None
        return tuple(found)

    def _places(self, key: str, count: int) -> list[Position | None]:
        """Where the packages begin: found by their headers, which is quick, or else by reading all places."""
        heads = [match.start() for match in re.finditer(rf"^\[\[{key}\]\]", self._text, re.MULTILINE)]
        if len(heads) != count:
            places = toml_places(self._text)
            return [places.position((key, number), self._file) for number in range(count)]
        found: list[Position | None] = []
        line, before = 1, 0
        for head in heads:
            line, before = line + self._text.count("\n", before, head), head
            found.append(Position(self._file, line, 1))
        return found

    def _error(self, message: str, *path: str | int, hint: str | None = None) -> InputError:
        return input_error(message, toml_places(self._text).position(path, self._file), hint=hint)

    def _uv(self, row: Mapping[str, Any], place: Position | None) -> LockedPackage:
        return LockedPackage(
            str(canonicalize_name(row["name"])),
            _version(row.get("version")),
            next((kind for kind in _KINDS if kind in row["source"]), "unknown"),
            tuple(item["hash"] for item in _files(row) if "hash" in item),
            tuple(map(self._marker, row.get("resolution-markers", ()))),
            self._dependencies(row.get("dependencies", ())),
            self._named(row.get("optional-dependencies", {})),
            self._named(row.get("dev-dependencies", {})),
            place,
        )

    def _pylock(self, row: Mapping[str, Any], place: Position | None) -> LockedPackage:
        kinds = {"vcs": "git", "directory": "directory", "archive": "url"}
        return LockedPackage(
            str(canonicalize_name(row["name"])),
            _version(row.get("version")),
            next((kind for key, kind in kinds.items() if key in row), REGISTRY),
            tuple(f"{key}:{value}" for item in _files(row) for key, value in item.get("hashes", {}).items()),
            (self._marker(row["marker"]),) if "marker" in row else (),
            position=place,
        )

    def _marker(self, text: str) -> str:
        if text not in self._known:
            holds(text, *_ANY)
            self._known.add(text)
        return text

    def _named(self, rows: Mapping[str, Any]) -> dict[str, tuple[LockedDependency, ...]]:
        return {str(canonicalize_name(name)): self._dependencies(items) for name, items in rows.items()}

    def _dependencies(self, rows: Iterable[Mapping[str, Any]]) -> tuple[LockedDependency, ...]:
        return tuple(
            LockedDependency(
                str(canonicalize_name(row["name"])),
                _version(row.get("version")),
                tuple(str(canonicalize_name(extra)) for extra in row.get("extra", ())),
                self._marker(row["marker"]) if "marker" in row else None,
            )
            for row in rows
        )


def _files(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*row.get("wheels", ()), *([row["sdist"]] if "sdist" in row else ())]


def _version(text: object) -> str | None:
    return None if text is None else str(Version(str(text)))
