"""A ``pyproject.toml`` to an environment.

What is read: ``[project]``, ``[build-system]`` (whether it is there), ``[dependency-groups]``, ``[tool.uv]`` and
``[tool.amlpriv]``; everything else is left alone.

- The project itself is the first private package (``path: .``) when it has a ``[build-system]``, or ``package = true``
  in ``[tool.uv]``; ``package`` in ``[tool.amlpriv]`` goes before both. Its dependencies then come with its wheel, and
  ``extras`` are asked of it. Otherwise its dependencies, with those of the ``extras``, are the pip lines.
- The dependency groups in ``groups`` are pip lines in both cases; no group is taken by itself.
- Sources are those of ``[tool.uv.sources]``, as far as this selection and this Python on Linux need them.
- Python is ``python``, or the one minor version that ``requires-python`` allows, or a line in ``conda``.
- Constraints narrow the lines with the same name. With ``lock`` the pip lines get its versions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePath

from packaging.utils import canonicalize_name

from amlpriv.errors import InputError
from amlpriv.specs.conda import CondaSpec
from amlpriv.specs.environment import EnvironmentFile, path_sources, refuse_bad_name, with_image
from amlpriv.specs.fields import name_complaint
from amlpriv.specs.lock_conditions import Asked
from amlpriv.specs.locks import parse_lock
from amlpriv.specs.pinning import pinned
from amlpriv.specs.pip import PipLine, PipPath, PipRequirement
from amlpriv.specs.pip_lines import read_requirement
from amlpriv.specs.placement import check_private_names
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import Problems, did_you_mean, input_error
from amlpriv.specs.pyproject.composing import conda_layer, constrained, with_pip
from amlpriv.specs.pyproject.project import Groups, ProjectTable, read_project
from amlpriv.specs.pyproject.python import chosen_python, refuse_bad_python
from amlpriv.specs.pyproject.selecting import Selection, chosen_sources, name_of, refuse_other_python, select
from amlpriv.specs.pyproject.settings import Settings, read_settings
from amlpriv.specs.pyproject.uv import UvTable, options_of, read_uv
from amlpriv.specs.pyproject.uv_sources import SourceEntry
from amlpriv.specs.sources import Index, PathSource, Source
from amlpriv.specs.toml_positions import TomlDocument, load_toml, read_toml
from amlpriv.target import Target, parse_python

__all__ = ["Pyproject", "PyprojectNote", "read_pyproject"]

Load = Callable[[str], str]
Member = Callable[[SourceEntry], str]


@dataclass(frozen=True, slots=True)
class PyprojectNote:
    """Something that the environment does not say as the file does; worth a line, not an error."""

    message: str
    position: Position | None

    def __str__(self) -> str:
        return f"{self.position}: {self.message}" if self.position else self.message


@dataclass(frozen=True, slots=True)
class Pyproject:
    """What a ``pyproject.toml`` comes to."""

    environment: EnvironmentFile
    notes: tuple[PyprojectNote, ...] = ()


def read_pyproject(
    text: str,
    file: str | None = None,
    *,
    load: Load,
    name: str | None = None,
    image: str | None = None,
    python: str | None = None,
    member: Member | None = None,
) -> Pyproject:
    """Read a ``pyproject.toml``; ``name``, ``image`` and ``python`` override what it says, and ``load`` gives the text
    of a file that it refers to by path (the lock, a workspace's members). ``member`` finds the folder of a workspace's
    member where the workspace is at hand.

    InputError with file, line and column for the first mistake; its hint counts the others.
    """
    refuse_bad_name(name)
    refuse_bad_python(python)
    document = load_toml(text, file)
    problems = Problems(file)
    project = read_project(document, problems)
    uv = read_uv(document, problems)
    settings = read_settings(document, problems)
    layer = conda_layer(settings, file, problems)
    problems.raise_first()
    return _Reader(document, project, uv, settings, layer, load, member).read(name, image, python)


@dataclass(frozen=True, slots=True)
class _Reader:
    """The tables of one file, put together."""

    document: TomlDocument
    project: ProjectTable | None
    uv: UvTable
    settings: Settings
    layer: CondaSpec
    load: Load
    member: Member | None = None

    def read(self, name: str | None, image: str | None, python: str | None) -> Pyproject:
        file, project, settings = self.document.file, self.project, self.settings
        version, place, target = self._python(python)
        refuse_other_python(self.uv, settings, target)
        selection = select(project, Groups(self.document), settings, target)
        lines, sources = self._lines(selection)
        found, said = chosen_sources(self._sourced(), selection, settings, target, self.member or self._member)
        sources |= found
        notes = [PyprojectNote(*note) for note in (*said, *self.uv.unsaid)]
        lines = [line for line in map(options_of, self.uv.indexes) if line] + [*self.uv.options, *lines]
        if settings.pinning_lock is None:
            lines, rest = self._constrained(lines, selection, target)
            notes += [PyprojectNote(_not_said(item), item.position) for item in rest]
        conda = with_pip(self.layer, version, place, lines, self._start)
        problems = Problems(file)
        check_private_names(conda, sources, self.load, folder="", problems=problems)
        problems.raise_first()
        environment = EnvironmentFile(
            name=name or self._name(),
            version=settings.version,
            image=settings.image,
            description=settings.description,
            tags=settings.tags,
            conda=conda,
            sources={**sources, **path_sources(conda)},
            indexes=self._indexes(),
            via=settings.via,
            file=file,
            positions=self._positions(),
            lock=settings.own_lock,
        )
        if settings.pinning_lock is not None:
            environment = self._pinned(environment, target, selection)
        return Pyproject(with_image(environment, image), tuple(notes))

    @property
    def _start(self) -> Position:
        return self.document.position("project", "dependencies")

    def _positions(self) -> dict[str, Position]:
        places = {**self.settings.positions, "conda_file": self._start}
        if "name" not in places and self.project and "name" in self.project.positions:
            places["name"] = self.project.positions["name"]
        return places

    def _name(self) -> str:
        if self.settings.name is not None:
            return self.settings.name
        name = self.project.name if self.project else None
        hint = 'Add name = "..." to [tool.amlpriv], or give --name.'
        if name is None:
            raise input_error("The environment has no name.", self.document.position("tool", "amlpriv"), hint=hint)
        if complaint := name_complaint(name):
            place = self.document.position("project", "name")
            raise input_error(f"{name!r} cannot be an environment's name: {complaint}.", place, hint=hint)
        return name

    def _python(self, given: str | None) -> tuple[str | None, Position | None, Target]:
        """The version that conda gets (None: the conda lines have it), its place, and the target that it makes."""
        settings, listed = self.settings, self.layer.python_dependency
        said = given or settings.python
        place = None if given else settings.positions.get("python")
        if listed is None:
            version, place = chosen_python(said, place, self.project, Position(self.document.file, 1, 1))
            return version, place, Target(python=parse_python(version) or Target().python)
        if said is not None:
            message = "Python stands both in 'conda' and in 'python' (or --python)."
            raise input_error(message, listed.position, hint="Remove one of them.")
        if self.layer.python is None:
            message = f"{listed.text!r} does not say which Python the environment has."
            raise input_error(message, listed.position, hint="Write python=3.11 (the one you want).")
        text = ".".join(map(str, self.layer.python))
        chosen_python(text, listed.position, self.project, self._start)
        return None, listed.position, Target(python=self.layer.python)

    @property
    def _is_package(self) -> bool:
        for said in (self.settings.package, self.uv.package):
            if said is not None:
                return said
        return "build-system" in self.document.data

    def _lines(self, selection: Selection) -> tuple[list[PipLine], dict[str, Source]]:
        """The packages that pip is told, and the project as a source, if it is a package."""
        project = self.project
        if not self._is_package:
            if project is None and not self.settings.groups:
                hint = "Add [project] with dependencies, or groups = [...] to [tool.amlpriv]."
                message = "Nothing says what to install: there is no [project], no [build-system] and no group."
                raise input_error(message, Position(self.document.file, 1, 1), hint=hint)
            if project is not None and "dependencies" in project.dynamic:
                message = "The dependencies are dynamic: only the build of the project tells them."
                hint = "Leave 'package = false' out, so that the project itself is installed."
                raise input_error(message, project.positions.get("dynamic"), hint=hint)
            return [*selection.direct, *selection.grouped], {}
        place = self.document.position("project", "name")
        if self.project is None:
            place = self.document.position("build-system")
        extras = f"[{','.join(sorted(selection.own))}]" if selection.own else ""
        if project is None or project.name is None:
            return [PipPath(f".{extras}", ".", selection.own, False, place), *selection.grouped], {}
        if project.version is None and "version" not in project.dynamic:
            hint = 'Add version = "...", or dynamic = ["version"].'
            raise input_error("[project] has no 'version'.", project.positions.get(""), hint=hint)
        text = f"{project.name}{extras}"
        own = PipRequirement(text, read_requirement(text, place), (), place)
        return [own, *selection.grouped], {own.name: PathSource(".", None, place)}

    def _sourced(self) -> UvTable:
        """uv's table without a source of the project itself."""
        own = canonicalize_name(self.project.name) if self.project and self.project.name else None
        return replace(self.uv, sources=tuple(entry for entry in self.uv.sources if entry.name != own))

    def _constrained(
        self, lines: list[PipLine], selection: Selection, target: Target
    ) -> tuple[list[PipLine], list[PipRequirement]]:
        lines, rest = constrained(lines, self.uv.constraints, target)
        needed = {name_of(item) for item in selection.direct}
        if self._is_package:  # its own dependencies stand in its wheel: the constraint is a line beside it
            lines += [item for item in rest if item.name in needed]
            rest = [item for item in rest if item.name not in needed]
        return lines, rest

    def _indexes(self) -> dict[str, Index]:
        """All of uv's indexes, with the connections that ``[tool.amlpriv]`` names for them."""
        names = [item.index.name for item in self.uv.indexes]
        for name in self.settings.connections:
            if name not in names:
                place = self.document.position("tool", "amlpriv", "connections", name)
                hint = did_you_mean(name, names)
                raise input_error(f"There is no index {name!r} in [[tool.uv.index]].", place, hint=hint)
        connections = self.settings.connections
        return {
            item.index.name: replace(item.index, connection=connections.get(item.index.name))
            for item in self.uv.indexes
        }

    def _pinned(self, environment: EnvironmentFile, target: Target, selection: Selection) -> EnvironmentFile:
        path, place = self.settings.pinning_lock or "", self.settings.positions.get("lock")
        try:
            text = self.load(path)
        except InputError as error:
            raise input_error(f"The lock file {path!r}: {error.message}", place, hint=error.hint) from None
        file = self.document.file
        lock = parse_lock(text, str(PurePath(file).parent / path) if file is not None else path)
        name = self.project.name if self.project else None
        groups = frozenset(group.name for group in self.settings.groups)
        return pinned(environment, lock, target, Asked(name, selection.own, groups))

    def _member(self, entry: SourceEntry) -> str:
        """The folder of a workspace's member, if its path follows from ``members`` and its name."""
        spellings = dict.fromkeys((entry.name, entry.name.replace("-", "_"), entry.name.replace("-", ".")))
        for pattern in self.uv.members:
            folder = pattern.rstrip("/")
            for spelling in spellings if "*" in folder else ("",):
                place = folder.replace("*", spelling, 1)
                if not set("*?[") & set(place) and self._name_in(place) == entry.name:
                    return place
        message = f"The workspace's member {entry.name!r} is not found from here."
        hint = f'Write {entry.name} = {{path = "..."}}.'
        raise input_error(message, entry.position, hint=hint)

    def _name_in(self, folder: str) -> str | None:
        try:
            project = read_toml(self.load(f"{folder}/pyproject.toml")).get("project")
        except InputError:
            return None
        name = project.get("name") if isinstance(project, dict) else None
        return str(canonicalize_name(name)) if isinstance(name, str) else None


def _not_said(item: PipRequirement) -> str:
    return f"The constraint {item.text!r} does not count for what other packages require; a lock pins it."
