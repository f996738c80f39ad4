"""The folder of an environment: where its programs are, how to activate it, how to lock and to remove it."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from amlpriv.errors import LockedError, UsageError

__all__ = ["MARKER", "Tool", "activated", "clear", "locked", "python_of", "remove", "sweep", "work_folder"]

MARKER = ".amlpriv-complete"
"""Written last: a folder without it is a failed attempt."""

Tool = Literal["micromamba", "mamba", "conda", "venv"]

_SIGNS_OF_AN_ENVIRONMENT = ("pyvenv.cfg", "conda-meta", MARKER)
_FOREIGN = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV")


def python_of(prefix: Path, tool: Tool) -> Path:
    """The environment's interpreter."""
    if os.name == "nt":
        return prefix / "Scripts" / "python.exe" if tool == "venv" else prefix / "python.exe"
    return prefix / "bin" / "python"


def activated(
    prefix: Path, tool: Tool, environ: Mapping[str, str], variables: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The environment variables of a process inside, without any trace of other environments.

    ``variables`` are those of the conda section, which conda sets at the activation. The scripts in a conda
    environment's ``etc/conda/activate.d`` are not run.
    """
    if os.name != "nt":
        folders = [prefix / "bin"]
    elif tool == "venv":
        folders = [prefix / "Scripts"]
    else:
        folders = [prefix, prefix / "Library" / "bin", prefix / "Scripts"]
    path = os.pathsep.join([*map(str, folders), *filter(None, [environ.get("PATH")])])
    rest = {name: value for name, value in environ.items() if name not in _FOREIGN}
    own = {"VIRTUAL_ENV" if tool == "venv" else "CONDA_PREFIX": str(prefix)}
    return {**rest, **(variables or {}), **own, "PATH": path, "PYTHONNOUSERSITE": "1"}


@contextlib.contextmanager
def locked(prefix: Path, seconds: float) -> Iterator[None]:
    """Nobody else builds there meanwhile. Raises LockedError when somebody does for longer than ``seconds``."""
    lock = FileLock(f"{prefix}.lock")
    try:
        lock.acquire(timeout=seconds)
    except Timeout as error:
        raise LockedError(
            f"Another process has been building {prefix} for more than {seconds:g} seconds.",
            hint="Wait until it is done, or end it; then run this again.",
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def work_folder(prefix: Path) -> Iterator[Path]:
    """A private folder beside the environment for files with secrets; gone afterwards whatever happens."""
    pattern = f".{prefix.name}.work-"
    for stale in prefix.parent.glob(f"{pattern}*"):  # of a process that was killed; we hold the lock
        remove(stale)
    work = Path(tempfile.mkdtemp(prefix=pattern, dir=prefix.parent))
    try:
        (work / "tmp").mkdir()
        yield work
    finally:
        remove(work)


def sweep(root: Path) -> None:
    """Remove what killed builds left below ``root``: work folders (signed URLs are in there) and the unfinished
    environments that they belong to. What is being built now is left alone."""
    for stale in root.glob(".*.work-*"):
        prefix = root / stale.name[1:].rpartition(".work-")[0]
        with contextlib.suppress(Timeout, OSError), FileLock(f"{prefix}.lock", timeout=0):
            if _is_environment(prefix) and not (prefix / MARKER).exists():
                remove(prefix)
            remove(stale)


def _is_environment(folder: Path) -> bool:
    return any((folder / sign).exists() for sign in _SIGNS_OF_AN_ENVIRONMENT)


def clear(prefix: Path) -> None:
    """Remove a failed attempt. Raises UsageError for a folder that never was an environment."""
    if not prefix.exists():
        return
    empty = prefix.is_dir() and not any(prefix.iterdir())
    if not empty and not _is_environment(prefix):
        raise UsageError(
            f"{prefix} is in the way: it is not an environment.", hint="Move it away, or build somewhere else."
        )
    remove(prefix)


def remove(folder: Path) -> None:
    """Remove a folder with everything in it; read-only files (Windows) too."""

    def make_writable(function: Callable[..., Any], path: str, _: object) -> None:
        with contextlib.suppress(OSError):
            Path(path).chmod(stat.S_IWRITE)
            function(path)

    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        if sys.version_info >= (3, 12):
            shutil.rmtree(folder, onexc=make_writable)
        else:
            shutil.rmtree(folder, onerror=make_writable)
