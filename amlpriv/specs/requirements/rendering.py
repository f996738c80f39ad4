"""Requirements lines to text: one physical line each, read again as the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from shlex import quote

from amlpriv.specs.pip import PipOption, PipRequirement, render_pip_requirement
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import input_error
from amlpriv.specs.requirements.lines import IncludeLine, RequirementLine, RequirementsLine
from amlpriv.specs.requirements.tree import PlacedLine

__all__ = ["render_line", "render_requirements"]

_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_PLAIN = re.compile(r"[\w@%+=:,./~!?&\[\]#;<>*{}()$|^-]+")


def render_requirements(lines: Iterable[RequirementsLine | PlacedLine]) -> str:
    """The text of a requirements file that says what these lines say, without comments; UTF-8 when it is written.

    Specifiers are normalised as ``packaging`` does; addresses and paths stay as written. A placed line of a constraints
    file is refused: it belongs into a file of its own. InputError, with the line, for a ``${NAME}`` and for what no
    single line can hold.
    """
    texts = []
    for each in lines:
        line = each.line if isinstance(each, PlacedLine) else each
        if isinstance(each, PlacedLine) and each.constraint and isinstance(line, RequirementLine):
            message = "A line of a constraints file cannot stand in a requirements file."
            raise input_error(message, line.position, hint="Write the constraints to a file of their own, behind -c.")
        texts.append(render_line(line))
    return "".join(f"{text}\n" for text in texts if text)


def render_line(line: RequirementsLine) -> str:
    """One line, without its end; empty when pip would ignore all of it."""
    if isinstance(line, RequirementLine):
        text = _requirement(line)
    elif isinstance(line, IncludeLine):
        text = _option(line.option)
    else:
        text = " ".join(_option(option) for option in line.options)
    return _one_line(text, line.position)


def _requirement(line: RequirementLine) -> str:
    item = line.item
    words = [f"--hash={_word(value)}" for value in line.hashes]
    words += [f"--config-settings={_word(f'{key}={value}')}" for key, value in line.config_settings]
    words += [f"--global-option={_word(value)}" for value in line.global_options]
    if isinstance(item, PipRequirement) and item.requirement.url is None:
        return " ".join([render_pip_requirement(replace(item, hashes=())), *words])
    body = f"-e {_word(line.body)}" if line.editable else line.body.strip()
    return " ".join([body, *words])


def _option(option: PipOption) -> str:
    return option.name if option.value is None else f"{option.name} {_word(option.value)}"


def _word(value: str) -> str:
    return value if _PLAIN.fullmatch(value) and not value.startswith("#") else quote(value)


def _one_line(text: str, position: Position) -> str:
    if match := _VARIABLE.search(text):
        message = f"The line holds {match[0]}, which only the machine that installs could fill in."
        raise input_error(message, position, hint=f"Write the value, or give {match[1]} when the file is read.")
    if len(text.splitlines()) > 1 or re.search(r"\s#|\\$", text) or text.startswith("#"):
        message = "The line cannot be written in one piece: it holds a line break, ' #', or ends with a backslash."
        raise input_error(message, position)
    return text
