"""The folder of a checkout that is wanted: it must be there, and lead nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from amlpriv.errors import InputError, NotFoundError

__all__ = ["relative", "subfolder"]

_PROJECT = ("pyproject.toml", "setup.py", "setup.cfg")
_DEPTH = 4
_MOST = 5


def relative(subdirectory: str | None) -> PurePosixPath:
    """The subdirectory as a path within the repository. Raises InputError for one that leads out of it."""
    path = PurePosixPath((subdirectory or "").replace("\\", "/"))
    names = path.parts
    if any(name == ".." or ":" in name for name in names) or path.is_absolute() or ".git" in map(str.lower, names):
        raise InputError(
            f"The subdirectory '{subdirectory}' leads out of the repository.", hint="Name a folder of the repository."
        )
    return path


def subfolder(root: Path, subdirectory: str | None, where: str) -> Path:
    """The wanted folder of a checkout; ``where`` is the checkout's name for people.

    Raises NotFoundError with the nearest folders, and InputError for one that leads out of the checkout, or has a link
    that does.
    """
    folder = root / relative(subdirectory)
    if not folder.resolve().is_relative_to(root.resolve()):
        raise InputError(f"The subdirectory '{subdirectory}' of {where} is a link that leads out of the repository.")
    if not folder.is_dir():
        raise NotFoundError(f"{where} has no folder '{subdirectory}'.", hint=_nearest(root, str(subdirectory)))
    for link in _links(folder):
        if not link.resolve().is_relative_to(root.resolve()):
            shown = link.relative_to(root).as_posix()
            raise InputError(
                f"{where} has a link '{shown}' that leads out of the repository: it would bring in files of this "
                "machine.",
                hint="Replace it by the file itself.",
            )
    return folder


def _links(folder: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(folder):
        yield from (path for name in (*folders, *files) if (path := Path(here, name)).is_symlink())
        folders[:] = [name for name in folders if name != ".git"]


def _nearest(root: Path, wanted: str) -> str:
    """Folders with a project in them, those with a similar name first."""
    found = sorted(_projects(root))
    close = get_close_matches(wanted.strip("/"), found, n=_MOST, cutoff=0.5)
    last = [name for name in found if name.rpartition("/")[2].lower() == wanted.rstrip("/").rpartition("/")[2].lower()]
    names = list(dict.fromkeys([*last, *close, *found]))[:_MOST]
    if not names:
        return "No folder of it has a pyproject.toml or a setup.py."
    return f"Folders with a project: {', '.join(names)}."


def _projects(root: Path) -> Iterator[str]:
    for here, folders, files in os.walk(root):
        folder = Path(here).relative_to(root)
        folders[:] = [name for name in folders if not name.startswith(".") and len(folder.parts) < _DEPTH]
        if folder.parts and any(name in files for name in _PROJECT):
            yield folder.as_posix()
