"""Which Python an environment gets: said in ``[tool.amlpriv]``, or the only one that ``requires-python`` allows."""

from __future__ import annotations

import re

from packaging.specifiers import SpecifierSet

from amlpriv.errors import UsageError
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import input_error
from amlpriv.specs.pyproject.project import ProjectTable
from amlpriv.target import Target, parse_python

__all__ = ["chosen_python", "refuse_bad_python"]

_NUMBER = re.compile(r"[0-9]{1,4}")
_LAST = 59
"""A minor and a patch version that no Python reaches."""
_EXACT = re.compile(r"===?\s*(\d+\.\d+\.\d+)")
_HINT = 'Add python = "3.11" (the one you want) to [tool.amlpriv], or give --python.'


def refuse_bad_python(python: str | None) -> None:
    """UsageError for a Python, given by the caller, that is no version."""
    if python is not None and (parse_python(python) is None or python.endswith("*")):
        raise UsageError(f"{python!r} is no Python version.", hint="For instance 3.11, or 3.11.9.")


def chosen_python(
    said: str | None, place: Position | None, project: ProjectTable | None, start: Position
) -> tuple[str, Position | None]:
    """The version for conda and where it stands. ``said`` is what the caller or ``[tool.amlpriv]`` asks for.

    InputError when nothing says one, when ``requires-python`` allows several, or does not allow what is said.
    """
    requires = project.requires_python if project else None
    where = project.positions.get("requires-python") if project else None
    if said is None:
        return _only(requires, where, project.positions.get("", start) if project else start)
    version = parse_python(said)
    allowed = requires is None or version is None or _allows(requires, said, version)
    if not allowed:
        message = f"requires-python = {str(requires)!r} does not allow Python {said}."
        raise input_error(message, place or where, hint="Change one of them.")
    return said, place


def _allows(requires: SpecifierSet, said: str, version: tuple[int, int]) -> bool:
    if said.count(".") > 1:
        return requires.contains(said, prereleases=True)
    return Target(python=version).satisfies(requires)


def _only(requires: SpecifierSet | None, where: Position | None, start: Position) -> tuple[str, Position | None]:
    if requires is None or not str(requires):
        raise input_error("Nothing says which Python the environment has.", where or start, hint=_HINT)
    minors = _allowed_minors(requires)
    if len(minors) != 1:
        message = f"requires-python = {str(requires)!r} does not say which Python the environment has."
        raise input_error(message, where, hint=_HINT)
    if exact := _EXACT.fullmatch(str(requires)):
        return exact[1], where
    if not requires.contains(f"3.{minors[0]}.{_LAST}"):
        message = f"requires-python = {str(requires)!r} excludes newer patch versions, which conda would take."
        raise input_error(message, where, hint=_HINT)
    return f"3.{minors[0]}", where


def _allowed_minors(requires: SpecifierSet) -> list[int]:
    """The minor versions of Python 3 of which some patch is allowed, as far as they matter: what a range allows can
    only change beside a number that it names, so that one minor version alone is always seen to be alone."""
    named = {int(number) for number in _NUMBER.findall(str(requires))}
    beside = {0, _LAST, *(number + step for number in named for step in (-1, 0, 1))}
    candidates = sorted(number for number in beside if 0 <= number <= _LAST)
    return [
        minor
        for minor in candidates
        if any(requires.contains(f"3.{minor}.{patch}", prereleases=True) for patch in candidates)
    ]
