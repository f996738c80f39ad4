"""The copy of a project for another machine: nothing in it leads back to this one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from amlpriv.builds.git import ask_git
from amlpriv.errors import InputError, StorageFullError
from amlpriv.files import FULL
from amlpriv.sourcecopy import copy_project, git_root, looks_outside

__all__ = ["copy_for_container", "source_time"]

FIXED_TIME = 315532800 + 86400
"""1980-01-02, UTC, as for builds on this machine."""
_NO_LIMIT = 10**15


def copy_for_container(project: Path, into: Path, environ: Mapping[str, str]) -> Path:
    """Copy the project below ``into``; its place there. Git's objects come along where a version may come from git.

    Raises InputError or StorageFullError.
    """
    repository = _repository(project, environ)
    try:
        copy = copy_project(project, into, repository, most_files=_NO_LIMIT, most_bytes=_NO_LIMIT)
        assert copy is not None  # noqa: S101  without limits it is always made
        _resolve_links(into)
        if repository is not None:
            _complete_git(repository, into / repository.name, needed=looks_outside(project))
    except OSError as error:
        if error.errno in FULL:
            hint = "Free some space, or set TMPDIR."
            raise StorageFullError(f"There is no space left in {into} to copy the project.", hint=hint) from error
        place = error.filename or project
        raise InputError(f"The project cannot be read: {error.strerror or error}.", file=place) from error
    return copy


def source_time(project: Path, environ: Mapping[str, str]) -> str:
    """SOURCE_DATE_EPOCH of a project: the user's, else the time of HEAD, else a fixed one; seconds."""
    if given := environ.get("SOURCE_DATE_EPOCH"):
        return given
    repository = _repository(project, environ)
    answer = ask_git(repository, environ, "log", "-1", "--format=%ct") if repository is not None else None
    return answer[0] if answer and answer[0].isdigit() else str(FIXED_TIME)


def _repository(project: Path, environ: Mapping[str, str]) -> Path | None:
    """The repository that tracks the project, if any."""
    root = git_root(project)
    if root is None:
        return None
    answer = ask_git(root, environ, "ls-files", "--", str(project))
    return root if answer is None or answer else None


def _resolve_links(folder: Path) -> None:
    """A link that leads out of the copy becomes what it leads to."""
    for path in [path for path in folder.rglob("*") if path.is_symlink()]:
        aim = Path(os.path.realpath(path))
        if folder in (aim, *aim.parents):
            continue
        path.unlink()
        if aim.is_dir():
            shutil.copytree(aim, path, ignore_dangling_symlinks=True)
        elif aim.is_file():
            shutil.copy2(aim, path)


def _complete_git(repository: Path, copy: Path, *, needed: bool) -> None:
    """The copy borrows its objects from the repository, which is not in the container.

    A worktree or submodule only points to its repository; there a version has to be given by a variable.
    """
    alternates = copy / ".git" / "objects" / "info" / "alternates"
    if not alternates.is_file() or not needed:
        if (copy / ".git").is_file():
            (copy / ".git").unlink()
        return
    shutil.copytree(repository / ".git" / "objects", copy / ".git" / "objects", dirs_exist_ok=True)
    # What the repository itself borrows from another one stays there; git then names the object that it misses.
    alternates.unlink()
