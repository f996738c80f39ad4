"""Where `amlpriv local serve` says what it runs, for the control plane to find: ``<root>/serving/<endpoint>/``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from amlpriv.local.plane.filenames import file_name

__all__ = ["ServingFiles", "served_port", "serving_files"]


@dataclass(frozen=True, slots=True)
class ServingFiles:
    """The files of one deployment."""

    registration: Path
    """Process id and port of the inference server. Only true while ``lock`` is held."""
    lock: Path
    """Held by the command for as long as it lives: the operating system lets it go, whatever happens."""
    log: Path
    """What the inference server printed, the last time."""


def serving_files(root: Path, endpoint: str, deployment: str) -> ServingFiles:
    """The files of a deployment in the local workspace at ``root``; names compare without regard to case."""
    folder = root / "serving" / file_name(endpoint.lower())
    name = file_name(deployment.lower())
    return ServingFiles(folder / f"{name}.json", folder / f"{name}.lock", folder / f"{name}.log")


def served_port(root: Path, endpoint: str, deployment: str) -> int | None:
    """The port on 127.0.0.1 of the server that runs the deployment; None when none does, whatever a file says."""
    files = serving_files(root, endpoint, deployment)
    try:
        said = json.loads(files.registration.read_text(encoding="utf-8"))
        port = said["port"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return port if isinstance(port, int) and _is_held(files.lock) else None


def _is_held(path: Path) -> bool:
    import filelock

    lock = filelock.FileLock(path, timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        return True
    lock.release()
    return False
