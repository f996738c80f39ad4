"""What a build may read beside the project's files: the state of git, variables, uv's own settings.

Told from what the project runs while it is built. A configuration that says everything itself runs nothing; any other
may import or start whatever lies in the project, so all its scripts are looked through. When in doubt, it asks git.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from amlpriv.builds.hashes import hash_file

__all__ = ["asks_git", "named_variables", "read_scripts", "runs_code", "uv_settings"]

_ASKS_GIT = re.compile(r"scm|vcs|versioneer|versioningit|dunamai|dynamic-versioning|\bgit\b|backend-path")
_SCRIPT_ASKS_GIT = re.compile(r"\bgit\b|pygit2|dulwich|setuptools_scm|versioneer|dunamai", re.IGNORECASE)
_READS_VARIABLES = re.compile(r"environ|getenv|ENV\{|\benv")
_WORD = re.compile(r"\b[A-Z][A-Z0-9_]{2,}\b")

_BACKENDS = frozenset(
    {
        "setuptools.build_meta",
        "hatchling.build",
        "flit_core.buildapi",
        "poetry.core.masonry.api",
        "uv_build",
        "pdm.backend",
    }
)
"""They run nothing of the project unless it says so."""
_REQUIREMENTS = frozenset(
    {
        "setuptools",
        "wheel",
        "hatchling",
        "flit-core",
        "poetry-core",
        "uv-build",
        "pdm-backend",
        "cython",
        "numpy",
        "cffi",
        "pybind11",
        "nanobind",
        "packaging",
        "tomli",
        "scikit-build-core",
        "py-build-cmake",
        "cmake",
        "ninja",
        "meson",
        "meson-python",
        "maturin",
        "setuptools-rust",
        "mypy",
    }
)
"""None of them asks git for anything. What another one does is not known."""
_RUNS = re.compile(r"\bdynamic\b|hook|\battr\b|cmdclass|\bscript\b|^\s*build\s*=|\[tool\.poetry\.build\]", re.MULTILINE)
_HOOKS = ("setup.py", "hatch_build.py", "pdm_build.py", "build.py")

_SCRIPT = re.compile(
    r"(?i)[^.][^.]*|CMakeLists\.txt|.*\.(py|pyx|pxi|sh|bash|pl|bat|cmd|ps1"
    r"|cmake|build|rs|mk|toml|cfg|ini|in)"
)
"""By its name."""
_LONGEST = 1024 * 1024
"""Bytes; a longer script was not written by hand."""


def runs_code(project: Path, text: str) -> bool:
    """Whether the build may run something that lies in the project; ``text`` is its configuration."""
    if any((project / name).is_file() for name in _HOOKS) or _RUNS.search(text):
        return True
    configuration = _configuration(project)
    system = _table(configuration, "build-system")
    poetry = _table(_table(configuration, "tool"), "poetry")
    if not ("version" in _table(configuration, "project") or "version" in poetry):
        return True
    return system.get("build-backend", "setuptools.build_meta") not in _BACKENDS


def asks_git(project: Path, text: str, scripts: str) -> bool:
    """Whether the wheel may depend on the commit, a tag or the index; ``scripts`` is what the build may run."""
    if _ASKS_GIT.search(text) or _SCRIPT_ASKS_GIT.search(scripts):
        return True
    requires = _table(_configuration(project), "build-system").get("requires", [])
    try:
        names = {str(canonicalize_name(Requirement(str(line)).name)) for line in requires}
    except (InvalidRequirement, TypeError):
        return True
    return not names <= _REQUIREMENTS


def read_scripts(top: Path, names: Iterable[str]) -> str:
    """The content of the scripts among the files ``names`` (paths from ``top``). Raises OSError."""
    return "\n".join(_scripts(top, names))


def _scripts(top: Path, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        path = top / name
        if _SCRIPT.fullmatch(path.name) and path.is_file() and path.stat().st_size <= _LONGEST:
            yield path.read_text(encoding="utf-8", errors="replace")


def named_variables(environ: Mapping[str, str], text: str, scripts: str) -> dict[str, str]:
    """The variables that the configuration names, or the scripts where they read any."""
    words = set(_WORD.findall(text))
    if _READS_VARIABLES.search(scripts):
        words |= set(_WORD.findall(scripts))
    return {name: environ[name] for name in sorted(words) if name in environ}


def uv_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Hashes of the user's and the machine's uv.toml, by number: one may set options of the build.

    Where they are: uv's documentation, "Configuration files". Raises OSError.
    """
    if os.name == "nt":
        drive = environ.get("SYSTEMDRIVE", "C:")
        folders = [environ.get("APPDATA", ""), environ.get("PROGRAMDATA") or f"{drive}\\ProgramData"]
    else:
        home = environ.get("HOME") or str(Path.home())
        machine = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
        folders = [environ.get("XDG_CONFIG_HOME") or f"{home}/.config", *machine, "/etc"]
    paths = (Path(folder) / "uv" / "uv.toml" for folder in folders if folder)
    return {str(number): hash_file(path) for number, path in enumerate(paths) if path.is_file()}


def _configuration(project: Path) -> dict[str, Any]:
    # tomllib came with Python 3.11; tomli is the same parser for 3.10.
    toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        data: dict[str, Any] = toml.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    return found if isinstance(found, dict) else {}
