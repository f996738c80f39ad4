"""Which private packages an environment needs: those that its pip lines name, and what these need in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from amlpriv.specs.environment import EnvironmentFile
from amlpriv.specs.pip import PipPath, PipRequirement, PipVcs
from amlpriv.specs.positions import Position
from amlpriv.specs.sources import Source
from amlpriv.target import Target

__all__ = ["Needed", "Requiring", "close", "with_paths_named", "without_skipped_paths"]


class Requiring(Protocol):
    """A wheel, or as much as is known of one that is not built yet."""

    @property
    def requires_dist(self) -> tuple[Requirement, ...]:
        """What it requires; extras are markers."""
        ...


@dataclass(frozen=True, slots=True)
class Needed:
    """A private package that the environment needs."""

    name: str
    required_as: tuple[Requirement, ...]
    position: Position | None
    listed: bool
    """Whether a pip line of the file names it; otherwise another private package needs it."""
    needed_by: tuple[str, ...] = ()


def without_skipped_paths(file: EnvironmentFile, target: Target) -> EnvironmentFile:
    """The same file without the paths in the pip section whose marker is false on the target: pip skips them."""
    lines = () if file.conda is None else file.conda.pip
    skipped = {
        number
        for number, line in enumerate(lines)
        if (isinstance(line, PipPath) or (isinstance(line, PipVcs) and f"path:{number}" in file.sources))
        and line.marker
        and not target.holds(Marker(line.marker))
    }
    if file.conda is None or not skipped:
        return file
    kept = [number for number in range(len(lines)) if number not in skipped]
    sources = {name: source for name, source in file.sources.items() if not name.startswith("path:")}
    for place, number in enumerate(kept):
        if (key := f"path:{number}") in file.sources:
            sources[f"path:{place}"] = file.sources[key]
    second = file.conda.second_block
    conda = replace(
        file.conda,
        pip=tuple(lines[number] for number in kept),
        second_block=second if second is None else sum(number < second for number in kept),
    )
    return replace(file, conda=conda, sources=sources)


def with_paths_named(file: EnvironmentFile, names: Mapping[str, str]) -> EnvironmentFile:
    """The same file with every path in the pip section replaced by the name of the wheel that it leads to.

    ``names`` has the package name for each ``path:<n>`` of ``file.sources``.
    """
    if file.conda is None or not names:
        return file
    lines = list(file.conda.pip)
    sources: dict[str, Source] = {name: source for name, source in file.sources.items() if name not in names}
    for number, line in enumerate(lines):
        key = f"path:{number}"
        if isinstance(line, PipPath | PipVcs) and key in names:
            lines[number] = line.named(names[key])
            sources[names[key]] = file.sources[key]
    return replace(file, conda=replace(file.conda, pip=tuple(lines)), sources=sources)


def close(file: EnvironmentFile, wheel_of: Callable[[str], Requiring | None], target: Target) -> dict[str, Needed]:
    """All needed private packages by normalised name: rule 2 of the environment file.

    ``wheel_of`` gives the wheel of a name in ``sources`` (building it, maybe), or None when it is not at hand.
    Markers are evaluated for the target, with the extras that are asked for: a line that pip skips there needs nothing.
    """
    needed: dict[str, Needed] = {}
    queue: list[tuple[Requirement, Position | None, str | None]] = [
        (line.requirement, line.position, None)
        for line in (file.conda.pip if file.conda else ())
        if isinstance(line, PipRequirement) and line.name in file.sources and target.holds(line.requirement.marker)
    ]
    done: set[tuple[str, str]] = set()
    while queue:
        requirement, position, by = queue.pop(0)
        name = str(canonicalize_name(requirement.name))
        _note(needed, name, requirement, position, by)
        wheel = wheel_of(name)
        for extra in ("", *sorted(requirement.extras)):
            if wheel is None or (name, extra) in done:
                continue
            done.add((name, extra))
            queue += [(item, position, name) for item in _private(wheel, extra, file.sources, target)]
    return needed


def _note(
    needed: dict[str, Needed], name: str, requirement: Requirement, position: Position | None, by: str | None
) -> None:
    old = needed.get(name)
    if old is None:
        needed[name] = Needed(name, (requirement,), position, by is None, (by,) if by else ())
        return
    # Who asks is kept once, and never the package itself, as in "a[all]" that requires "a[fast]".
    asked_by = old.needed_by if by is None or by in (name, *old.needed_by) else (*old.needed_by, by)
    required = old.required_as if requirement in old.required_as else (*old.required_as, requirement)
    needed[name] = replace(old, required_as=required, listed=old.listed or by is None, needed_by=asked_by)


def _private(wheel: Requiring, extra: str, sources: Iterable[str], target: Target) -> list[Requirement]:
    names = frozenset(sources)
    return [
        item
        for item in wheel.requires_dist
        if canonicalize_name(item.name) in names and target.holds(item.marker, extra)
    ]
