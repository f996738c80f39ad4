"""From sources to wheels: what a path leads to, each package once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from amlpriv.actions.build_indexes import environ_to_build
from amlpriv.actions.choosing import choose_wheel
from amlpriv.actions.container_builds import BUILD_IN, ContainerBuild
from amlpriv.actions.git_sources import Origin, fetched
from amlpriv.actions.inspecting import inspect_wheel
from amlpriv.actions.siblings import Landscape
from amlpriv.actions.url_sources import fetched_wheel
from amlpriv.building import build_inputs, build_wheel_cached, is_kept
from amlpriv.builds.inputs import Inputs
from amlpriv.builds.unlinking import unlink
from amlpriv.errors import InputError, UnsupportedError
from amlpriv.local.home import Home
from amlpriv.preflight.subject import PackagedWheel
from amlpriv.specs.closure import Needed, with_paths_named
from amlpriv.specs.environment import EnvironmentFile, GitSource, IndexSource, PathSource, Source, UrlSource
from amlpriv.specs.pip import PipRequirement
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import input_error
from amlpriv.target import Target
from amlpriv.wheels.wheel import Wheel

__all__ = ["Packages", "is_project", "named_paths", "packaged", "wheel_at", "wheel_of"]


@dataclass(slots=True)
class Packages:
    """Turns sources into wheels, each once."""

    file: EnvironmentFile
    folder: Path
    """What relative paths start from."""
    work: Path
    target: Target
    environ: Mapping[str, str]
    say: Callable[[str], None] = lambda _: None
    found: dict[str, tuple[Path, Wheel]] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    """Which commit the wheels of git sources are of."""
    landscape: Landscape = field(default_factory=Landscape)
    projects: dict[str, Path] = field(default_factory=dict)
    """The folders that fetched packages were built from."""
    tools: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """By key: what the environment of a build has in addition that needs private packages itself."""
    tools_of: Callable[[str, Path], Mapping[str, str]] | None = None
    """Finds them, by key and project folder."""
    built: dict[Path, tuple[Path, Wheel]] = field(default_factory=dict)
    """By project folder: what several sources lead to is built once."""
    links: dict[Path, dict[str, str]] = field(default_factory=dict)
    """By project folder: the addresses that its wheel gave for packages, by name."""
    guessed: dict[str, str] = field(default_factory=dict)
    """By name: where the projects are that are taken for their names alone, in words."""
    notes: list[str] = field(default_factory=list)
    """The same of what builds need, as sentences; shared with their packages."""
    chain: tuple[Path, ...] = ()
    """The projects for whose build these packages are."""
    inputs: Inputs | None = None
    """What the builds of this run share."""
    cancelled: Callable[[], bool] | None = None
    """Whether a build is no longer wanted."""

    def __post_init__(self) -> None:
        self.inputs = self.inputs or build_inputs(_cache(self.environ), self.environ)

    def wheel(self, key: str, source: Source) -> Wheel:
        """The wheel of a source; built when it is a project folder."""
        if key not in self.found:
            self.found[key] = self.made(key, source)
        return self.found[key][1]

    def project(self, key: str, source: Source) -> Path | None:
        """The project folder that a source leads to; None for a wheel, and for what is not fetched yet."""
        if not isinstance(source, PathSource):
            return self.projects.get(key)
        place = self.place(source)
        return place if is_project(place) else None

    def made(self, key: str, source: Source) -> tuple[Path, Wheel]:
        """The wheel's file and what it says, made anew; ``wheel`` remembers it."""
        if isinstance(source, GitSource):
            return self._of_git(key, source)
        if isinstance(source, UrlSource):
            path = fetched_wheel(key, source, environ=self.environ, say=self.say)
            return path, inspect_wheel(path)
        if not isinstance(source, PathSource):
            kind = type(source).__name__.removesuffix("Source").lower()
            where = f"{source.position.file}:{source.position.line}: " if source.position else ""
            raise UnsupportedError(
                f"{where}the source of {key} is of kind {kind!r}, which this version cannot fetch yet.",
                hint="Give a path: a wheel, a folder of wheels or a project folder.",
            )
        place = self.place(source)
        if is_project(place):
            return self._of_project(key, place)
        try:
            path = wheel_at(place, key, self.work, asked=self._asked(key), target=self.target, environ=self.environ)
            return path, inspect_wheel(path)
        except InputError as error:
            if source.position is None or not _is_missing(error, place):
                raise
            raise input_error(
                f"The source of {key} does not exist: {source.path}.", source.position, hint="Correct the path."
            ) from error

    def _of_git(self, key: str, source: GitSource) -> tuple[Path, Wheel]:
        folder = self.work / f"fetched-{key.replace(':', '-')}"
        project, self.origins[key] = fetched(key, source, folder, environ=self.environ, say=self.say)
        self.projects[key] = project
        self.prepare_build(key, project)
        return self._of_project(key, project)

    def prepare_build(self, key: str, project: Path) -> None:
        """Make what a project needs to be built; not for several at a time."""
        if self.tools_of is not None and project.resolve() not in self.built:
            self.tools[key] = self.tools_of(key, project)

    def is_kept(self, key: str, project: Path) -> bool:
        """Whether the wheel of a project was built before, so that it is there at once."""
        if self.inputs is None or self.tools.get(key) or self.environ.get(BUILD_IN):
            return False
        return is_kept(project, cache=_cache(self.environ), inputs=self.inputs)

    def _of_project(self, key: str, project: Path) -> tuple[Path, Wheel]:
        real = project.resolve()
        if real not in self.built:
            environ, inputs = self.environ, self.inputs
            if tools := self.tools.get(key):
                environ = {**environ, **tools}
                inputs = build_inputs(_cache(environ), environ)
            options: Any = {"environ": environ, "say": self.say, "inputs": inputs, "cancelled": self.cancelled}
            build = partial(wheel_at, project, key, self.work, **options)
            out = self.work / f"built-{key.replace(':', '-')}" / "in-container"
            path = build() if self.chain else ContainerBuild(self.target, **options).fitting(project, out, build)
            self._unlink(path, real)
            self.built[real] = path, inspect_wheel(path)
        return self.built[real]

    def _unlink(self, wheel: Path, project: Path) -> None:
        """Leave names in place of the addresses of what the environment has as wheels too."""
        declared = self.landscape.declared(project)
        names = {*self.file.sources, *(declared.entries if declared else ())}
        plain = wheel.with_name(f"{wheel.name}.plain")
        try:
            with wheel.open("rb") as stream, plain.open("wb") as target:
                self.links[project] = unlink(stream, target, names)
            if self.links[project]:
                plain.replace(wheel)
        finally:
            plain.unlink(missing_ok=True)

    def is_built(self, name: str) -> bool:
        """Whether the wheel of a package was built from a project."""
        return self.found[name] in self.built.values()

    def place(self, source: PathSource) -> Path:
        """Where a path leads to."""
        # A conda file that the environment file names has paths of its own.
        folder = Path(source.position.file).parent if source.position and source.position.file else self.folder
        try:
            return folder / Path(source.path).expanduser()
        except RuntimeError as error:
            message = f"There is no such user's folder on this machine: {source.path}."
            raise input_error(message, source.position, hint="Write the whole path, or './~...' for a name.") from error

    def _asked(self, name: str) -> list[Requirement]:
        """What the file and the wheels that are read already require of a package."""
        lines = self.file.conda.pip if self.file.conda else ()
        listed = [line.requirement for line in lines if isinstance(line, PipRequirement)]
        inside = [item for _, wheel in self.found.values() for item in wheel.requires_dist]
        return [
            item
            for item in (*listed, *inside)
            if canonicalize_name(item.name) == name and self.target.holds(item.marker)
        ]


