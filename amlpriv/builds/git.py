"""What git says about the repository that a project is in. Only questions: nothing is written there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from amlpriv.processes import ToolMissingError, ToolTimeoutError, run
from amlpriv.secret import REDACTED

__all__ = ["ask_git", "listed_files", "without_git"]

_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY")
_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13}


def without_git(environ: Mapping[str, str], *names: str) -> dict[str, str]:
    """The environment without ``names``, and without what leads git to another repository (a hook has that)."""
    return {name: value for name, value in environ.items() if name not in (*_VARIABLES, *names)}


def ask_git(root: Path, environ: Mapping[str, str], *arguments: str) -> tuple[str, ...] | None:
    """The lines of git's answer, redacted; None when git is missing or refuses."""
    settings = {**without_git(environ), "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    lines: list[str] = []
    try:
        completed = run(["git", "-C", root, *arguments], env=settings, timeout=60, on_line=lines.append)
    except (ToolMissingError, ToolTimeoutError):
        return None
    return tuple(lines) if completed.succeeded else None


def listed_files(root: Path, environ: Mapping[str, str], *options: str) -> frozenset[str] | None:
    """What ``git ls-files`` lists, as paths from ``root`` without white space at their end; a folder that is a
    repository of its own is listed as such, without a slash.

    None when git cannot be asked, or when a name looked like a secret and was blotted out on its way.
    """
    lines = ask_git(root, environ, "-c", "core.quotePath=true", "ls-files", *options)
    if lines is None or any(REDACTED in line for line in lines):
        return None
    return frozenset(_unquoted(line).rstrip("/").rstrip() for line in lines)


def _unquoted(line: str) -> str:
    """git writes a name with unusual characters as a C string (git-config, core.quotePath)."""
    if not (len(line) > 1 and line.startswith('"') and line.endswith('"')):
        return line
    data, rest = bytearray(), line[1:-1]
    while rest:
        head, rest = rest[0], rest[1:]
        if head != "\\" or not rest:
            data += head.encode("utf-8", "surrogateescape")
        elif rest[:3].isdigit() and rest[0] in "0123":
            data.append(int(rest[:3], 8))
            rest = rest[3:]
        else:
            data.append(_ESCAPES.get(rest[0], ord(rest[0]) & 0xFF))
            rest = rest[1:]
    return data.decode("utf-8", "surrogateescape")
