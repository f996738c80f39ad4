"""Which of a project's dependencies and sources an environment has: what its settings ask for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from amlpriv.errors import InputError
from amlpriv.specs.pip import PipPath, PipRequirement
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import did_you_mean, input_error
from amlpriv.specs.pyproject.project import Groups, Package, ProjectTable
from amlpriv.specs.pyproject.settings import Settings
from amlpriv.specs.pyproject.uv import UvTable
from amlpriv.specs.pyproject.uv_sources import SourceEntry, source_of
from amlpriv.specs.sources import Source
from amlpriv.target import Target

__all__ = ["Selection", "chosen_sources", "name_of", "refuse_other_python", "select"]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is installed, and what stands there and is not."""

    own: frozenset[str]
    """The extras of the project itself."""
    direct: tuple[Package, ...]
    """The project's dependencies, those of these extras included."""
    grouped: tuple[Package, ...]
    """What the dependency groups list."""
    other: frozenset[str]
    """The names in extras and groups that are not asked for."""


def select(project: ProjectTable | None, groups: Groups, settings: Settings, target: Target) -> Selection:
    """Follow the settings' extras and groups; InputError for one that there is not."""
    grouped: list[Package] = []
    for group in settings.groups:
        grouped += groups.packages(group.name, group.position)
    own = project.name if project and project.name else None
    asked = {extra.name: extra.position for extra in settings.extras}
    asked |= {extra: place for item in grouped for extra, place in _own_extras(item, own, target)}
    direct: list[Package] = list(project.dependencies) if project else []
    done: set[str] = set()
    queue = [*asked.items(), *(found for item in direct for found in _own_extras(item, own, target))]
    while queue:
        extra, place = queue.pop(0)
        if extra in done:
            continue
        done.add(extra)
        for item in _extra(project, extra, place):
            direct.append(item)
            queue += _own_extras(item, own, target)
    return Selection(
        frozenset(done),
        tuple(_others(direct, own)),
        tuple(_others(grouped, own)),
        frozenset(_unselected(project, groups, done, {group.name for group in settings.groups})),
    )


def refuse_other_python(uv: UvTable, settings: Settings, target: Target) -> None:
    """InputError for a group that is asked for and is meant for other Pythons."""
    pythons = dict(uv.group_pythons)
    for group in settings.groups:
        requires = pythons.get(group.name)
        if requires is not None and not target.satisfies(requires):
            message = (
                f"The group {group.name!r} is for Python {requires}, and the environment has {target.python_text}."
            )
            raise input_error(message, group.position, hint="Leave it out, or take another Python.")


def _own_extras(item: Package, own: str | None, target: Target) -> Iterator[tuple[str, Position | None]]:
    """The extras that a dependency asks of the project itself, as in ``all = ["churn[train,serve]"]``."""
    if own is None or not isinstance(item, PipRequirement) or item.name != canonicalize_name(own):
        return
    if target.holds(item.requirement.marker):
        for extra in sorted(item.requirement.extras):
            yield str(canonicalize_name(extra)), item.position


def _others(items: list[Package], own: str | None) -> Iterator[Package]:
    """Without the project itself, and each line once."""
    seen = set()
    for item in items:
        if item.text not in seen and (own is None or name_of(item) != canonicalize_name(own)):
            seen.add(item.text)
            yield item


def _extra(project: ProjectTable | None, extra: str, place: Position | None) -> tuple[Package, ...]:
    known = project.extras if project else {}
    if extra in known:
        return known[extra]
    if project is not None and "optional-dependencies" in project.dynamic:
        return ()
    raise input_error(f"The project has no extra {extra!r}.", place, hint=did_you_mean(extra, known))


def _unselected(
    project: ProjectTable | None, groups: Groups, extras: Collection[str], asked: Collection[str]
) -> Iterator[str]:
    for extra, items in (project.extras if project else {}).items():
        if extra not in extras:
            yield from filter(None, map(name_of, items))
    for group in groups.names:
        if group not in asked:
            try:
                yield from filter(None, map(name_of, groups.packages(group, None)))
            except InputError:  # PEP 735: what is wrong with a group that nobody asks for is no matter
                continue


def name_of(item: Package) -> str | None:
    """The normalised name; None for an address that does not tell it."""
    return None if isinstance(item, PipPath) else item.name


def chosen_sources(
    uv: UvTable, selection: Selection, settings: Settings, target: Target, member: Callable[[SourceEntry], str]
) -> tuple[dict[str, Source], list[tuple[str, Position | None]]]:
    """The sources that this environment needs, and in words which do not count in it.

    A source whose conditions are false on the target, or whose package only stands in extras and groups that are not
    asked for, is left out; one that no table names stays, since a private package may need it.
    """
    sources: dict[str, Source] = {}
    said: list[tuple[str, Position | None]] = []
    indexes = [index.index.name for index in uv.indexes]
    groups = {group.name for group in settings.groups}
    entries: dict[str, list[SourceEntry]] = {}
    for entry in uv.sources:
        entries.setdefault(entry.name, []).append(entry)
    for name, ways in entries.items():
        if not _is_needed(name, selection, target):
            continue
        taken = [entry for entry in ways if _applies(entry, selection.own, groups, target)]
        if len(taken) > 1:
            message = f"Several sources of {name!r} apply to {target}."
            raise input_error(message, taken[1].position, hint="Give them markers that exclude each other.")
        if not taken:
            said.append((f"The source of {name!r} is not for {target}: it is left out.", ways[0].position))
        for entry in taken:
            sources[name] = source_of(entry, indexes, member)
            if len(ways) > 1:
                said.append((f"Of {len(ways)} sources of {name!r}, this one is for {target}.", entry.position))
    return sources, said


def _applies(entry: SourceEntry, extras: Collection[str], groups: Collection[str], target: Target) -> bool:
    if entry.extra is not None and entry.extra not in extras:
        return False
    if entry.group is not None and entry.group not in groups:
        return False
    return target.holds(entry.marker)


def _is_needed(name: str, selection: Selection, target: Target) -> bool:
    mentions = [item for item in (*selection.direct, *selection.grouped) if name_of(item) == name]
    if not mentions:
        return name not in selection.other
    return any(target.holds(_marker(item)) for item in mentions)


def _marker(item: Package) -> Marker | None:
    if isinstance(item, PipRequirement):
        return item.requirement.marker
    return Marker(item.marker) if item.marker else None
