"""What a wheel depends on that is built from a project folder, as one key: equal keys, equal content.

In the key stand the content and the executable bit of every file that the build is shown (``sourcecopy``): all but
environments, caches and old build results, whatever git thinks of them, for not every backend reads ``.gitignore``; the
``.gitignore`` files above; where the configuration looks outside, the rest of the repository; where the build may ask
git, the commit, its tags and what is tracked; the interpreter, uv and its settings, and the variables that build
backends and the project's scripts read. Only where that is too much to be copied, the files that git would track, and
of the others what ``builds.files`` tells.

What cannot be known: newer build requirements in the index, and what a build reads from the network, the clock or
places that its configuration does not name. ``AMLPRIV_NO_BUILD_CACHE=1`` builds in any case.
"""

from __future__ import annotations

import json
import os
import platform
import posixpath
import re
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path
from threading import Lock

from amlpriv.builds.files import Walk, configuration_text
from amlpriv.builds.git import ask_git, listed_files
from amlpriv.builds.hashes import FileHashes, hash_file
from amlpriv.builds.surroundings import asks_git, named_variables, read_scripts, runs_code, uv_settings
from amlpriv.errors import BuildError
from amlpriv.interpreters import uv_program
from amlpriv.processes import run
from amlpriv.sourcecopy import MOST_BYTES as MOST_COPIED_BYTES
from amlpriv.sourcecopy import MOST_FILES as MOST_COPIED_FILES
from amlpriv.sourcecopy import git_root, is_junk, looks_outside

__all__ = ["Inputs"]

SCHEMA = 2
"""To be raised when a build is done in another way, so that older wheels are not taken."""
MOST_FILES = 50_000
MOST_BYTES = 5_000_000_000
"""A project with more than that is built every time: to read it all takes longer than many a build."""

_VARIABLES = re.compile(
    r"SOURCE_DATE_EPOCH|ARCHFLAGS|CC|CXX|CPP|LD|AR|LDSHARED|\w*FLAGS|_PYTHON_HOST_PLATFORM|MACOSX_DEPLOYMENT_TARGET"
    r"|PKG_CONFIG_\w+|DIST(UTILS)?_\w+|PBR_VERSION|PEP517_\w+|(CARGO|PYO3|MATURIN|CMAKE|SKBUILD|MESON|CYTHON)\w*"
    r"|(SETUPTOOLS|HATCH|POETRY|PDM_BUILD|FLIT|VERSIONEER|UV_DYNAMIC_VERSIONING|VERSIONINGIT|DUNAMAI)_\w+"
    r"|UV_(BUILD_CONSTRAINT|CONFIG_FILE|CONFIG_SETTINGS?\w*|EXCLUDE_NEWER\w*|NO_BUILD_ISOLATION\w*|NO_CONFIG|PREVIEW)"
)
_RULES = (".gitignore", ".gitattributes")
_PROBE = """
import platform, sys, sysconfig
print("AMLPRIV", sys.version, sysconfig.get_platform(), sysconfig.get_config_var("EXT_SUFFIX"), *platform.libc_ver())
"""


