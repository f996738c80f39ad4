"""From a file to everything that is known without a workspace: the wheels, the checks, the digest."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from amlpriv.actions.closing import closed, named, unneeded
from amlpriv.actions.git_sources import Origin
from amlpriv.actions.lock_beside import applied, lock_beside, refuse_lock
from amlpriv.actions.packages import Packages, packaged
from amlpriv.actions.specification import read_file
from amlpriv.actions.url_sources import direct_urls
from amlpriv.connections.feeds import parse_feed_url
from amlpriv.errors import UnsupportedError, UsageError
from amlpriv.facts.images import DEFAULT_IMAGE, target_for
from amlpriv.facts.routes import Route
from amlpriv.findings import Report
from amlpriv.plans.publish import blob_path
from amlpriv.plans.steps import DirectWheel, Wanted, WantedWheel
from amlpriv.preflight.engine import check
from amlpriv.preflight.subject import Subject
from amlpriv.specs.closure import Needed, without_skipped_paths
from amlpriv.specs.conda import CondaSpec
from amlpriv.specs.digest import SourceIdentity, canonical_environment, environment_digest
from amlpriv.specs.environment import (
    EnvironmentFile,
    Index,
    IndexSource,
)
from amlpriv.specs.fields import VERSION_HINT, version_complaint
from amlpriv.specs.git_lines import with_git_packed
from amlpriv.specs.image_names import IMAGE_HINT, image_complaint
from amlpriv.specs.index_line import index_in_use, with_index_line
from amlpriv.specs.lock_inputs import lock_inputs
from amlpriv.specs.lock_text import LockFile
from amlpriv.specs.problems import input_error
from amlpriv.target import Target
from amlpriv.wheels.wheel import Wheel

__all__ = ["Prepared", "preparing"]

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
    subject: Subject
    """What the report is about."""
    route: Route = Route.SAS
    """How the wheels reach the image."""
    index: Index | None = None
    """Where the packages of kind ``index`` come from."""
    notes: tuple[str, ...] = ()
    """What could not be found out, and what should be known of where packages come from."""
    origins: Mapping[str, Origin] = field(default_factory=dict)
    """Which commit the wheels of git sources were built from."""
    direct: Mapping[str, str] = field(default_factory=dict)
    """Addresses of the wheels that stay where they are, by name."""

    @property
    def conda(self) -> CondaSpec:
        """The conda part; an empty one when the file has none."""
        return self.file.conda or CondaSpec()

    def _wanted_wheel(self, name: str, wheel: Wheel) -> WantedWheel:
        origin = self.origins.get(name)
        return WantedWheel(wheel, blob_path(wheel), self.route, *((str(origin), origin.fields) if origin else ()))

    @property
    def wanted(self) -> Wanted:
        """What a publish plan starts from."""
        stored = {name: wheel for name, wheel in self.wheels.items() if name not in self.direct}
        wheels = tuple(self._wanted_wheel(name, wheel) for name, wheel in stored.items())
        direct = tuple(DirectWheel(self.wheels[name], url) for name, url in self.direct.items())
        conda = self.canonical.get("conda")
        sections = dict(conda) if isinstance(conda, dict) else {}
        pip = {key: sections.pop(key, None) for key in ("pip", "pip_options")}
        summary = {"conda": environment_digest(sections)[:12], "pip": environment_digest(pip)[:12]}
        file = self.file
        index = str(parse_feed_url(self.index.url)) if self.index else None
        served = tuple(name for name in self.needed if name not in self.wheels)
        said = (file.description, dict(file.tags), index, served, direct)
        return Wanted(file.name, file.version, self.digest, self.image, wheels, summary, *said)


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
    pin: bool = True,
    lock: bool = True,
    locked: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Prepared]:
    """Read a file, make its wheels, check everything. The wheels' files live as long as the context.

    ``pin`` says whether what an ``explicit`` index wants pinned is resolved, which asks indexes.
    ``lock`` says whether the lock beside the file counts; with ``locked`` it must be there, and fresh.

    Raises InputError, WheelError, BuildError, UnsupportedError; what is merely wrong is in ``report``.
    """
    if image is not None and (complaint := image_complaint(image)):
        raise UsageError(f"{image!r} is no image: {complaint}.", hint=IMAGE_HINT)
    refuse_lock(path)
    read = read_file(path, name=name, image=image, python=python, say=say)
    file = read.file
    if version is not None:
        if complaint := version_complaint(version):
            raise UsageError(f"{version!r} cannot be an environment's version: {complaint}.", hint=VERSION_HINT)
        file = replace(file, version=version)
    _refuse_what_is_missing(file)
    route = _route(file, via)
    held = lock_beside(file, path, required=locked, say=say) if lock else None
    with tempfile.TemporaryDirectory(prefix="amlpriv-", ignore_cleanup_errors=True) as work:
        target = _target(file, say)
        file = with_git_packed(file, https=path.suffix.lower() in (".txt", ".in", ".toml"))
        file = with_index_line(without_skipped_paths(file, target))
        packages = Packages(file, path.parent, Path(work), target, environ, say)
        yield _prepare(file, read.text, read.texts, packages, route, pin=pin, lock=held, locked=locked)


def _route(file: EnvironmentFile, via: Route | str | None) -> Route:
    """The one route of all wheels but those of ``via: direct``, which are fetched from their own addresses."""
    names = [route.value for route in Route]
    if via is not None and via not in (*Route, *names):
        raise UsageError(f"{via!r} is no route.", hint=f"Known: {', '.join(names)}.")
    top = Route(via) if via is not None else file.via or Route.SAS
    if top is Route.DIRECT:
        raise UsageError("'direct' is no route for all wheels.", hint="Write 'via: direct' beside the source's url.")
    private = [source for source in file.sources.values() if not isinstance(source, IndexSource)]
    asked = {source.via or top for source in private if source.via is not Route.DIRECT} or {top}
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


def _prepare(
    file: EnvironmentFile,
    text: str,
    texts: Mapping[str, str],
    packages: Packages,
    route: Route,
    *,
    pin: bool,
    lock: LockFile | None,
    locked: bool,
) -> Prepared:
    file = asked = named(file, packages)
    image, target = file.image or DEFAULT_IMAGE, packages.target
    file, needed = closed(file, packages)
    for source in unneeded(asked, file, needed, packages):
        raise source.error()
    wheels = {name: packages.found[name][1] for name in sorted(needed) if name in packages.found}
    index = index_in_use(file)
    use, notes = None, tuple[str, ...]()
    if lock is not None:
        inputs = lock_inputs(file, needed, wheels, target)
        file, use, notes = applied(file, lock, inputs, wheels, required=locked, say=packages.say)
    if index is not None and index.explicit and pin and (use is None or (use.stale and not locked)):
        file = _pinned(file, index, packages, needed, wheels)
    shipped = tuple(packaged(packages, needed[name], name, file.sources[name]) for name in wheels)
    subject = Subject(replace(file, image=image), text, texts, shipped, target, lock=use)
    direct = direct_urls(file, wheels)
    identities = [_identity(name, wheel, route, direct.get(name)) for name, wheel in wheels.items()]
    canonical = canonical_environment(image=image, platform=PLATFORM, conda=file.conda, sources=identities)
    paths = {name: packages.found[name][0] for name in wheels}
    digest = environment_digest(canonical)
    report = check(subject)
    made = Prepared(file, image, target, needed, wheels, paths, report, canonical, digest, subject, route, index)
    guesses = (f"{name}: taken from {words}" for name, words in packages.guessed.items() if name in wheels)
    notes = (*dict.fromkeys((*guesses, *packages.notes)), *notes)
    return replace(made, origins=dict(packages.origins), notes=notes, direct=direct)


def _identity(name: str, wheel: Wheel, route: Route, url: str | None) -> SourceIdentity:
    if url is None:
        return SourceIdentity(name, str(wheel.version), wheel.content_hash, route)
    pinned = DirectWheel(wheel, url).pinned
    return SourceIdentity(name, str(wheel.version), wheel.content_hash, Route.DIRECT, pinned)


def _target(file: EnvironmentFile, say: Callable[[str], None]) -> Target:
    image = file.image or DEFAULT_IMAGE
    if file.image is None:
        say(f"no image is given: {image} is used")
    found = target_for(image, file.conda.python if file.conda else None)
    if file.sources and not found.known:
        say(f"nothing is known about the image {image}: wheels are checked for {found.target}")
    return found.target


def _pinned(
    file: EnvironmentFile,
    index: Index,
    packages: Packages,
    needed: Mapping[str, Needed],
    wheels: Mapping[str, Wheel],
) -> EnvironmentFile:
    from amlpriv.actions.pinning import pinned

    at_hand = {name: packages.found[name] for name in wheels}
    work, environ, say = packages.work, packages.environ, packages.say
    return pinned(file, index, at_hand, needed, packages.target, work=work, environ=environ, say=say)