def is_project(path: Path) -> bool:
    """Whether a folder is a Python project."""
    return (path / "pyproject.toml").is_file() or (path / "setup.py").is_file()


def _is_missing(error: InputError, path: Path) -> bool:
    return not path.exists() and error.line is None


def wheel_at(
    path: Path,
    name: str,
    work: Path,
    *,
    environ: Mapping[str, str],
    asked: Iterable[Requirement] = (),
    target: Target | None = None,
    say: Callable[[str], None] = lambda _: None,
    inputs: Inputs | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Path:
    """The wheel that a path leads to: itself, the best of ``name`` in a folder of wheels, or built from a project.

    A name with a colon stands for a path whose package is not known yet.
    """
    if not path.is_dir():
        return path
    if is_project(path):
        out = work / f"built-{name.replace(':', '-')}"
        out.mkdir(parents=True, exist_ok=True)
        around = environ_to_build(path, environ)
        return build_wheel_cached(
            path, out, environ=around, cache=_cache(environ), say=say, inputs=inputs, cancelled=cancelled
        )
    return choose_wheel(path, None if ":" in name else name, asked, target or Target())


def _cache(environ: Mapping[str, str]) -> Path:
    return Home.find(environ).cache / "wheels"


def named_paths(file: EnvironmentFile, packages: Packages) -> EnvironmentFile:
    """The file with names in place of paths. InputError for a package that comes from two places."""
    names: dict[str, str] = {}
    places = {name: source.position for name, source in file.sources.items() if ":" not in name}
    for key, source in file.sources.items():
        if ":" not in key:
            continue
        name = str(packages.wheel(key, source).name)
        if name in places:
            first = places[name]
            message = f"{name} comes from two places, from this one and from {_shown(first)}."
            raise input_error(message, source.position, hint="Remove one of them.")
        names[key], places[name] = name, source.position
    for key, name in names.items():
        packages.found[name] = packages.found.pop(key)
        if key in packages.origins:
            packages.origins[name] = packages.origins.pop(key)
            packages.projects[name] = packages.projects.pop(key)
    return with_paths_named(file, names)


def _shown(position: Position | None) -> str:
    return f"{position.file}:{position.line}" if position else "elsewhere"


def wheel_of(packages: Packages, file: EnvironmentFile, name: str) -> Wheel | None:
    """The wheel of a source, which must be of the package that the source is for; None for what an index serves."""
    source = file.sources[name]
    if isinstance(source, IndexSource):
        return None
    wheel = packages.wheel(name, source)
    if wheel.name != name:
        raise input_error(
            f"The source of {name} gives the wheel {wheel.filename}, which is of {wheel.name}.",
            source.position,
            hint=f"Correct the path, or name the source {wheel.name!r}.",
        )
    return wheel


def packaged(packages: Packages, needed: Needed, name: str, source: Source) -> PackagedWheel:
    """A wheel that was made and why it is wanted, for the checks."""
    required: tuple[Requirement, ...] = needed.required_as
    at, project = needed.position, packages.project(name, source)
    file, line, column = (at.file, at.line, at.column) if at else (None, None, None)
    removed = packages.links.get(project.resolve(), {}) if project is not None else {}
    guessed, wheel = packages.guessed.get(name), packages.found[name][1]
    return PackagedWheel(wheel, required, file, line, column, packages.is_built(name), removed, guessed)
