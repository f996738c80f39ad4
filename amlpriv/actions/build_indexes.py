"""What uv needs to build a project whose indexes are in its pyproject.toml, when one is the running local feed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from amlpriv.connections.addresses import LOOPBACK, read_address
from amlpriv.errors import AmlprivError
from amlpriv.files import read_text

__all__ = ["environ_to_build"]


def environ_to_build(project: Path, environ: Mapping[str, str]) -> Mapping[str, str]:
    """``environ``, for an index of the local workspace with its certificates and, unless the user has set another
    credential for the index's name, a token that reads its feeds. uv looks into all indexes of the project, or of the
    workspace of projects around it, for what the build requires."""
    places = [(name, url) for name, url in _indexes(project) if read_address(url).host in LOOPBACK]
    if not places:
        return environ
    from amlpriv.actions.connect_proofs import environ_for

    for name, url in places:
        changed = environ_for(url, environ)
        if changed is not environ:
            environ = {**changed, **_login(name, environ)}
    return environ


def _indexes(project: Path) -> Iterator[tuple[str, str]]:
    for folder in (project, *project.absolute().parents):
        uv = _table(folder / "uv.toml")
        if uv is None:
            tool = (_table(folder / "pyproject.toml") or {}).get("tool")
            uv = tool.get("uv") if isinstance(tool, dict) else None
        found = uv.get("index") if isinstance(uv, dict) else None
        for index in found if isinstance(found, list) else []:
            if isinstance(index, dict) and isinstance(index.get("url"), str):
                yield str(index.get("name", "")), index["url"]


def _table(file: Path) -> dict[str, Any] | None:
    """None for a file that is not there or cannot be read: others complain about it."""
    toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        return dict(toml.loads(read_text(file))) if file.is_file() else None
    except (AmlprivError, ValueError, OSError):
        return None


def _login(name: str, environ: Mapping[str, str]) -> dict[str, str]:
    from amlpriv.local.environment import FEED_TOKEN
    from amlpriv.local.feed.tokens import load_tokens
    from amlpriv.local.home import Home

    stem = "UV_INDEX_" + "".join(c.upper() if c.isascii() and c.isalnum() else "_" for c in name)
    if not name or f"{stem}_PASSWORD" in environ:
        return {}
    token = environ.get(FEED_TOKEN)
    if not token and (tokens := load_tokens(Home.find(environ).root)) is not None:
        token = tokens.read.reveal()
    return {f"{stem}_USERNAME": "local", f"{stem}_PASSWORD": token} if token else {}
