"""The tree that a YAML text or plain Python data becomes, and what its readers ask of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from amlpriv.errors import InputError
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import input_error

__all__ = [
    "Span",
    "YamlList",
    "YamlMap",
    "YamlNode",
    "YamlScalar",
    "as_list",
    "as_map",
    "as_text",
    "from_data",
    "is_null",
    "kind_of",
    "refuse_unprintable",
    "to_data",
    "to_texts",
]

# C0 and C1 without tab, line feed and (at a line's end) carriage return; surrogates, which no encoding writes.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]|\r(?!\n)")


Span = tuple[int, int]
"""First character and the one behind the last, counted from 0 in a text without its byte order mark."""


@dataclass(frozen=True, slots=True)
class YamlScalar:
    """One value: its source text (quotes and comments gone) and what YAML 1.1 makes of it."""

    text: str
    value: str | int | float | bool | None
    position: Position | None = None
    span: Span | None = field(default=None, compare=False, repr=False)
    """With its anchor and quotes. An alias has the span of what it stands for; a key that was merged in has none."""


@dataclass(frozen=True, slots=True)
class YamlList:
    """A sequence."""

    items: tuple[YamlNode, ...]
    position: Position | None = None
    span: Span | None = field(default=None, compare=False, repr=False)
    """In block style it may end behind the comments and blank lines that follow."""


@dataclass(frozen=True, slots=True)
class YamlMap:
    """A mapping with text keys, in the order of the file."""

    entries: tuple[tuple[YamlScalar, YamlNode], ...]
    position: Position | None = None
    span: Span | None = field(default=None, compare=False, repr=False)
    """As that of a list."""

    def __iter__(self) -> Iterator[tuple[YamlScalar, YamlNode]]:
        return iter(self.entries)

    def __contains__(self, key: object) -> bool:
        return any(name.text == key for name, _ in self.entries)

    def get(self, key: str) -> YamlNode | None:
        """The value of a key; None when it is absent or null."""
        for name, node in self.entries:
            if name.text == key:
                return None if is_null(node) else node
        return None

    def key_position(self, key: str) -> Position | None:
        """Where a key stands; the mapping's own place when it has none."""
        return next((name.position for name, _ in self.entries if name.text == key), self.position)


YamlNode: TypeAlias = YamlScalar | YamlList | YamlMap


def is_null(node: YamlNode) -> bool:
    """Whether it is ``null``, ``~`` or nothing at all."""
    return isinstance(node, YamlScalar) and node.value is None


def kind_of(node: YamlNode) -> str:
    """What it is, in words."""
    if isinstance(node, YamlMap):
        return "a mapping"
    if isinstance(node, YamlList):
        return "a list"
    return "nothing" if node.value is None else "a single value"


def as_text(node: YamlNode, what: str) -> str:
    """The source text of a scalar, stripped; InputError when it is something else, empty, or holds what is no text."""
    if not isinstance(node, YamlScalar) or node.value is None:
        raise input_error(f"{what} must be text, not {kind_of(node)}.", node.position, hint="Is the indentation right?")
    text = node.text.strip()
    if not text:
        raise input_error(f"{what} is empty.", node.position, hint="Write a text, or remove the line.")
    refuse_unprintable(node, what)
    return text


def refuse_unprintable(node: YamlScalar, what: str) -> None:
    """InputError for a control character other than tab and line feed, and for half of a surrogate pair."""
    if bad := _UNPRINTABLE.search(node.text):
        message = f"{what} holds a character that is no text: U+{ord(bad[0]):04X}."
        raise input_error(message, node.position, hint="Remove it.")


def as_map(node: YamlNode, what: str) -> YamlMap:
    """The node, if it is a mapping; InputError otherwise."""
    if not isinstance(node, YamlMap):
        raise input_error(f"{what} must be a mapping, not {kind_of(node)}.", node.position)
    return node


def as_list(node: YamlNode, what: str) -> YamlList:
    """The node, if it is a list; InputError otherwise."""
    if not isinstance(node, YamlList):
        raise input_error(
            f"{what} must be a list, not {kind_of(node)}.", node.position, hint="Begin each item with '- '."
        )
    return node


def to_data(node: YamlNode) -> object:
    """Plain Python data with the types of YAML 1.1."""
    if isinstance(node, YamlScalar):
        return node.value
    if isinstance(node, YamlList):
        return [to_data(item) for item in node.items]
    return {key.text: to_data(value) for key, value in node}


def to_texts(node: YamlNode) -> object:
    """Plain Python data in which every scalar is its source text (null stays None)."""
    if isinstance(node, YamlScalar):
        return None if node.value is None else node.text
    if isinstance(node, YamlList):
        return [to_texts(item) for item in node.items]
    return {key.text: to_texts(value) for key, value in node}


def from_data(data: object) -> YamlNode:
    """The tree for data that was made in Python: it has no positions. InputError for other than plain data."""
    if data is None or isinstance(data, str | int | float):
        text = "" if data is None else str(data).lower() if isinstance(data, bool) else str(data)
        return YamlScalar(text, data)
    if isinstance(data, Mapping):
        return YamlMap(tuple((YamlScalar(str(key), str(key)), from_data(value)) for key, value in data.items()))
    if isinstance(data, Sequence) and not isinstance(data, bytes | bytearray):
        return YamlList(tuple(from_data(item) for item in data))
    raise InputError(f"{type(data).__name__} is not plain data.", hint="Use text, numbers, lists and dicts.")
