"""Where `amlpriv local serve` says what it runs, for the control plane to find: ``<root>/serving/<endpoint>/``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amlpriv.local.plane.filenames import file_name

__all__ = ["Served", "ServingFiles", "deployment_version", "served", "serving_files"]

_MATTERS = ("codeConfiguration", "environmentId", "environmentVariables", "model")
"""What a server is started with. Timeouts and traffic are read for each request, tags and instances change nothing."""


@dataclass(frozen=True, slots=True)
class ServingFiles:
    """The files of one deployment."""

    registration: Path
    """Process id and port of the inference server, and what it serves. Only true while ``lock`` is held."""
    lock: Path
    """Held by the command for as long as it lives: the operating system lets it go, whatever happens."""
    log: Path
    """What the inference server printed, the last time."""


def serving_files(root: Path, endpoint: str, deployment: str) -> ServingFiles:
    """The files of a deployment in the local workspace at ``root``; names compare without regard to case."""
    folder = root / "serving" / file_name(endpoint.lower())
    name = file_name(deployment.lower())
    return ServingFiles(folder / f"{name}.json", folder / f"{name}.lock", folder / f"{name}.log")


@dataclass(frozen=True, slots=True)
class Served:
    """What runs a deployment."""

    port: int
    """On 127.0.0.1."""
    version: str
    """The ``deployment_version`` that it was started with."""


def served(root: Path, endpoint: str, deployment: str) -> Served | None:
    """The server that runs the deployment; None when none does, whatever a file says."""
    files = serving_files(root, endpoint, deployment)
    try:
        said = json.loads(files.registration.read_text(encoding="utf-8"))
        port, version = said["port"], said.get("version")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Served(port, str(version)) if isinstance(port, int) and _is_held(files.lock) else None


def deployment_version(created: str, properties: Mapping[str, Any]) -> str:
    """Another one for a deployment that was made again, or updated so that a running server serves the old one.

    ``created`` is its ``systemData.createdAt``, ``properties`` are the REST resource's. A digest: variables may be
    secret.
    """
    matters = {name: properties.get(name) for name in _MATTERS}
    return hashlib.sha256(json.dumps([created, matters], sort_keys=True).encode()).hexdigest()[:32]


def _is_held(path: Path) -> bool:
    import filelock

    lock = filelock.FileLock(path, timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        return True
    lock.release()
    return False
