"""Small git repositories for the tests of builds."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

__all__ = ["commit", "git", "make_repository", "write"]

STAMP = {"GIT_COMMITTER_DATE": "2024-05-06T07:08:10Z", "GIT_AUTHOR_DATE": "2024-05-06T07:08:10Z"}
IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "init.defaultBranch=main")


def git(folder: Path, *arguments: str) -> str:
    """What git prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environ = {**kept, **STAMP, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", *IDENTITY, "-c", "protocol.file.allow=always", *arguments]
    try:
        return subprocess.run(command, cwd=folder, env=environ, check=True, capture_output=True, text=True).stdout
    except FileNotFoundError:
        pytest.skip("needs git")


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files by their paths; the folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return folder


def commit(folder: Path, *, tag: str | None = None) -> None:
    """Everything as it is now."""
    git(folder, "add", ".")
    git(folder, "commit", "-q", "--allow-empty", "-m", "one")
    if tag:
        git(folder, "tag", tag)


def make_repository(folder: Path, files: Mapping[str, str], *, tag: str | None = None) -> Path:
    """A repository with one commit."""
    write(folder, files)
    git(folder, "init", "-q")
    commit(folder, tag=tag)
    return folder
