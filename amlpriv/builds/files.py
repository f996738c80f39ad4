"""The files of a project that a build may look at: those that git would track, and of the ignored ones what ends up
in wheels all the same (a generated ``_version.py``, a compiled extension), for not every backend reads ``.gitignore``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from amlpriv.sourcecopy import is_junk

__all__ = ["Walk", "configuration_text"]

_CONFIGURATION = ("pyproject.toml", "setup.cfg", "MANIFEST.in", "CMakeLists.txt", "meson.build", "Cargo.toml")
_PROJECT_FILES = ("pyproject.toml", "setup.py")
_CODE = (".py", ".pyi", ".pyx", ".pxd", ".so", ".pyd")


def configuration_text(project: Path) -> str:
    """What steers the build: the configuration files and the scripts beside them. Raises OSError."""
    paths = [project / name for name in _CONFIGURATION] + sorted(project.glob("*.py"))
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file())


@dataclass(frozen=True, slots=True)
class Walk:
    """One walk over a project, or over its whole repository."""

    root: Path
    """What paths count from: the repository, or the project where there is none."""
    project: Path
    wanted: frozenset[str]
    """What git would track; everything when it is empty."""
    tops: frozenset[str]
    """Folders of projects; that they hold code does not make everything in them a part of the package."""
    folders: frozenset[str]
    """Folders with wanted files in them, at any depth."""
    code: frozenset[str]
    """Folders that hold wanted Python files themselves."""
    text: str
    """The project's configuration: what it names counts."""

    @classmethod
    def over(cls, whole: Path, root: Path, project: Path, wanted: frozenset[str] | None, text: str) -> Walk:
        """A walk over ``whole``, which is the project or the root. ``wanted`` is None where git was not asked."""
        start = _relative(whole, root)
        inside = frozenset(name for name in wanted or () if start == "." or name.startswith(f"{start}/"))
        direct = {name: name.rpartition("/")[0] or "." for name in inside}
        tops = {parent for name, parent in direct.items() if name.endswith(_PROJECT_FILES)}
        tops |= {".", _relative(project, root)}
        folders: set[str] = set()
        for parent in set(direct.values()):
            while parent and parent not in folders:
                folders.add(parent)
                parent = parent.rpartition("/")[0]
        code = frozenset(parent for name, parent in direct.items() if name.endswith(".py"))
        return cls(root, project, inside, frozenset(tops), frozenset(folders), code, text)

    def files(self, folder: Path) -> Iterator[str]:
        """Files and links below a folder, as paths from the root. Raises OSError."""
        here = _relative(folder, self.root)
        return self._files(str(folder), "" if here == "." else f"{here}/", counted=not self.wanted)

    def _files(self, folder: str, here: str, *, counted: bool) -> Iterator[str]:
        """``counted``: whatever git thinks of them."""
        with os.scandir(folder) as found:
            entries = list(found)
        name = here[:-1] or "."
        counted = counted or name in self.wanted or (name in self.code and name not in self.tops)
        for entry in entries:
            name = f"{here}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                ours = counted or name in self.folders or name in self.wanted
                if (ours or self._named(entry.name)) and not is_junk(Path(entry.path), self.project):
                    yield from self._files(entry.path, f"{name}/", counted=counted or not ours)
            elif entry.name != ".git" and (counted or self._is_wanted(name) or self._counts(Path(entry.path))):
                yield name

    def _is_wanted(self, name: str) -> bool:
        return name in self.wanted or name.rstrip() in self.wanted

    def _counts(self, path: Path) -> bool:
        """Whether an ignored file counts that lies among others that do not."""
        beside_configuration = path.parent == self.project and path.suffix in _CODE
        return beside_configuration or self._named(path.name)

    def _named(self, name: str) -> bool:
        return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", self.text) is not None


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
