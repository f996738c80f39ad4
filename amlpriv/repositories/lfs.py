"""Large files (Git LFS): a checkout has pointers in their place, until git-lfs brings them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from amlpriv.builds.completeness import LONGEST_POINTER, POINTER
from amlpriv.errors import BuildError
from amlpriv.repositories.git import Git
from amlpriv.repositories.outcomes import said

__all__ = ["bring_large_files", "pointers"]


def pointers(folder: Path) -> tuple[Path, ...]:
    """The files of a folder that are pointers only."""
    found = []
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git"]
        found += [path for name in files if _is_pointer(path := Path(here, name))]
    return tuple(sorted(found))


def bring_large_files(
    git: Git, root: Path, folder: Path, where: str, on_line: Callable[[str], None] | None = None
) -> None:
    """Put the large files of ``folder`` (of the checkout ``root``) in place of their pointers, if it has any.

    ``git`` is one with the repository's credential. Raises BuildError: git-lfs is missing, or could not fetch them.
    """
    missing = pointers(folder)
    if not missing:
        return
    names = ", ".join(path.relative_to(root).as_posix() for path in missing[:3])
    more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
    if not git.call("lfs", "version", cwd=root).succeeded:
        raise BuildError(
            f"{where} has files in Git LFS ({names}{more}), and git-lfs is not installed here.",
            hint="Install git-lfs; otherwise the package would hold pointers in place of the files.",
        )
    # git-lfs wants to leave hooks behind.
    git = replace(git, settings=(*git.settings, "-c", "core.hooksPath=.git/lfs-hooks"))
    # --local: the filters are this checkout's, so that git does not take the files for changed ones.
    git.call("lfs", "install", "--local", "--skip-repo", "--force", cwd=root)
    inside = folder.relative_to(root).as_posix()
    only = [f"--include={inside}/**"] if inside != "." else []
    done = git.call("lfs", "pull", "origin", *only, cwd=root, on_line=on_line)
    left = pointers(folder)
    if not done.succeeded or left:
        raise BuildError(
            f"{where} has files in Git LFS that could not be fetched: {names}{more}.",
            hint="\n".join(said(done.lines) or done.lines[-6:]) or "git-lfs said nothing.",
        )


def _is_pointer(path: Path) -> bool:
    try:
        if path.is_symlink() or path.stat().st_size > LONGEST_POINTER:
            return False
        with path.open("rb") as stream:
            return stream.read(len(POINTER)) == POINTER
    except OSError:
        return False
