"""What is to be mirrored, and for which targets: from words, requirements files and environment files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

from amlpriv.actions.closing import closed
from amlpriv.actions.closing import named as with_names
from amlpriv.actions.packages import Packages
from amlpriv.actions.specification import read_file
from amlpriv.errors import UsageError
from amlpriv.facts.images import target_for
from amlpriv.specs.closure import without_skipped_paths
from amlpriv.specs.environment import EnvironmentFile, IndexSource
from amlpriv.specs.pip import PipRequirement
from amlpriv.specs.platforms import parse_platform
from amlpriv.target import Target, parse_python

__all__ = ["Wishes", "read_wishes"]


@dataclass(frozen=True, slots=True)
class Wishes:
    """The requirements of each target."""

    requirements: Mapping[Target, tuple[str, ...]]
    private: frozenset[NormalizedName] = frozenset()
    """Names that only the destination may give: the environment file says that they come from an index."""
    notes: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[Target, ...]:
        """In the order asked for."""
        return tuple(self.requirements)


@dataclass(slots=True)
class _Heard:
    lines: list[str] = field(default_factory=list)
    private: set[NormalizedName] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def read_wishes(
    words: Sequence[str],
    files: Sequence[Path],
    *,
    pythons: Sequence[str],
    platforms: Sequence[str],
    environ: Mapping[str, str],
    say: Callable[[str], None] = lambda _: None,
) -> Wishes:
    """What was asked for. Without ``pythons`` and ``platforms`` the first file decides, else ``Target()``.

    Of an environment file the public packages are taken, also those that its private packages require: these are built
    or read for that. Raises UsageError, InputError, WheelError, BuildError.
    """
    if not words and not files:
        raise UsageError("Nothing is to be mirrored.", hint="Name a requirement, or a file with -r.")
    for word in words:
        _refuse(word)
    usual = _of_file(files[0], pythons[0] if pythons else None, say) if files else Target()
    heard = {target: _Heard(lines=list(words)) for target in _targets(pythons, platforms, usual)}
    for target, into in heard.items():
        for path in files:
            file = read_file(path, name="mirror", python=target.python_text).file
            _read(path, file, target, into, environ, say)
    if not any(into.lines for into in heard.values()):
        names = ", ".join(str(path) for path in files)
        raise UsageError(f"There is no package by name in {names}: nothing is to be mirrored.")
    return Wishes(
        {target: tuple(dict.fromkeys(into.lines)) for target, into in heard.items()},
        frozenset(name for into in heard.values() for name in into.private),
        tuple(dict.fromkeys(note for into in heard.values() for note in into.notes)),
    )


def _refuse(word: str) -> None:
    try:
        requirement = Requirement(word)
    except InvalidRequirement as error:
        said = str(error).partition("\n")[0]
        hint = "Write it as 'pandas>=2', or name a file with -r."
        raise UsageError(f"{word!r} is no requirement: {said}.", hint=hint) from None
    if requirement.url is not None:
        raise UsageError(
            f"{requirement.name} has an address of its own, and an index takes packages by name.",
            hint="Push its wheel: amlpriv feed push.",
        )


def _of_file(path: Path, python: str | None, say: Callable[[str], None]) -> Target:
    file = read_file(path, name="mirror", python=python, say=say).file
    return target_for(file.image, file.conda.python if file.conda else None).target


def _targets(pythons: Iterable[str], platforms: Iterable[str], usual: Target) -> list[Target]:
    versions = [_python(text) for text in pythons] or [usual.python]
    places = [parse_platform(text) for text in platforms] or [(usual.glibc, usual.arch)]
    pairs = [(python, glibc or usual.glibc, arch) for python in versions for glibc, arch in places]
    return [Target(*each) for each in dict.fromkeys(pairs)]


def _python(text: str) -> tuple[int, int]:
    version = parse_python(text)
    if version is None:
        raise UsageError(f"{text!r} is no Python version.", hint="Write it as 3.11.")
    return version


def _read(
    path: Path,
    file: EnvironmentFile,
    target: Target,
    into: _Heard,
    environ: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    """The public requirements of one file."""
    with tempfile.TemporaryDirectory(prefix="amlpriv-", ignore_cleanup_errors=True) as work:
        packages = Packages(file, path.parent, Path(work), target, environ, say)
        named, needed = closed(with_names(without_skipped_paths(file, target), packages), packages)
        wheels = {key: wheel for key, (_, wheel) in packages.found.items()}
    into.private.update(canonicalize_name(name) for name in needed if isinstance(named.sources[name], IndexSource))
    shipped = {canonicalize_name(name) for name in named.sources} - into.private
    found = [line.requirement for line in (named.conda.pip if named.conda else ()) if isinstance(line, PipRequirement)]
    for name, wheel in wheels.items():
        asked = needed[name].required_as if name in needed else ()
        extras = {"", *(extra for item in asked for extra in item.extras)}
        found += [one for one in wheel.requires_dist if any(target.holds(one.marker, extra) for extra in extras)]
    for requirement in found:
        _add(requirement, shipped, into)
    layer = (
        [item.name for item in named.conda.dependencies if item.name not in ("python", "pip")] if named.conda else []
    )
    if layer:
        into.notes.append(f"{path.name}: {', '.join(map(str, layer))} come from conda and are not mirrored.")


def _add(requirement: Requirement, shipped: set[NormalizedName], into: _Heard) -> None:
    name = canonicalize_name(requirement.name)
    if name in shipped:
        return
    if requirement.url is not None:
        into.notes.append(f"{name} has an address of its own and is not mirrored.")
        return
    plain = Requirement(str(requirement))
    # The markers of what a wheel requires are decided: "extra" means nothing in a list of requirements.
    if plain.marker is not None and "extra" in str(plain.marker):
        plain.marker = None
    into.lines.append(str(plain))
