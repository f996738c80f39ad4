"""What the readers of a ``pyproject.toml`` ask of its tables; mistakes are said in TOML's words."""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.specs.nodes import YamlList, YamlMap, YamlNode, YamlScalar, refuse_unprintable
from amlpriv.specs.problems import input_error
from amlpriv.specs.toml_positions import TomlDocument

__all__ = ["flag", "items", "kind_of", "table", "table_at", "text", "text_at", "texts"]


def kind_of(node: YamlNode) -> str:
    """What it is, in TOML's words."""
    if isinstance(node, YamlMap):
        return "a table"
    if isinstance(node, YamlList):
        return "an array"
    kinds = {bool: "a boolean", int: "a number", float: "a number"}
    return kinds.get(type(node.value), "a string")


def table(node: YamlNode, what: str) -> YamlMap:
    """The node, if it is a table."""
    if not isinstance(node, YamlMap):
        raise input_error(f"{what} must be a table, not {kind_of(node)}.", node.position)
    return node


def table_at(document: TomlDocument, *path: str) -> YamlMap:
    """The table of a path; an empty one when there is none."""
    for length in range(1, len(path)):
        if not isinstance(document.get(*path[:length]), dict | None):
            node = document.node(*path[:length])
            assert node is not None  # noqa: S101 - it is there, and is no table
            table(node, f"[{'.'.join(path[:length])}]")
    node = document.node(*path)
    return table(node, f"[{'.'.join(path)}]") if node is not None else YamlMap((), document.position(*path))


def text(node: YamlNode, what: str, *, number: bool = False) -> str:
    """A string that is not empty; with ``number`` the source of a number will do (``3.11``)."""
    if isinstance(node, YamlScalar) and number and type(node.value) in (int, float):
        return node.text
    if not isinstance(node, YamlScalar) or not isinstance(node.value, str):
        raise input_error(f"{what} must be a string, not {kind_of(node)}.", node.position)
    refuse_unprintable(node, what)
    if not (value := node.text.strip()):
        raise input_error(f"{what} is empty.", node.position, hint="Write a text, or remove the line.")
    return value


def text_at(fields: YamlMap, key: str, *, number: bool = False) -> str | None:
    """The string of a key; None when there is none."""
    node = fields.get(key)
    return None if node is None else text(node, f"{key!r}", number=number)


def items(fields: YamlMap, key: str, what: str | None = None) -> tuple[YamlNode, ...]:
    """What stands in the array of a key; nothing when there is none."""
    node = fields.get(key)
    if node is None:
        return ()
    if not isinstance(node, YamlList):
        raise input_error(f"{what or repr(key)} must be an array, not {kind_of(node)}.", node.position)
    return node.items


def texts(fields: YamlMap, key: str) -> Iterator[tuple[str, YamlNode]]:
    """The strings in the array of a key, each with its node."""
    for item in items(fields, key):
        yield text(item, f"An item of {key!r}"), item


def flag(fields: YamlMap, key: str) -> bool | None:
    """true or false; None when it is not said."""
    node = fields.get(key)
    if node is None:
        return None
    if not isinstance(node, YamlScalar) or not isinstance(node.value, bool):
        raise input_error(f"{key!r} must be true or false, not {kind_of(node)}.", node.position)
    return node.value
