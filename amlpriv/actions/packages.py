"""From sources to wheels: what a path leads to, each package once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from amlpriv.actions.choosing import choose_wheel
from amlpriv.actions.git_sources import Origin, fetched
from amlpriv.actions.inspecting import inspect_wheel
from amlpriv.building import build_wheel
from amlpriv.errors import InputError, UnsupportedError
from amlpriv.preflight.subject import PackagedWheel
from amlpriv.specs.closure import Needed, with_paths_named
from amlpriv.specs.environment import EnvironmentFile, GitSource, IndexSource, PathSource, Source
from amlpriv.specs.pip import PipRequirement
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import input_error
from amlpriv.target import Target
from amlpriv.wheels.wheel import Wheel

__all__ = ["Packages", "named_paths", "packaged", "wheel_at", "wheel_of"]


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

    def wheel(self, key: str, source: Source) -> Wheel:
        """The wheel of a source; built when it is a project folder."""
        if key not in self.found:
            self.found[key] = self._make(key, source)
        return self.found[key][1]

    def _make(self, key: str, source: Source) -> tuple[Path, Wheel]:
        if isinstance(source, GitSource):
            return self._of_git(key, source)
        if not isinstance(source, PathSource):
            kind = type(source).__name__.removesuffix("Source").lower()
            where = f"{source.position.file}:{source.position.line}: " if source.position else ""
            raise UnsupportedError(
                f"{where}the source of {key} is of kind {kind!r}, which this version cannot fetch yet.",
                hint="Give a path: a wheel, a folder of wheels or a project folder.",
            )
        place = self._place(source)
        try:
            path = wheel_at(
                place, key, self.work, asked=self._asked(key), target=self.target, environ=self.environ, say=self.say
            )
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
        path = wheel_at(project, key, self.work, target=self.target, environ=self.environ, say=self.say)
        return path, inspect_wheel(path)

    def _place(self, source: PathSource) -> Path:
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
) -> Path:
    """The wheel that a path leads to: itself, the best of ``name`` in a folder of wheels, or built from a project.

    A name with a colon stands for a path whose package is not known yet.
    """
    if not path.is_dir():
        return path
    if (path / "pyproject.toml").is_file() or (path / "setup.py").is_file():
        say(f"building {path.name or path.resolve().name}")
        out = work / f"built-{name.replace(':', '-')}"
        out.mkdir(parents=True, exist_ok=True)
        return build_wheel(path, out, environ=environ, on_line=None)
    return choose_wheel(path, None if ":" in name else name, asked, target or Target())


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


def packaged(needed: Needed, wheel: Wheel) -> PackagedWheel:
    """A wheel and why it is wanted, for the checks."""
    required: tuple[Requirement, ...] = needed.required_as
    at = needed.position
    return PackagedWheel(wheel, required, *((at.file, at.line, at.column) if at else ()))