@dataclass(slots=True)
class Inputs:
    """Makes keys, also for several threads. Each is made once, and git is asked once: use one object for one run, not
    for longer.
    """

    environ: Mapping[str, str]
    notes: Path
    """A private folder for the hashes of files, so that an unchanged file is read once."""
    _tracked: dict[Path, frozenset[str] | None] = field(default_factory=dict)
    _untracked: dict[Path, frozenset[str] | None] = field(default_factory=dict)
    _states: dict[Path, tuple[object, ...]] = field(default_factory=dict)
    _hashes: dict[Path, FileHashes] = field(default_factory=dict)
    _keys: dict[tuple[Path, Path | None, str], str | None] = field(default_factory=dict)
    _program: list[object] = field(default_factory=list)
    _pythons: dict[Path | None, str | None] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def key(self, project: Path, *, python: Path | None = None, made_for: str = "") -> str | None:
        """The key of a project's wheel, 64 hexadecimal digits; None when it cannot be known and has to be built.

        ``python`` runs the build, by default our own; ``made_for`` is what else sets two builds apart.
        """
        with self._lock:  # several builds of one run ask at the same time
            asked = (project.resolve(), python, made_for)
            if asked not in self._keys:
                self._keys[asked] = self._key(*asked)
            return self._keys[asked]

    def _key(self, project: Path, python: Path | None, made_for: str) -> str | None:
        try:
            uv = self._uv()
            interpreter = self._interpreter(python)
            text = configuration_text(project)
            root = self._repository(project)
            top = root or project
            whole = top if top != project and looks_outside(project) else project
            names = self._names(whole, project, root, text)
            if names is None or interpreter is None:
                return None
            files = self._files(project, top, whole, *names)
            scripts = read_scripts(top, names[0]) if runs_code(project, text) else ""
            described = {
                "schema": SCHEMA,
                "files": files,
                "interpreter": interpreter,
                "uv": uv,
                "uv_settings": uv_settings(self.environ),
                "variables": self._variables(text, scripts),
                "git": self._state(root, project) if root and asks_git(project, text, scripts) else None,
                "for": made_for,
            }
        except (OSError, ValueError):  # a file that goes away or may not be read; the build will say more
            return None
        return sha256(json.dumps(described, sort_keys=True).encode("utf-8", "surrogateescape")).hexdigest()

    def _repository(self, project: Path) -> Path | None:
        """The git repository that tracks something of the project."""
        root = git_root(project)
        if root is None:
            return None
        if root not in self._tracked:
            self._tracked[root] = listed_files(root, self.environ, "--cached")
        tracked = self._tracked[root]
        below = project.relative_to(root).as_posix()
        if tracked is None or below == "." or any(name.startswith(f"{below}/") for name in tracked):
            return root
        return None

    def _wanted(self, root: Path) -> frozenset[str] | None:
        """Everything below the repository that git would track; None when git does not say."""
        if root not in self._untracked:
            self._untracked[root] = listed_files(root, self.environ, "--others", "--exclude-standard")
        tracked, untracked = self._tracked[root], self._untracked[root]
        return None if tracked is None or untracked is None else tracked | untracked

    def _names(self, whole: Path, project: Path, root: Path | None, text: str) -> tuple[list[str], bool] | None:
        """The files that count, as paths from the repository, and whether that is all of them; None for too many."""
        top = root or project
        everything = Walk.over(whole, top, project, None, text)
        most = (MOST_COPIED_FILES, MOST_COPIED_BYTES) if root else (MOST_FILES, MOST_BYTES)
        names = _limited(top, everything.files(whole), *most)
        if names is not None or root is None:
            return None if names is None else (names, True)
        wanted = self._wanted(root)
        if not wanted:
            return None
        names = _limited(top, Walk.over(whole, top, project, wanted, text).files(whole), MOST_FILES, MOST_BYTES)
        return None if names is None else (names, False)

    def _files(
        self, project: Path, top: Path, whole: Path, names: list[str], complete: bool
    ) -> list[tuple[str, str, str]]:
        """Path, kind and content of each file."""
        above = [folder.as_posix() for folder in project.relative_to(top).parents]
        rules = [
            path for folder in above for name in _RULES if (top / (path := posixpath.join(folder, name))).is_file()
        ]
        if top not in self._hashes:
            self._hashes[top] = FileHashes(top, self.notes)
        hashes = self._hashes[top]

        def walked(folder: Path) -> bool:
            inside = complete and folder.is_relative_to(whole)
            between = [path for path in (folder, *folder.parents) if inside and whole in path.parents]
            return inside and not any(is_junk(path, project) for path in between)

        here = "" if project == top else f"{project.relative_to(top).as_posix()}/"
        # A project may move within its repository: what is in it counts by its place in the project.
        files = {
            (name[len(here) :] if name.startswith(here) else f"/{name}", *hashes.of(name, walked))
            for name in (*names, *rules)
        }
        hashes.keep()
        return sorted(files)

    def _state(self, root: Path, project: Path) -> tuple[object, ...]:
        """The commit, its tags, whether something is changed, and what is tracked."""
        if root not in self._states:
            asked = (
                ("rev-parse", "HEAD"),
                ("describe", "--tags", "--long", "--always", "--dirty"),
                ("for-each-ref", "--format=%(objectname) %(refname)", "refs/tags"),
                ("rev-parse", "--is-shallow-repository", "--abbrev-ref", "HEAD"),
            )
            tracked = sha256("\n".join(sorted(self._tracked[root] or ())).encode("utf-8", "surrogateescape"))
            answers = (ask_git(root, self.environ, *arguments) for arguments in asked)
            self._states[root] = (*answers, tracked.hexdigest())
        return (*self._states[root], root.name, project.relative_to(root).as_posix())

    def _variables(self, text: str, scripts: str) -> dict[str, str]:
        known = {name: value for name, value in self.environ.items() if _VARIABLES.fullmatch(name)}
        files = {f"file {value}": hash_file(path) for value in known.values() if (path := Path(value)).is_file()}
        return {**named_variables(self.environ, text, scripts), **known, **files}

    def _uv(self) -> list[object]:
        if not self._program:
            path = uv_program(self.environ)
            status = path.stat() if path.is_absolute() else None
            self._program += [status.st_size, status.st_mtime_ns] if status else [str(path)]
        return self._program

    def _interpreter(self, python: Path | None) -> str | None:
        if python not in self._pythons:
            self._pythons[python] = _own_identity() if python is None else _asked_identity(python, self.environ)
        return self._pythons[python]


def _limited(top: Path, found: Iterator[str], most_files: int, most_bytes: int) -> list[str] | None:
    names = list(islice(found, most_files + 1))
    if len(names) > most_files or sum(os.lstat(f"{top}/{name}").st_size for name in names) > most_bytes:
        return None
    return names


def _own_identity() -> str:
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    return " ".join(map(str, ("AMLPRIV", sys.version, sysconfig.get_platform(), suffix, *platform.libc_ver())))


def _asked_identity(python: Path, environ: Mapping[str, str]) -> str | None:
    try:
        completed = run([python.absolute(), "-I", "-S", "-c", _PROBE], env=environ, timeout=10)
    except BuildError:  # the build itself will say that there is none
        return None
    return " ".join(completed.tail) if completed.succeeded else None
