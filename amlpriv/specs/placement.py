"""Where a private name may not stand: rule 3 of the environment file."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import PurePath

from packaging.utils import canonicalize_name

from amlpriv.errors import InputError
from amlpriv.specs.conda import CondaSpec
from amlpriv.specs.pip import PipLine, PipOption, PipRequirement, PipVcs, parse_pip_line
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import Problems

__all__ = ["check_private_names"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def check_private_names(
    conda: CondaSpec, private: Collection[str], load: Callable[[str], str], *, folder: str, problems: Problems
) -> None:
    """Note each private name that stands in the conda layer, in a second ``pip:`` block, with an address, or behind -r.

    ``load`` gives the text of a requirements file by its path; ``folder`` is where the conda file lies. A requirements
    file that cannot be read is left to the checks: the image builder does not have it in any case.
    """
    for dependency in conda.dependencies:
        if canonicalize_name(dependency.name) in private:
            message = f"The private package {dependency.name!r} stands in the conda layer."
            problems.add(message, dependency.position, hint="Move it below '- pip:', or remove it from 'sources'.")
    for number, line in enumerate(conda.pip):
        if isinstance(line, PipOption):
            if line.name == "--requirement" and line.value and not _SCHEME.match(line.value):
                _check_file(line, _beside(folder, line.value), private, load, problems)
        elif name := _private_name(line, private):
            if conda.second_block is not None and number >= conda.second_block:
                message = f"The private package {name!r} stands in a second 'pip:' block."
                problems.add(message, line.position, hint="Put all pip lines into the first block.")
            if isinstance(line, PipVcs) or (isinstance(line, PipRequirement) and line.requirement.url):
                message = f"The private package {name!r} has an address in its pip line and a source as well."
                problems.add(message, line.position, hint="Write the name alone, or remove it from 'sources'.")


def _private_name(line: PipLine, private: Collection[str]) -> str | None:
    name = line.name if isinstance(line, PipRequirement | PipVcs) else None
    return name if name in private else None


def _beside(folder: str, path: str) -> str:
    return path if folder in {"", "."} else str(PurePath(folder) / path)


def _check_file(
    option: PipOption, path: str, private: Collection[str], load: Callable[[str], str], problems: Problems
) -> None:
    for name, place in _names_behind(path, load, set()):
        if name in private:
            message = f"The private package {name!r} stands behind '{option.text}' ({place})."
            problems.add(message, option.position, hint="Move it into the pip section itself.")


def _names_behind(path: str, load: Callable[[str], str], seen: set[str]) -> Iterator[tuple[str, Position]]:
    if path in seen:
        return
    seen.add(path)
    try:
        text = load(path)
    except InputError:
        return
    for number, raw in enumerate(text.splitlines(), start=1):
        place = Position(path, number, 1)
        try:
            line = parse_pip_line(raw.rstrip().removesuffix("\\"), place)
        except InputError:
            continue
        if isinstance(line, PipOption) and line.name == "--requirement" and line.value:
            yield from _names_behind(_beside(str(PurePath(path).parent), line.value), load, seen)
        elif isinstance(line, PipRequirement | PipVcs) and line.name:
            yield line.name, place
