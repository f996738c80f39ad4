"""Editable installs, by PEP 660 and the older ways, and the modules that a distribution brings.

It is sent to other interpreters: the standard library of Python 3.8, and modules of this folder, are all it may use.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from amlpriv.installed.metadata import in_site, paths_needed, place_of, text_of

__all__ = ["editable", "paths_of_modules"]

PROJECT = ("pyproject.toml", "setup.py", "setup.cfg")
FOREIGN = {
    *("__pycache__", "tests", "test", "docs", "doc", "build", "dist", "examples", "scripts", "notebooks"),
    *("venv", "env", "node_modules"),
}
"""Folders beside the code that are none."""


def editable(
    info: Path, rows: list[tuple[str, str, str]], direct: dict[str, Any] | None
) -> tuple[str | None, list[str]]:
    """The project of an editable install with the names that it offers: by PEP 660, or the older ways of it."""
    folders: list[Path] = []
    names: list[str] = []
    for path, _, _ in rows:
        file = info.parent / path
        if "/" not in path and path.endswith(".pth"):
            lines = (line.strip() for line in text_of(file).splitlines())
            folders += [Path(line) for line in lines if line and not line.startswith("import") and Path(line).is_dir()]
        elif "/" not in path and re.match(r"__editable___.*_finder\.py$", path):
            for name, place in re.findall(r"'([\w.]+)': '([^']+)'", text_of(file).partition("NAMESPACES")[0]):
                names.append(name + "/__init__.py")
                folders.append(Path(place).parent)
    names += [path for folder in folders for path in modules_in(folder)]
    place = place_of(direct)
    if place and isinstance(direct, dict) and (direct.get("dir_info") or {}).get("editable"):
        return place["path"], names
    if not in_site(info.parent):
        folders.append(info.parent)
        names += paths_of_modules(info, []) or modules_in(info.parent)
    elif direct is not None:
        folders = []
    return next((root for root in map(project_of, folders) if root), None), names


def project_of(folder: Path) -> str | None:
    """The project that the folder belongs to: itself, or one of the next three above it."""
    for above in [folder, *list(folder.parents)[:3]]:
        if any((above / name).is_file() for name in PROJECT):
            return str(above)
    return None


def modules_in(folder: Path) -> list[str]:
    """The modules and packages that lie in a folder, as RECORD would have them; only what looks like code."""
    paths = []
    for path in sorted(folder.iterdir()):
        if path.suffix == ".py" and path.stem.isidentifier() and path.name != "setup.py":
            paths.append(path.name)
        elif path.name.isidentifier() and path.name not in FOREIGN and path.is_dir() and any(path.glob("**/*.py")):
            inner = [file.relative_to(folder).as_posix() for file in sorted(path.glob("**/*.py"))]
            paths += paths_needed(inner)
    return paths


def paths_of_modules(info: Path, rows: list[tuple[str, str, str]]) -> list[str]:
    """The paths that tell which modules it brings; of a package's inside only the top."""
    code = [path for path, _, _ in rows if path.endswith((".py", ".so", ".pyd")) and not path.startswith("..")]
    if code or not info.is_dir():
        return paths_needed(code)
    return [line.strip() + "/__init__.py" for line in text_of(info / "top_level.txt").splitlines() if line.strip()]
