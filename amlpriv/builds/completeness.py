"""Parts of a project that git has not brought: large files (Git LFS) and submodules. A backend does not miss them, and
packs the pointers, or nothing. It is no BuildError: to build it elsewhere would not help.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from amlpriv.builds.git import ask_git
from amlpriv.errors import InputError

__all__ = ["LONGEST_POINTER", "POINTER", "check_large_files", "check_submodules"]

POINTER = b"version https://git-lfs.github.com/spec/v1"
LONGEST_POINTER = 1024
"""A pointer has less than 1024 bytes (git-lfs specification)."""

_LINK = "160000 "
"""The mode of a submodule in git's index."""
_FINDS = re.compile(r"\bfind(_namespace)?_packages\b|packages\.find\b|packages\s*=\s*find")
_SIDE = re.compile(r"(?i)docs?|tests?|examples?|tools?|scripts?|ci|third_?party|extern(al)?s?|deps?|vendor|lib|proto.*")


def check_large_files(configuration: Path, wheel: Path, root: Path | None) -> None:
    """Raise InputError for a wheel with pointers of Git LFS in place of files."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            small = (info for info in archive.infolist() if 0 < info.file_size <= LONGEST_POINTER)
            names = [info.filename for info in small if archive.read(info).startswith(POINTER)]
    except (OSError, zipfile.BadZipFile):  # whoever reads the wheel will say so
        return
    if names:
        where = f"git -C {root} lfs pull" if root else "git lfs pull in the repository"
        raise InputError(
            f"The wheel would hold pointers of Git LFS in place of files: {_some(names)}.",
            file=configuration,
            hint=f"Fetch the files: {where}.",
        )


def check_submodules(configuration: Path, project: Path, root: Path, text: str, environ: Mapping[str, str]) -> None:
    """Raise InputError for a submodule among the project's packages that was not initialised.

    ``text`` is the project's configuration. A submodule elsewhere is no part of the wheel.
    """
    lines = ask_git(root, environ, "-c", "core.quotePath=true", "ls-files", "--stage", "--", str(project))
    paths = [root / line.partition("\t")[2] for line in lines or () if line.startswith(_LINK)]
    names = [path.relative_to(root).as_posix() for path in paths if _is_empty(path) and _matters(path, project, text)]
    if names:
        raise InputError(
            f"The submodule {_some(names)} is empty, and the wheel would lack it.",
            file=configuration,
            hint=f"Fetch it: git -C {root} submodule update --init -- {' '.join(names)}",
        )


def _is_empty(folder: Path) -> bool:
    return not folder.is_dir() or next(folder.iterdir(), None) is None


def _matters(path: Path, project: Path, text: str) -> bool:
    """Whether it lies in a package, beside packages, or where the configuration looks."""
    inside = path.relative_to(project).as_posix()
    if re.search(rf"(?<![\w.-])({re.escape(path.name)}|{re.escape(inside)})(?![\w-])", text):
        return True
    between = [folder for folder in path.parents if project in folder.parents]
    if any(next(folder.glob("*.py"), None) for folder in between):
        return True
    if path.parent == project:
        return path.name.isidentifier() and not _SIDE.fullmatch(path.name) and _FINDS.search(text) is not None
    return path.parent == project / "src" or next(path.parent.glob("*/__init__.py"), None) is not None


def _some(names: Iterable[str]) -> str:
    listed = sorted(names)
    more = f" and {len(listed) - 3} more" if len(listed) > 3 else ""
    return ", ".join(listed[:3]) + more
