"""Where a private package's own requirements come from: its ``pyproject.toml`` says it, or a sibling has the name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from amlpriv.actions.siblings import Landscape, Workspace
from amlpriv.errors import InputError
from amlpriv.specs.declared import Declared
from amlpriv.specs.members import excluded_by
from amlpriv.specs.problems import did_you_mean, input_error
from amlpriv.specs.pyproject.uv_sources import SourceEntry, source_of
from amlpriv.specs.sources import Index, IndexSource, PathSource, Source
from amlpriv.target import Target

__all__ = ["Found", "Seeker"]


@dataclass(frozen=True, slots=True)
class Found:
    """A source, and how it was found."""

    source: Source
    index: Index | None = None
    """Of an ``IndexSource``."""
    sibling: Path | None = None
    """The folder, when only its name tells that it is meant."""


@dataclass(frozen=True, slots=True)
class Seeker:
    """Answers for one project."""

    landscape: Landscape
    folder: Path
    needed_by: str
    """The project's name, for what is said."""
    target: Target

    def find(self, name: str, extras: Collection[str] = (), *, guess: bool = True) -> Found | None:
        """The source of a required package; None when nothing tells one.

        ``extras`` are those that are asked of the project. Without ``guess`` only what is declared counts.
        InputError, which names who needs the package, for a source that leads nowhere.
        """
        declared = self.landscape.declared(self.folder)
        if declared is not None:
            workspace = self.landscape.workspace(self.folder)
            self._refuse_mistake(name, declared, workspace)
            entries = declared.entries.get(name) or (workspace.declared.entries.get(name, ()) if workspace else ())
            chosen = [entry for entry in entries if self._applies(entry, extras)]
            if len(chosen) > 1:
                message = f"Several sources of {name!r} apply to {self.target}."
                raise input_error(message, chosen[1].position, hint="Give them markers that exclude each other.")
            if chosen:
                return self._declared(chosen[0], declared, workspace)
            if entries:  # it is said for which machines there is a source, and this is none of them
                return None
        return self._sibling(name) if guess else None

    @staticmethod
    def _refuse_mistake(name: str, declared: Declared, workspace: Workspace | None) -> None:
        error = declared.mistakes.get(name)
        if error is None and workspace is not None and name not in declared.entries:
            error = workspace.declared.mistakes.get(name)
        if error is not None:
            raise error

    def _applies(self, entry: SourceEntry, extras: Collection[str]) -> bool:
        wanted = entry.extra is None or entry.extra in extras
        return wanted and entry.group is None and self.target.holds(entry.marker)

    def _declared(self, entry: SourceEntry, declared: Declared, workspace: Workspace | None) -> Found:
        indexes = {**(workspace.declared.indexes if workspace else {}), **declared.indexes}
        source = source_of(entry, indexes, lambda one: str(self.member(one)))
        if isinstance(source, IndexSource):
            return Found(source, indexes[source.index])
        if isinstance(source, PathSource):
            base = Path(entry.position.file).parent if entry.position and entry.position.file else self.folder
            if not (base / _at_home(source.path)).exists():
                message = f"{self.needed_by} needs {entry.name}, and its source does not exist: {source.path}."
                hint = "Correct the path, or give the package a source in the environment file."
                raise input_error(message, entry.position, hint=hint)
        return Found(source)

    def member(self, entry: SourceEntry) -> Path:
        """The folder of a member of the project's workspace. InputError when there is none of that name, or two."""
        workspace = self.landscape.workspace(self.folder)
        needs = f"{self.needed_by} needs {entry.name} from its workspace, and"
        if workspace is None:
            hint = 'Add the folder to members in the root\'s [tool.uv.workspace], or write {path = "..."}.'
            raise input_error(f"{needs} {self.folder} is a member of none.", entry.position, hint=hint)
        members = self.landscape.members(workspace)
        found = members.get(entry.name, [])
        if len(found) == 1:
            return found[0].resolve()
        root = workspace.root / "pyproject.toml"
        if found:
            places = " and ".join(_below(place, workspace.root) for place in found)
            message = f"{needs} two members of {root} have this name: {places}."
            raise input_error(message, entry.position, hint="Rename one of them.")
        hint = f"{did_you_mean(entry.name, members)} {self._left_out(entry.name, workspace)}".strip()
        raise input_error(f"{needs} no member of {root} has this name.", entry.position, hint=hint)

    def _left_out(self, name: str, workspace: Workspace) -> str:
        """Words for a project of that name which is no member."""
        for place in self.landscape.beside(self.folder, name):
            if workspace.root in place.parents:
                folder = _below(place, workspace.root)
                glob = excluded_by(folder, workspace.table)
                return f"{folder} is excluded by {glob!r}." if glob else f"{folder} is not in its members."
        return ""

    def _sibling(self, name: str) -> Found | None:
        places = self.landscape.siblings(self.folder, name)
        if not places:
            return None
        if len(places) > 1:
            shown = " and ".join(str(place) for place in places)
            message = f"{self.needed_by} needs {name}, and several projects beside it have this name: {shown}."
            raise InputError(message, file=self.folder, hint="Say in 'sources' which one is meant.")
        return Found(PathSource(str(places[0])), sibling=places[0])


def _at_home(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:  # there is no such user
        return Path(path)


def _below(place: Path, root: Path) -> str:
    real, root = place.resolve(), root.resolve()
    return real.relative_to(root).as_posix() if root in real.parents else str(real)
