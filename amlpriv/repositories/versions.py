"""Whether a project takes its version from git: then tags and history are needed, and not only its files."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["needs_history"]

# Build backends and their plugins that ask git; a name too many only costs time.
_FROM_GIT = re.compile(
    r"setuptools[-_]scm|setuptools[-_]git|hatch[-_]vcs|flit[-_]scm|versioneer|versioningit|dunamai|dynamic[-_]versioning"
    r"|vcs[-_]versioning|\bpbr\b|source\s*=\s*['\"]scm['\"]|scikit-build-core.*setuptools_scm|git\s+describe|autosemver"
)
_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
_LONGEST = 1024 * 1024


def needs_history(project: Path) -> bool:
    """Whether one of the folder's files that configure its build names such a tool."""
    return any(_names_one(project / name) for name in _FILES)


def _names_one(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            text = stream.read(_LONGEST).decode("utf-8", errors="replace")
    except OSError:
        return False
    return _FROM_GIT.search(text) is not None
