"""The files that describe an installed distribution: RECORD, direct_url.json, and what they say.

It is sent to other interpreters: the standard library of Python 3.8, and modules of this folder, are all it may use.
"""

from __future__ import annotations

import csv
import json
import os
import sysconfig
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

__all__ = ["direct_url", "in_site", "paths_needed", "place_of", "record_rows", "text_of"]


def text_of(path: Path) -> str:
    """The file's text, or nothing."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def record_rows(info: Path) -> list[tuple[str, str, str]]:
    """RECORD (PEP 376), or what setuptools and pip wrote for an egg; paths from the folder that holds ``info``."""
    if not info.is_dir():
        return []
    rows = [row for row in csv.reader(text_of(info / "RECORD").splitlines()) if row]
    if rows:
        return [
            (row[0].replace("\\", "/"), row[1] if len(row) > 1 else "", row[2] if len(row) > 2 else "") for row in rows
        ]
    listed = text_of(info / "installed-files.txt").split("\n")
    return [(os.path.normpath(info.name + "/" + line).replace("\\", "/"), "", "") for line in listed if line]


def direct_url(info: Path) -> dict[str, Any] | None:
    """direct_url.json (PEP 610); an empty one where it cannot be read."""
    if not info.is_dir() or not (info / "direct_url.json").is_file():
        return None
    try:
        content = json.loads(text_of(info / "direct_url.json"))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def place_of(direct: dict[str, Any] | None) -> dict[str, Any] | None:
    """The path of a ``file:`` address, and whether it is a folder, a file, or gone."""
    url = (direct or {}).get("url")
    if not isinstance(url, str) or urlsplit(url).scheme != "file":
        return None
    parts = urlsplit(url)
    host = "" if parts.netloc in ("", "localhost") else "//" + parts.netloc
    path = Path(url2pathname(host + parts.path))
    return {"path": str(path), "kind": "folder" if path.is_dir() else "file" if path.is_file() else None}


def in_site(folder: Path) -> bool:
    """Whether packages are installed there, and do not merely lie there."""
    known = {os.path.normcase(sysconfig.get_path(key)) for key in ("purelib", "platlib")}
    return folder.name in ("site-packages", "dist-packages") or os.path.normcase(str(folder)) in known


def paths_needed(paths: list[str]) -> list[str]:
    """Without what lies below a folder with an ``__init__``."""
    packages = {path.rpartition("/")[0] for path in paths if path.rpartition("/")[2].startswith("__init__.")}
    kept = []
    for path in paths:
        parts = path.split("/")[:-1]
        above = {"/".join(parts[:count]) for count in range(1, len(parts))}
        own = "/".join(parts)
        if not above & packages and (own not in packages or path.rpartition("/")[2].startswith("__init__.")):
            kept.append(path)
    return kept
