"""Submodules of a commit: where they lie, which commit they want, and which address that is."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

__all__ = ["Submodule", "find_submodules", "resolve_address"]

_LINK = re.compile(r"160000 commit (?P<commit>[0-9a-f]{40,64})\t(?P<path>.+)")
_SETTING = re.compile(r"submodule\.(?P<name>.+)\.(?P<key>path|url) (?P<value>.*)")


@dataclass(frozen=True, slots=True)
class Submodule:
    """One submodule; ``url`` is None where ``.gitmodules`` does not name it."""

    path: str
    commit: str
    url: str | None


def find_submodules(tree: Iterable[str], settings: Iterable[str], parent: str) -> tuple[Submodule, ...]:
    """From ``git ls-tree -r`` and ``git config --file .gitmodules --get-regexp``; ``parent`` is the address above.

    The paths are the tree's, which git has checked; what ``.gitmodules`` says of others is left out.
    """
    urls = _urls(settings)
    found = [match for line in tree if (match := _LINK.fullmatch(line))]
    return tuple(
        Submodule(match["path"], match["commit"], resolve_address(url, parent) if url else None)
        for match in found
        for url in [urls.get(match["path"])]
    )


def _urls(settings: Iterable[str]) -> Mapping[str, str]:
    entries: dict[str, dict[str, str]] = {}
    for line in settings:
        if match := _SETTING.fullmatch(line):
            entries.setdefault(match["name"], {})[match["key"]] = match["value"]
    return {entry["path"]: entry["url"] for entry in entries.values() if "path" in entry and entry.get("url")}


def resolve_address(url: str, parent: str) -> str:
    """An address of ``.gitmodules``; one that begins with ``./`` or ``../`` goes from the parent's (gitmodules(5))."""
    if not url.startswith(("./", "../")):
        return url
    parts = urlsplit(parent)
    path = posixpath.normpath(posixpath.join(parts.path.rstrip("/") or "/", url))
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
