"""The projects around a project: what it declares, its uv workspace, and its siblings by name.

Only ``pyproject.toml``, ``setup.cfg`` and ``setup.py`` are read, a bounded number of them, and nothing outside the git
repository that the project is in. Without git only the folders beside the project are siblings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from amlpriv.errors import InputError
from amlpriv.files import read_text
from amlpriv.sourcecopy import git_root
from amlpriv.specs.declared import Declared, read_declared
from amlpriv.specs.members import MemberTable, excluded_by, folders_matching, is_member
from amlpriv.specs.project_names import NAMING_FILES, project_name

__all__ = ["FOR_BUILDS", "MOST_PROJECTS", "Landscape", "Workspace", "shown_folder"]

MOST_PROJECTS = 400
"""How many folders are looked into for a name, in all."""

FOR_BUILDS = "for-builds"
"""The folder in a work folder for what builds need."""

_BESIDE = ("packages/*", "libs/*", "src/*")
"""Where a repository keeps its projects, apart from beside each other."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A uv workspace."""

    root: Path
    table: MemberTable
    declared: Declared
    """The root itself; its sources count for the members too."""


@dataclass(slots=True)
class Landscape:
    """Reads each file once."""

    left: int = MOST_PROJECTS
    _declared: dict[Path, Declared | None] = field(default_factory=dict)
    _names: dict[Path, str | None] = field(default_factory=dict)
    _workspaces: dict[Path, Workspace | None] = field(default_factory=dict)
    _members: dict[Path, dict[str, list[Path]]] = field(default_factory=dict)
    _around: dict[Path, dict[str, list[Path]]] = field(default_factory=dict)

    def declared(self, folder: Path) -> Declared | None:
        """What a project declares; None without a ``pyproject.toml``. Raises InputError."""
        if folder not in self._declared:
            file = folder / "pyproject.toml"
            root = folder.resolve().as_uri()
            self._declared[folder] = read_declared(read_text(file), str(file), root=root) if file.is_file() else None
        return self._declared[folder]

    def workspace(self, folder: Path) -> Workspace | None:
        """The uv workspace that a project is a member of. As uv does: the nearest root above it decides."""
        if folder not in self._workspaces:
            self._workspaces[folder] = self._workspace(folder.resolve())
        return self._workspaces[folder]

    def _workspace(self, place: Path) -> Workspace | None:
        boundary = git_root(place)
        for above in (place, *place.parents):
            declared = self._root(above)
            if declared is not None and declared.workspace is not None:
                inside = is_member(place.relative_to(above).as_posix(), declared.workspace)
                return Workspace(above, declared.workspace, declared) if inside else None
            if above == boundary:
                return None
        return None

    def _root(self, folder: Path) -> Declared | None:
        file = folder / "pyproject.toml"
        if folder in self._declared:
            return self._declared[folder]
        if not file.is_file() or "workspace" not in read_text(file):  # what stands there is no concern of ours
            return None
        return self.declared(folder)

    def members(self, workspace: Workspace) -> dict[str, list[Path]]:
        """The members by name."""
        if workspace.root not in self._members:
            found: dict[str, list[Path]] = {}
            for folder in ("", *folders_matching(workspace.table.members, _listing(workspace.root))):
                if excluded_by(folder, workspace.table) is None and (name := self.name(workspace.root / folder)):
                    found.setdefault(name, []).append(workspace.root / folder)
            self._members[workspace.root] = found
        return self._members[workspace.root]

    def siblings(self, folder: Path, name: str) -> list[Path]:
        """The projects around ``folder`` that have a name: members of its workspace, or else those beside it."""
        workspace = self.workspace(folder)
        here = folder.resolve()
        found = self.members(workspace).get(name) if workspace is not None else None
        return [place for place in found or self.beside(here, name) if place.resolve() != here]

    def beside(self, folder: Path, name: str) -> list[Path]:
        """Those beside it that have a name, whether a workspace has them or not."""
        here = folder.resolve()
        return [place for place in self._names_around(here).get(name, []) if place != here]

    def _names_around(self, folder: Path) -> dict[str, list[Path]]:
        """Also its own; the same for all projects in one folder, which is looked through once."""
        boundary = git_root(folder)
        key = folder if folder == boundary else folder.parent
        if key not in self._around:
            around: dict[str, list[Path]] = {}
            for place in self._all_around(folder, boundary):
                if name := self.name(place):
                    around.setdefault(name, []).append(place)
            self._around[key] = around
        return self._around[key]

    def _all_around(self, folder: Path, boundary: Path | None) -> Iterator[Path]:
        places: list[Path] = []
        if folder != boundary:
            places += [folder.parent / name for name in sorted(_listing(folder.parent)(""))]
        if boundary is not None:
            places += [boundary / place for place in folders_matching(_BESIDE, _listing(boundary))]
        seen = set()
        for place in places:
            real = place.resolve()
            # Without a repository of ours, one that lies beside us is a checkout of somebody else's.
            ours = boundary in real.parents if boundary is not None else git_root(real) is None
            if ours and real not in seen:
                seen.add(real)
                yield real

    def name(self, folder: Path) -> str | None:
        """The name of the project in a folder; None for no project, and once too many folders were looked into."""
        if folder not in self._names:
            if self.left <= 0:
                return None
            self._names[folder] = self._read_name(folder)
        return self._names[folder]

    def _read_name(self, folder: Path) -> str | None:
        texts = {}
        for file in NAMING_FILES:
            path = folder / file
            if path.is_file():
                try:
                    texts[file] = read_text(path)
                except InputError:  # of a neighbour; who needs it is told when it is built
                    continue
        if not {"pyproject.toml", "setup.py"} & set(texts):
            return None
        self.left -= 1
        return next((name for file, text in texts.items() if (name := project_name(file, text))), None)


def shown_folder(place: Path, *, start: Path, work: Path) -> str:
    """A project's folder in words: from ``start``, or from the top of a repository that was fetched into ``work``."""
    real, root = place.resolve(), git_root(place.resolve())
    while work.name == FOR_BUILDS:
        work = work.parent
    if root is not None and work.resolve() in root.parents:
        return f"{real.relative_to(root).as_posix()} of that repository"
    here = start.resolve()
    for above in (here, *here.parents[:3]):
        if above in real.parents and above != above.parent:
            return real.relative_to(above).as_posix()
    return str(real)


def _listing(root: Path) -> Callable[[str], list[str]]:
    def names(folder: str) -> list[str]:
        try:
            return [entry.name for entry in (root / folder).iterdir() if entry.is_dir()]
        except OSError:
            return []

    return names
