"""Which container tool this machine has, and whether it works."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from amlpriv.errors import BuildError, UsageError
from amlpriv.processes import ToolMissingError, ToolTimeoutError, run

__all__ = ["CHOICES", "TOOLS", "ContainerTool", "daemon_complaint", "find_tool"]

TOOLS = ("docker", "podman", "buildah")
"""What is known, in the order in which ``auto`` tries them."""
CHOICES = (*TOOLS, "auto")

_LIMIT = 60.0
_PROBES = {
    # Only an answer of the daemon gives it a server version; "docker info" succeeded without one for years.
    "docker": ("version", "--format", "{{.Server.Version}}"),
    "podman": ("info",),
    "buildah": ("info",),
}
_NO_RIGHT = re.compile(r"permission denied.*(?:socket|connect)", re.IGNORECASE)
_NO_DAEMON = re.compile(
    r"cannot connect to (?:the docker daemon|podman)|is the docker daemon running|error during connect|docker_engine"
    r"|failed to connect to the docker api",
    re.IGNORECASE,
)
_START = {
    "docker": "Start Docker Desktop or the docker service; 'docker info' must succeed.",
    "podman": "On Windows and macOS run 'podman machine start'; 'podman info' must succeed.",
    "buildah": "'buildah info' must succeed.",
}


@dataclass(frozen=True, slots=True)
class ContainerTool:
    """A container tool that works."""

    name: str
    """``docker``, ``podman`` or ``buildah``; also the program's name on PATH."""

    def __str__(self) -> str:
        return self.name


def find_tool(asked: str, environ: Mapping[str, str]) -> ContainerTool:
    """The asked tool, or for ``auto`` the first that works.

    Raises UsageError for another name, and BuildError when the tool is missing or does not work.
    """
    if asked not in CHOICES:
        raise UsageError(f"{asked!r} is no container tool.", hint=f"Known: {', '.join(CHOICES)}.")
    if asked != "auto":
        if error := _trouble(asked, environ):
            raise error
        return ContainerTool(asked)
    reasons = []
    for name in TOOLS:
        error = _trouble(name, environ)
        if error is None:
            return ContainerTool(name)
        reasons.append(error.message)
    raise BuildError(
        f"No container tool works here. {' '.join(reasons)}",
        hint="Install docker, podman or (on Linux) buildah, or start the one that you have.",
    )


def daemon_complaint(name: str, tail: tuple[str, ...]) -> BuildError | None:
    """What keeps a tool from its daemon, when its last words say so."""
    text = "\n".join(tail)
    if _NO_RIGHT.search(text):
        hint = f"Use an account that may use {name} (on Linux: the group docker), or podman, which needs none."
        return BuildError(f"This account may not use {name}'s daemon.", hint=hint)
    if _NO_DAEMON.search(text):
        return BuildError(f"{name} is installed, and its daemon does not answer.", hint=_START[name])
    return None


def _trouble(name: str, environ: Mapping[str, str]) -> BuildError | None:
    """Why the tool cannot be used."""
    try:
        completed = run([name, *_PROBES[name]], env=environ, timeout=_LIMIT)
    except ToolMissingError as error:
        other = " or ".join(tool for tool in TOOLS if tool != name)
        return BuildError(error.message, hint=f"Install {name}, or use --build-in with {other}.")
    except ToolTimeoutError:
        return BuildError(f"{name} did not answer within {_LIMIT:g} seconds.", hint=_START[name])
    if completed.succeeded:
        return None
    words = " ".join(completed.tail[-3:]) or f"exit code {completed.returncode}"
    return daemon_complaint(name, completed.tail) or BuildError(f"{name} does not work: {words}", hint=_START[name])
