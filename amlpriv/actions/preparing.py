"""From a file to everything that is known without a workspace: the wheels, the checks, the digest."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from amlpriv.actions.choosing import choose_wheel
from amlpriv.actions.inspecting import inspect_wheel
from amlpriv.actions.specification import read_file
from amlpriv.building import build_wheel
from amlpriv.errors import InputError, UnsupportedError, UsageError
from amlpriv.facts.images import DEFAULT_IMAGE, target_for
from amlpriv.facts.routes import Route
from amlpriv.findings import Report
from amlpriv.plans.publish import blob_path
from amlpriv.plans.steps import Wanted, WantedWheel
from amlpriv.preflight.engine import check
from amlpriv.preflight.subject import PackagedWheel, Subject
from amlpriv.specs.closure import Needed, close, with_paths_named, without_skipped_paths
from amlpriv.specs.conda import CondaSpec
from amlpriv.specs.digest import SourceIdentity, canonical_environment, environment_digest
from amlpriv.specs.environment import (
    EnvironmentFile,
    IndexSource,
    PathSource,
    Source,
    unneeded_sources,
)
from amlpriv.specs.fields import VERSION_HINT, version_complaint
from amlpriv.specs.pip import PipRequirement
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import input_error
from amlpriv.target import Target
from amlpriv.wheels.wheel import Wheel

__all__ = ["Packages", "Prepared", "preparing", "wheel_at"]

PLATFORM = "linux/x86_64"


@dataclass(frozen=True, slots=True)
class Prepared:
    """An environment file, read, built and checked."""

    file: EnvironmentFile
    image: str
    target: Target
    needed: Mapping[str, Needed]
    wheels: Mapping[str, Wheel]
    """The needed private wheels by name."""
    paths: Mapping[str, Path]
    """Where their files are, for as long as the preparation is open."""
    report: Report
    canonical: Mapping[str, object]
    digest: str
    route: Route = Route.SAS
    """How the wheels reach the image."""

    @property
    def conda(self) -> CondaSpec:
        """The conda part; an empty one when the file has none."""
        return self.file.conda or CondaSpec()

    @property
    def wanted(self) -> Wanted:
        """What a publish plan starts from."""
        wheels = tuple(WantedWheel(wheel, blob_path(wheel), self.route) for wheel in self.wheels.values())
        conda = self.canonical.get("conda")
        sections = dict(conda) if isinstance(conda, dict) else {}
        pip = {key: sections.pop(key, None) for key in ("pip", "pip_options")}
        summary = {"conda": environment_digest(sections)[:12], "pip": environment_digest(pip)[:12]}
        file = self.file
        return Wanted(
            file.name, file.version, self.digest, self.image, wheels, summary, file.description, dict(file.tags)
        )


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

    def wheel(self, key: str, source: Source) -> Wheel:
        """The wheel of a source; built when it is a project folder."""
        if key not in self.found:
            self.found[key] = self._make(key, source)
        return self.found[key][1]

    def _make(self, key: str, source: Source) -> tuple[Path, Wheel]:
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


@contextmanager
def preparing(
    path: Path,
    *,
    environ: Mapping[str, str],
    name: str | None = None,
    image: str | None = None,
    python: str | None = None,
    version: str | None = None,
    via: Route | str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Prepared]:
    """Read a file, make its wheels, check everything. The wheels' files live as long as the context.

    Raises InputError, WheelError, BuildError, UnsupportedError; what is merely wrong is in ``report``.
    """
    read = read_file(path, name=name, image=image, python=python, say=say)
    file = read.file
    if version is not None:
        if complaint := version_complaint(version):
            raise UsageError(f"{version!r} cannot be an environment's version: {complaint}.", hint=VERSION_HINT)
        file = replace(file, version=version)
    _refuse_what_is_missing(file)
    route = _route(file, via)
    with tempfile.TemporaryDirectory(prefix="amlpriv-", ignore_cleanup_errors=True) as work:
        target = _target(file, say)
        file = without_skipped_paths(file, target)
        packages = Packages(file, path.parent, Path(work), target, environ, say)
        yield _prepare(file, read.text, read.texts, packages, route)


def _route(file: EnvironmentFile, via: Route | str | None) -> Route:
    """The one route of all wheels."""
    names = [route.value for route in Route]
    if via is not None and via not in (*Route, *names):
        raise UsageError(f"{via!r} is no route.", hint=f"Known: {', '.join(names)}.")
    top = Route(via) if via is not None else file.via or Route.SAS
    asked = {source.via or top for source in file.sources.values() if not isinstance(source, IndexSource)} or {top}
    for route in {*asked, top} - {Route.SAS, Route.PLAIN}:
        raise UnsupportedError(f"The route {route.value!r} is not in this version yet.", hint="Use 'sas', the default.")
    if len(asked) > 1:
        raise UnsupportedError("'sas' and 'plain' in one file are not in this version.", hint="Use one for all wheels.")
    return asked.pop()


def _refuse_what_is_missing(file: EnvironmentFile) -> None:
    for key in ("build", "inference_config", "datastore", "auto_delete_setting", "properties"):
        if getattr(file, key):
            place = file.positions.get(key)
            raise input_error(f"{key!r} is not in this version of amlpriv yet.", place, hint=f"Remove {key!r}.")
    if file.os_type != "linux":
        raise input_error("Private packages go into Linux images only.", file.positions.get("os_type"), hint=None)


def _prepare(file: EnvironmentFile, text: str, texts: Mapping[str, str], packages: Packages, route: Route) -> Prepared:
    file = _named_paths(file, packages)
    image, target = file.image or DEFAULT_IMAGE, packages.target
    needed = close(file, lambda name: _named(packages, file, name), target)
    for source in unneeded_sources(file, needed):
        raise source.error()
    wheels = {name: packages.found[name][1] for name in sorted(needed)}
    packaged = [_packaged(needed[name], wheel) for name, wheel in wheels.items()]
    report = check(Subject(replace(file, image=image), text, texts, tuple(packaged), target))
    identities = [SourceIdentity(name, str(wheel.version), wheel.content_hash, route) for name, wheel in wheels.items()]
    canonical = canonical_environment(image=image, platform=PLATFORM, conda=file.conda, sources=identities)
    paths = {name: packages.found[name][0] for name in wheels}
    digest = environment_digest(canonical)
    return Prepared(file, image, target, needed, wheels, paths, report, canonical, digest, route)


def _target(file: EnvironmentFile, say: Callable[[str], None]) -> Target:
    image = file.image or DEFAULT_IMAGE
    if file.image is None:
        say(f"no image is given: {image} is used")
    found = target_for(image, file.conda.python if file.conda else None)
    if file.sources and not found.known:
        say(f"nothing is known about the image {image}: wheels are checked for {found.target}")
    return found.target


def _named_paths(file: EnvironmentFile, packages: Packages) -> EnvironmentFile:
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
    return with_paths_named(file, names)


def _shown(position: Position | None) -> str:
    return f"{position.file}:{position.line}" if position else "elsewhere"


def _named(packages: Packages, file: EnvironmentFile, name: str) -> Wheel:
    """The wheel of a source, which must be of the package that the source is for."""
    source = file.sources[name]
    wheel = packages.wheel(name, source)
    if wheel.name != name:
        raise input_error(
            f"The source of {name} gives the wheel {wheel.filename}, which is of {wheel.name}.",
            source.position,
            hint=f"Correct the path, or name the source {wheel.name!r}.",
        )
    return wheel


def _packaged(needed: Needed, wheel: Wheel) -> PackagedWheel:
    required: tuple[Requirement, ...] = needed.required_as
    at = needed.position
    return PackagedWheel(wheel, required, *((at.file, at.line, at.column) if at else ()))
