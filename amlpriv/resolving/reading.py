"""What uv writes: a pylock.toml (PEP 751) with files, and a requirements file with hashes and the index of each."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.markers import Marker
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from amlpriv.errors import BuildError, UnsupportedError
from amlpriv.secret import without_query
from amlpriv.specs.resolution import Pin, PinnedFile
from amlpriv.target import Target
from amlpriv.wheels.filename import parse_filename

__all__ = ["read_pins", "with_hashes"]

_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==")
_HASH = re.compile(r"--hash=(\w+:[0-9a-f]+)")
_FROM = re.compile(r"^\s+# from (\S+)$")


def read_pins(text: str, target: Target) -> tuple[Pin, ...]:
    """The packages of a pylock.toml that the target needs, by name."""
    # tomllib came with Python 3.11; tomli is the same parser for 3.10.
    toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    rows: list[dict[str, Any]] = toml.loads(text).get("packages", [])
    wanted = [row for row in rows if "marker" not in row or target.holds(Marker(row["marker"]))]
    return tuple(sorted((_pin(row, target) for row in wanted), key=lambda pin: pin.name))


def _pin(row: Mapping[str, Any], target: Target) -> Pin:
    name = canonicalize_name(row["name"])
    if kind := next((kind for kind in ("archive", "vcs", "directory") if kind in row), None):
        raise UnsupportedError(
            f"{name} does not come from an index but from an address of its own ({kind}).",
            hint="Require it by name and version; a private package is pushed with 'amlpriv feed push'.",
        )
    wheels = [_file(item) for item in row.get("wheels", ())]
    ranked = [
        (rank, file.filename, number) for number, file in enumerate(wheels) if (rank := _rank(file, target)) is not None
    ]
    files = tuple(wheels[number] for _, _, number in sorted(ranked)) or (
        (_file(row["sdist"]),) if "sdist" in row else ()
    )
    # What the folder has was put there on purpose: an index's file of that name may be somebody else's.
    files = tuple(file for file in files if file.is_local) or files
    if not files:
        raise BuildError(f"uv chose {name} without a file that installs on {target}.")
    hashes = tuple(f"sha256:{file.sha256}" for file in files if file.sha256)
    index = without_query(row["index"]) if "index" in row else None
    return Pin(name, Version(str(row["version"])), files, hashes, index)


def _rank(file: PinnedFile, target: Target) -> int | None:
    return target.rank(parse_filename(file.filename).tags)


def _file(item: Mapping[str, Any]) -> PinnedFile:
    url = str(item["url"]) if "url" in item else Path(item["path"]).as_uri()
    filename = str(item.get("name") or unquote(urlsplit(url).path.rpartition("/")[2]))
    return PinnedFile(filename, without_query(url), item.get("hashes", {}).get("sha256"), item.get("size"))


def with_hashes(pins: tuple[Pin, ...], text: str) -> tuple[Pin, ...]:
    """The pins with the hashes of all their files, and the index, that a requirements file has."""
    hashes: dict[NormalizedName, list[str]] = {}
    origins: dict[NormalizedName, str] = {}
    name: NormalizedName | None = None
    for line in text.splitlines():
        if match := _PINNED.match(line):
            name = canonicalize_name(match[1])
        if name is not None:
            hashes.setdefault(name, []).extend(_HASH.findall(line))
            if match := _FROM.match(line):
                origins[name] = without_query(match[1])
    return tuple(
        pin
        if pin.file.is_local
        else replace(pin, hashes=tuple(hashes.get(pin.name) or pin.hashes), index=origins.get(pin.name))
        for pin in pins
    )
