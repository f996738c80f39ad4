"""TOML with the place of every key and value: what the standard library's parser reads, and where it stood.

Rule: TOML 1.0 (toml.io). ``tomllib`` (``tomli`` on Python 3.10) says what a text means and refuses what is no TOML; the
scanner here only walks over a text that it has accepted, and so need not check anything.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeAlias

from amlpriv.errors import InputError
from amlpriv.specs.nodes import YamlList, YamlMap, YamlNode, YamlScalar
from amlpriv.specs.positions import Position

__all__ = ["TomlDocument", "TomlPath", "TomlPlaces", "load_toml", "read_toml", "toml_places"]

TomlPath: TypeAlias = "tuple[str | int, ...]"
"""Keys, and numbers of items (from 0): ``("tool", "uv", "index", 0, "url")``."""

# tomllib came with Python 3.11; tomli is the same parser for 3.10.
_toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

_BASIC = r'"(?:[^"\\\n]|\\.)*"'
_LITERAL = r"'[^'\n]*'"
_KEY = re.compile(rf"[ \t]*({_BASIC}|{_LITERAL}|[A-Za-z0-9_-]+)[ \t]*")
_SKIPPED = re.compile(r"(?:[\s,]+|#[^\n]*)*")
_SCALAR = re.compile(
    r'"""(?:[^"\\]+|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']+|'(?!''))*'{3,5}"
    rf"|{_BASIC}|{_LITERAL}"
    r"|\d{4}-\d\d-\d\d[Tt ]\d\d:[^,\]}\s#]*"  # the only value that may have a blank inside
    r"|[^,\]}\s#]+",
    re.DOTALL,
)
_MOST_DOTS = 5000
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class TomlPlaces:
    """Where everything stands, as offsets in the text (from 0)."""

    keys: Mapping[TomlPath, int]
    """Where a key is first written; in a header, the part of the header that names it."""
    values: Mapping[TomlPath, int]
    """Where a value begins; for a table that a header makes, the place of its key."""
    starts: tuple[int, ...]
    """Where the lines begin."""

    def position(self, path: TomlPath, file: str | None, *, value: bool = False) -> Position:
        """Where a key stands (or its value, or an item); its table's place, or line 1, for what is not there."""
        for length in range(len(path), 0, -1):
            part = path[:length]
            known = self.values if value or isinstance(part[-1], int) else self.keys
            if part in known:
                return self._at(known[part], file)
        return Position(file, 1, 1)

    def _at(self, offset: int, file: str | None) -> Position:
        line = bisect_right(self.starts, offset)
        return Position(file, line, offset - self.starts[line - 1] + 1)


@dataclass(frozen=True, slots=True)
class TomlDocument:
    """A TOML text, read; ``node`` gives parts of it with their places."""

    data: Mapping[str, Any]
    places: TomlPlaces
    text: str
    file: str | None = None

    def get(self, *path: str | int) -> Any:
        """The plain value of a path; None when there is none."""
        found: Any = self.data
        for key in path:
            try:
                found = found[key]
            except (KeyError, IndexError, TypeError):
                return None
        return found

    def node(self, *path: str | int) -> YamlNode | None:
        """The tree of a path, None when there is nothing. The text of a string is its value, that of everything else
        its source (``3.10``), and a date counts as text."""
        value = self.get(*path)
        return None if value is None else self._node(value, path)

    def position(self, *path: str | int) -> Position:
        """Where a key or an item stands."""
        return self.places.position(path, self.file)

    def _node(self, value: Any, path: TomlPath) -> YamlNode:
        place = self.places.position(path, self.file, value=True)
        if isinstance(value, dict):
            entries = []
            for key, item in value.items():
                inner = (*path, key)
                entries.append((YamlScalar(key, key, self.position(*inner)), self._node(item, inner)))
            return YamlMap(tuple(entries), place)
        if isinstance(value, list):
            return YamlList(tuple(self._node(item, (*path, n)) for n, item in enumerate(value)), place)
        if isinstance(value, str):
            return YamlScalar(value, value, place)
        match = _SCALAR.match(self.text, self.places.values[path])
        source = match[0] if match else str(value)
        return YamlScalar(source, value if isinstance(value, int | float) else source, place)


def load_toml(text: str, file: str | None = None) -> TomlDocument:
    """Read a TOML text; InputError with line and column for what is none."""
    text = text.removeprefix("\ufeff")
    data = read_toml(text, file)
    try:
        return TomlDocument(data, toml_places(text), text, file)
    except RecursionError:
        raise _too_deep(file) from None


def read_toml(text: str, file: str | None = None) -> dict[str, Any]:
    """Only the values of a TOML text (of a long lock file, for instance); InputError as ``load_toml``."""
    # The parser takes minutes for a key of a hundred thousand parts.
    for number, line in enumerate(text.split("\n") if text.count(".") > _MOST_DOTS else (), start=1):
        if line.partition("=")[0].count(".") > _MOST_DOTS:
            raise InputError("The TOML is nested too deeply.", file=file, line=number, column=1)
    try:
        data: dict[str, Any] = _toml.loads(text)
    except RecursionError:
        raise _too_deep(file) from None
    except ValueError as error:
        message = str(error).partition("\n")[0]
        place = _PLACE.search(message)
        end = (text.count("\n") + 1, len(text) - text.rfind("\n"))
        at = (int(place[1]), int(place[2])) if place and place[1] else end
        said = _PLACE.sub("", message).rstrip(".")
        raise InputError(f"This is not TOML: {said}.", file=file, line=at[0], column=at[1]) from None
    return data


def _too_deep(file: str | None) -> InputError:
    return InputError("The TOML is nested too deeply.", file=file, line=1, column=1)


def toml_places(text: str) -> TomlPlaces:
    """Where everything stands in a text that the parser accepts."""
    scanner = _Scanner(text)
    scanner.scan()
    starts = (0, *(match.end() for match in re.finditer("\n", text)))
    return TomlPlaces(scanner.keys, scanner.values, starts)


class _Scanner:
    """Walks over a valid text once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._last: dict[TomlPath, int] = {}
        """The number of the last item of each array of tables."""
        self.keys: dict[TomlPath, int] = {}
        self.values: dict[TomlPath, int] = {}

    def scan(self) -> None:
        text, place = self._text, 0
        current: TomlPath = ()
        while (place := self._skip(place)) < len(text):
            if text[place] == "[":
                current, place = self._header(place)
            else:
                place = self._pair(current, place)

    def _skip(self, place: int) -> int:
        match = _SKIPPED.match(self._text, place)
        return match.end() if match else place

    def _header(self, place: int) -> tuple[TomlPath, int]:
        array = self._text.startswith("[[", place)
        path: TomlPath = ()
        names, end = self._names(place + 1 + array)
        for number, (name, offset) in enumerate(names, start=1):
            path = (*path, name)
            self._note(path, offset)
            if array and number == len(names):
                self._last[path] = self._last.get(path, -1) + 1
            if path in self._last:
                path = (*path, self._last[path])
                self.values.setdefault(path, offset)
        return path, end + 1 + array

    def _note(self, path: TomlPath, offset: int) -> None:
        self.keys.setdefault(path, offset)
        self.values.setdefault(path, offset)

    def _names(self, place: int) -> tuple[list[tuple[str, int]], int]:
        """The parts of a dotted key with their places, and where it ends."""
        names = []
        while match := _KEY.match(self._text, place):
            names.append((_plain(match[1]), match.start(1)))
            place = match.end()
            if not self._text.startswith(".", place):
                break
            place += 1
        return names, place

    def _pair(self, table: TomlPath, place: int) -> int:
        names, end = self._names(place)
        path = table
        for name, offset in names:
            path = (*path, name)
            self._note(path, offset)
        begin = self._skip(end + 1)  # behind the '='
        return self._value(path, begin)

    def _value(self, path: TomlPath, place: int) -> int:
        """Note a value and what is inside; where it ends."""
        self.values[path] = place
        opening = self._text[place : place + 1]
        if opening == "[":
            return self._items(path, place + 1)
        if opening == "{":
            place = self._skip(place + 1)
            while self._text[place : place + 1] not in ("}", ""):
                place = self._skip(self._pair(path, place))
            return place + 1
        match = _SCALAR.match(self._text, place)
        return match.end() if match else len(self._text)

    def _items(self, path: TomlPath, place: int) -> int:
        place, number = self._skip(place), 0
        while self._text[place : place + 1] not in ("]", ""):
            place = self._skip(self._value((*path, number), place))
            number += 1
        return place + 1


def _plain(key: str) -> str:
    if key[0] not in "\"'":
        return key
    if "\\" not in key:
        return key[1:-1]
    value: str = _toml.loads(f"key = {key}")["key"]
    return value
