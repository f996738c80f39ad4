"""Which folders are members of a uv workspace: ``members`` and ``exclude`` of ``[tool.uv.workspace]``.

Source: uv's documentation, "Using workspaces": both are globs; every folder with a ``pyproject.toml`` that ``members``
matches and ``exclude`` does not is a member; the root is one too. ``*``, ``?`` and ``[...]`` match inside one
part of a path and ``**`` any number of parts; hidden folders are only matched by a part that begins with a dot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import translate

__all__ = ["MemberTable", "excluded_by", "folders_matching", "is_member"]

Listing = Callable[[str], Iterable[str]]
"""The names of the folders in a folder; ``""`` is the root, paths are relative to it, with ``/``."""

_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages"})
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class MemberTable:
    """``[tool.uv.workspace]``."""

    members: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


def is_member(folder: str, table: MemberTable) -> bool:
    """Whether a folder (relative to the root, with ``/``) is a member as far as the globs say; the root is."""
    parts = _parts(folder)
    if not parts:
        return True
    return any(_matches(parts, _parts(one)) for one in table.members) and not excluded_by(folder, table)


def excluded_by(folder: str, table: MemberTable) -> str | None:
    """The glob of ``exclude`` that matches a folder."""
    return next((one for one in table.exclude if _matches(_parts(folder), _parts(one))), None)


def folders_matching(patterns: Iterable[str], listing: Listing) -> Iterator[str]:
    """The folders that globs match, each once. A part without a wildcard is taken as it stands, ``..`` too."""
    seen: set[str] = set()
    for pattern in patterns:
        for folder in _expanded("", _parts(pattern), listing, 0):
            if folder not in seen:
                seen.add(folder)
                yield folder


def _expanded(folder: str, parts: list[str], listing: Listing, depth: int) -> Iterator[str]:
    if not parts:
        yield folder
        return
    first, *rest = parts
    if first == "**":
        yield from _expanded(folder, rest, listing, depth)
        if depth < _DEEPEST:
            for name in _names(folder, listing, first):
                yield from _expanded(_joined(folder, name), parts, listing, depth + 1)
    elif set("*?[") & set(first):
        for name in _names(folder, listing, first):
            if _matches([name], [first]):
                yield from _expanded(_joined(folder, name), rest, listing, depth)
    else:
        yield from _expanded(_joined(folder, first), rest, listing, depth)


def _names(folder: str, listing: Listing, pattern: str) -> list[str]:
    hidden = pattern.startswith(".")
    return sorted(name for name in listing(folder) if name not in _SKIPPED and (hidden or not name.startswith(".")))


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _parts(path: str) -> list[str]:
    return [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]


def _matches(parts: list[str], pattern: list[str]) -> bool:
    if not pattern:
        return not parts
    first, *rest = pattern
    if first == "**":
        return any(_matches(parts[number:], rest) for number in range(len(parts) + 1))
    return bool(parts) and re.match(translate(first), parts[0]) is not None and _matches(parts[1:], rest)
