"""The conda part of an environment that is made of pip lines and settings; constraints put into the lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from packaging.requirements import Requirement

from amlpriv.specs.conda import CondaDependency, CondaSpec, conda_from_data
from amlpriv.specs.nodes import YamlList, YamlMap, YamlNode, YamlScalar
from amlpriv.specs.pip import PipLine, PipRequirement
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import Problems
from amlpriv.specs.pyproject.settings import Settings
from amlpriv.target import Target

__all__ = ["CHANNELS", "conda_layer", "constrained", "with_pip"]

CHANNELS = ("conda-forge",)
"""The channels when none are given: Anaconda's own are under terms of service that a build cannot accept."""


def conda_layer(settings: Settings, file: str | None, problems: Problems) -> CondaSpec:
    """What ``conda`` and ``channels`` say, without pip lines."""
    channels = settings.channels or tuple(YamlScalar(channel, channel) for channel in CHANNELS)
    parts: list[tuple[str, tuple[YamlNode, ...]]] = [("channels", channels), ("dependencies", settings.conda)]
    tree = YamlMap(tuple((YamlScalar(key, key), YamlList(items)) for key, items in parts))
    return conda_from_data(tree, file, problems=problems)


def with_pip(
    layer: CondaSpec, python: str | None, place: Position | None, lines: Sequence[PipLine], start: Position
) -> CondaSpec:
    """The layer with Python (unless it lists one) and pip in front, and the pip lines."""
    front = []
    if python is not None:
        front.append(CondaDependency(f"python={python}", "python", f"={python}", place or start))
    if not layer.pip_listed:
        front.append(CondaDependency("pip", "pip", "", place or start))
    return replace(
        layer,
        dependencies=(*front, *layer.dependencies),
        pip=tuple(lines),
        pip_listed=True,
        pip_blocks=1 if lines else 0,
    )


def constrained(
    lines: Iterable[PipLine], constraints: Iterable[PipRequirement], target: Target
) -> tuple[list[PipLine], list[PipRequirement]]:
    """The lines with the constraints on their names, and the constraints that no line names.

    A pip section has no constraints of its own: a version that is excluded there is excluded in the line.
    """
    result, unused = list(lines), []
    for constraint in constraints:
        if not target.holds(constraint.requirement.marker):
            continue
        places = [number for number, line in enumerate(result) if _is_of(line, constraint)]
        for number in places:
            line = result[number]
            result[number] = _narrowed(line, constraint) if isinstance(line, PipRequirement) else line
        if not places:
            unused.append(constraint)
    return result, unused


def _is_of(line: PipLine, constraint: PipRequirement) -> bool:
    """An address is left alone: what is there has the version that it has."""
    return isinstance(line, PipRequirement) and line.name == constraint.name and line.requirement.url is None


def _narrowed(line: PipRequirement, constraint: PipRequirement) -> PipRequirement:
    old = line.requirement
    extras = f"[{','.join(sorted(old.extras))}]" if old.extras else ""
    marker = f" ; {old.marker}" if old.marker else ""
    text = f"{old.name}{extras}{old.specifier & constraint.requirement.specifier}{marker}"
    return PipRequirement(text, Requirement(text), line.hashes, line.position)
