"""Which Pythons this machine has. None is believed before it has run: version managers leave names that do not work."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from amlpriv.errors import BuildError
from amlpriv.processes import run

__all__ = ["Interpreter", "find_pythons", "nearest", "uv_program"]

VARIABLE = "AMLPRIV_PYTHONS"
"""Names the interpreters to use, separated like PATH; nothing else is searched then."""

_NAME = re.compile(r"python(?:3(?:\.\d+)?)?(?:\.exe)?")
_LAUNCHER_PATH = re.compile(r"[A-Za-z]:\\.*\.exe\s*$")
_LIMIT = 10.0
_AT_ONCE = 4
_LIFE = 600.0
"""Seconds: a local workspace runs for days, and meanwhile its user may install another Python."""

# The interpreter below a virtual environment: an environment's own python goes away with it.
_PROBE = """
import json, os, platform, sys
name = "python.exe" if os.name == "nt" else os.path.join("bin", "python%d.%d" % sys.version_info[:2])
base = os.path.join(sys.base_prefix, name)
path = base if sys.prefix != sys.base_prefix or os.path.isfile(base) else sys.executable
print("AMLPRIV" + json.dumps([path if os.path.isfile(path) else sys.executable, list(sys.version_info[:3]),
      sys.implementation.name, platform.machine()]))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that runs."""

    path: Path
    """Of the interpreter itself, not of a virtual environment or a shim."""
    version: tuple[int, int, int]
    implementation: str
    """``cpython``, ``pypy``, ..."""
    arch: str
    """As ``platform.machine()`` says it: ``x86_64``, ``AMD64``, ``arm64``."""

    @property
    def minor(self) -> tuple[int, int]:
        """For instance (3, 11)."""
        return self.version[:2]


def find_pythons(environ: Mapping[str, str], running: Path) -> tuple[Interpreter, ...]:
    """Every Python 3 found, newest first; ``running`` is ours (``sys.executable``). A search is good for ten minutes,
    and threads that want the same one wait for it: on a busy machine it takes long.

    Looked at: ``running``, the names ``python``, ``python3`` and ``python3.X`` on PATH, what uv has installed, and on
    Windows what ``py`` knows; or only what AMLPRIV_PYTHONS lists, where that is set.
    """
    key = (environ.get("PATH"), environ.get(VARIABLE), running)
    with _searching:
        searched, found = _found.get(key, (0.0, ()))
        if not searched or time.monotonic() - searched > _LIFE:
            found = _find(environ, running)
            _found[key] = time.monotonic(), found
        return found


def nearest(asked: tuple[int, int], found: Iterable[Interpreter]) -> Interpreter:
    """The newest interpreter of the asked minor version, else of the nearest one, of two equally near the higher.

    CPython goes first. Raises BuildError when there is none of that major version.
    """
    same_major = [interpreter for interpreter in found if interpreter.version[0] == asked[0]]
    candidates = [interpreter for interpreter in same_major if interpreter.implementation == "cpython"] or same_major
    if not candidates:
        raise BuildError(
            f"No Python {asked[0]} was found on this machine.",
            hint=f"Install Python {asked[0]}.{asked[1]}, or name one in {VARIABLE}.",
        )

    def distance(interpreter: Interpreter) -> tuple[int, int, int]:
        _, minor, patch = interpreter.version
        return abs(minor - asked[1]), -minor, -patch

    return min(candidates, key=distance)


def uv_program(environ: Mapping[str, str]) -> Path:
    """The uv that was installed with us, else the name to search on PATH."""
    import uv

    try:
        with _first_use:  # before Python 3.12, sysconfig that two threads use first is half filled for one of them
            return Path(uv.find_uv_bin())
    except FileNotFoundError:
        return Path(environ.get("UV", "uv"))


_found: dict[tuple[str | None, str | None, Path], tuple[float, tuple[Interpreter, ...]]] = {}
_searching = threading.Lock()
_first_use = threading.Lock()


def _find(environ: Mapping[str, str], running: Path) -> tuple[Interpreter, ...]:
    candidates = dict.fromkeys(_named(environ) or (running, *_on_path(environ), *_known_to_tools(environ)))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = pool.map(lambda path: _ask(path, environ), candidates)
        found = {_identity(answer): answer for answer in answers if answer is not None}
    return tuple(sorted(found.values(), key=lambda one: one.version, reverse=True))


def _identity(interpreter: Interpreter) -> str:
    return os.path.normcase(interpreter.path.resolve())


def _named(environ: Mapping[str, str]) -> tuple[Path, ...]:
    return tuple(Path(entry) for entry in environ.get(VARIABLE, "").split(os.pathsep) if entry)


def _on_path(environ: Mapping[str, str]) -> Iterator[Path]:
    for folder in environ.get("PATH", "").split(os.pathsep):
        with contextlib.suppress(OSError):  # PATH may name what does not exist or is not ours to list
            if folder:
                yield from sorted(path for path in Path(folder).iterdir() if _NAME.fullmatch(path.name.lower()))


def _known_to_tools(environ: Mapping[str, str]) -> Iterator[Path]:
    # Without only-managed uv would run once more everything on PATH.
    settings = {**environ, "UV_PYTHON_PREFERENCE": "only-managed", "UV_PYTHON_DOWNLOADS": "never"}
    listing = ("python", "list", "--only-installed", "--output-format", "json", "--no-config", "-q")
    for line in _output([uv_program(environ), *listing], settings):
        if line.startswith("["):
            with contextlib.suppress(ValueError, TypeError, KeyError):
                yield from [Path(entry["path"]) for entry in json.loads(line)]
    if sys.platform == "win32":
        for line in _output(["py", "-0p"], environ):
            if match := _LAUNCHER_PATH.search(line):
                yield Path(match[0].strip())


def _ask(path: Path, environ: Mapping[str, str]) -> Interpreter | None:
    """What the interpreter says about itself; None when it does not work or is not Python 3."""
    for line in _output([path, "-I", "-S", "-c", _PROBE], environ):
        if line.startswith("AMLPRIV"):
            with contextlib.suppress(ValueError):
                name, version, implementation, arch = json.loads(line.removeprefix("AMLPRIV"))
                return Interpreter(Path(name), (version[0], version[1], version[2]), implementation, arch)
    return None


def _output(command: Sequence[str | Path], environ: Mapping[str, str]) -> tuple[str, ...]:
    """What the tool prints; nothing when it is missing, fails or takes too long."""
    with contextlib.suppress(BuildError):
        completed = run(command, env=environ, timeout=_LIMIT)
        if completed.succeeded:
            return completed.tail
    return ()
