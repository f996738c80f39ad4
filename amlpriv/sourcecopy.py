"""A copy of a project to build from, since build backends write into the folder that they build.

What comes along: the project without environments, caches and old build results; and, when it is part of a git
repository, the ``.git`` folder without its objects (they are borrowed) and the ``.gitignore`` files above, because
backends take the version and the list of files from them. The rest of the repository only when the project's
configuration looks outside.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

__all__ = ["copy_project", "git_root", "is_junk", "looks_outside"]

MOST_FILES = 20_000
MOST_BYTES = 500_000_000

_CACHES = frozenset(
    {
        ".venv",
        "__pycache__",
        "node_modules",
        ".tox",
        ".nox",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
    }
)
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")
_OLD_BUILD = re.compile(r"lib(\..+)?|bdist\..+|temp\..+|__editable__\..+")
_OLD_RESULT = re.compile(r".+\.(whl|tar\.gz|zip)|\.gitignore")
_CONFIGURATION = ("pyproject.toml", "setup.py", "setup.cfg")
_LOOKS_OUTSIDE = re.compile(
    r"scm|vcs|versioneer|versioningit|dunamai|dynamic-versioning|\bgit\b|\.\.[/\\]|['\"]\.\.['\"]"
)
_BORROWED = frozenset({"objects", "lfs", "modules", "hooks", "worktrees", "logs"})


def git_root(project: Path) -> Path | None:
    """The folder with ``.git`` that the project is in, if any."""
    return next((folder for folder in (project, *project.parents) if (folder / ".git").exists()), None)


def copy_project(
    project: Path,
    into: Path,
    repository: Path | None,
    *,
    most_files: int = MOST_FILES,
    most_bytes: int = MOST_BYTES,
) -> Path | None:
    """Copy the project below ``into``, at its place in its repository; None when there is too much of it.

    Raises OSError.
    """
    root = repository or project
    whole = root if root != project and looks_outside(project) else project
    files = _listed(whole, project, most_files, most_bytes)
    if files is None:
        return None

    top = into / root.name
    _copy(files, root, top, whole)
    target = top / project.relative_to(root)
    target.mkdir(parents=True, exist_ok=True)
    if repository is not None:
        _copy_git(repository / ".git", top / ".git")
        for folder in project.relative_to(root).parents:
            for name in (".gitignore", ".gitattributes"):
                if (root / folder / name).is_file() and not (top / folder / name).exists():
                    shutil.copy2(root / folder / name, top / folder / name)
    return target


def looks_outside(project: Path) -> bool:
    """Whether the project's configuration names a place above it, or a tool that asks git."""
    for name in _CONFIGURATION:
        path = project / name
        if path.is_file() and _LOOKS_OUTSIDE.search(path.read_text(encoding="utf-8", errors="replace")):
            return True
    return False


def _listed(folder: Path, project: Path, most_files: int, most_bytes: int) -> list[Path] | None:
    """The files to copy; None when there are too many or too large ones."""
    files: list[Path] = []
    size = 0
    for path in _walk(folder, project):
        status = path.lstat()
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
            continue  # a socket or a device is no source
        files.append(path)
        size += status.st_size
        if len(files) > most_files or size > most_bytes:
            return None
    return files


def _walk(folder: Path, project: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or not path.is_dir():
            if path.name != ".git":
                yield path
        elif not is_junk(path, project):
            yield from _walk(path, project)


def is_junk(folder: Path, project: Path) -> bool:
    """Whether a folder holds no source: an environment, a cache, git's own, old build results."""
    name = folder.name
    if name == ".git" or name in _CACHES or name.endswith(".egg-info"):
        return True
    if any((folder / mark).exists() for mark in _ENVIRONMENT_MARKS):
        return True
    # Only what is certainly left from a build: a package may be called build or dist.
    pattern = {"build": _OLD_BUILD, "dist": _OLD_RESULT}.get(name) if folder.parent == project else None
    return pattern is not None and all(pattern.fullmatch(entry.name) for entry in folder.iterdir())


def _copy(files: list[Path], root: Path, top: Path, whole: Path) -> None:
    top.mkdir(parents=True, exist_ok=True)
    for path in files:
        target = top / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            _copy_link(path, target, whole)
        else:
            shutil.copy2(path, target)
            target.chmod(0o755 if target.stat().st_mode & stat.S_IXUSR else 0o644)  # as git has it; umasks differ


def _copy_link(path: Path, target: Path, whole: Path) -> None:
    """A link within the copy stays as it is; one that leads out of it goes to the original."""
    destination = path.readlink()
    aim = Path(os.path.normpath(path.parent / destination))
    if destination.is_absolute() or whole not in (aim, *aim.parents):
        destination = path.parent.joinpath(destination).absolute()
    target.symlink_to(destination, target_is_directory=path.is_dir())


def _copy_git(source: Path, target: Path) -> None:
    if source.is_file():  # a worktree or a submodule: a pointer, perhaps relative
        text = source.read_text(encoding="utf-8").strip().removeprefix("gitdir:").strip()
        target.write_text(f"gitdir: {(source.parent / text).resolve()}\n", encoding="utf-8")
        return

    def unneeded(folder: str, names: list[str]) -> list[str]:
        here = Path(folder)
        special = [name for name in names if not (here / name).is_dir() and not (here / name).is_file()]
        return [*special, *(name for name in names if here == source and name in _BORROWED)]

    shutil.copytree(source, target, ignore=unneeded)
    borrowed = target / "objects" / "info"
    borrowed.mkdir(parents=True)
    (borrowed / "alternates").write_text(f"{(source / 'objects').resolve().as_posix()}\n", encoding="utf-8")
