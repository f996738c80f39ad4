"""The Python code of a Jupyter notebook, without what only IPython understands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from amlpriv.errors import InputError
from amlpriv.specs.captured.imports_of import parse

__all__ = ["Cell", "cells_of"]

_TIMING = ("time", "timeit", "prun", "capture")
"""Magics whose rest, or whose cell, is Python."""

_PYTHON_CELLS = (*_TIMING, "python", "python3", "pypy", "px", "local", "memit", "mprun", "heat", "matplotlib")
_CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*")
_LINE_MAGIC = re.compile(r"(?P<indent>\s*)(?:%(?P<name>\w+)(?P<rest>.*)|!.*|\?{1,2}[\w.].*|[\w.\[\]'\"]+\?{1,2}\s*)$")
_STARTED = re.compile(
    r"(?P<indent>\s*)!\s*(?:\{?sys\.executable\}?|python[\d.]*)\s+(?:-[uBEsSIO]+\s+)*(?P<rest>[\w./\\-]+\.py\b.*)$"
)
"""A file that a new Python runs: what it imports is needed as well."""
_ASSIGNED = re.compile(r"(?P<left>\s*[\w., ]+=\s*)[!%](?!=).*$")
_CONTINUED = re.compile(r"(?m)^\s*[!%](?:.*\\\n)+")
_INSTALL = re.compile(
    r"\s*(?:[\w ,]+=\s*)?[!%]{1,2}\s*(?:\{?sys\.executable\}?\s+-m\s+|python[\d.]*\s+-m\s+|uv\s+)?"
    r"(?:pip\d*|conda|mamba)\s+(?:install|uninstall|update)\b.*"
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One code cell."""

    number: int
    """Counted from 1 among the code cells."""
    code: str
    """As Python; empty for a cell in another language."""
    installs: tuple[str, ...] = ()
    """The lines that install something, as written."""


def cells_of(text: str, file: str) -> tuple[Cell, ...]:
    """The code cells of a notebook (nbformat 3 and 4). Raises InputError for what is no notebook of Python's."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InputError(f"This is no notebook: {error}.", file=file) from None
    except RecursionError:
        raise InputError("This is no notebook: it is nested too deeply.", file=file) from None
    if not isinstance(data, Mapping) or not isinstance(data.get("cells", data.get("worksheets")), list):
        raise InputError("This is no notebook: it has no cells.", file=file)
    language = _language(data)
    if language not in ("python", "ipython"):
        raise InputError(f"This notebook's language is {language[:30]!r}.", file=file, hint="Name one in Python.")
    return tuple(_cell(number, source) for number, source in enumerate(_sources(data), 1))


def _language(data: Mapping[str, Any]) -> str:
    metadata = data.get("metadata")
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        part = metadata.get(key) if isinstance(metadata, Mapping) else None
        if isinstance(part, Mapping) and isinstance(part.get(name), str):
            return str(part[name]).lower()
    return "python"


def _sources(data: Mapping[str, Any]) -> Iterator[str]:
    sheets = data.get("worksheets") or [data]
    for sheet in sheets if isinstance(sheets, list) else [data]:
        cells = sheet.get("cells") if isinstance(sheet, Mapping) else None
        for cell in cells if isinstance(cells, list) else ():
            if isinstance(cell, Mapping) and cell.get("cell_type") == "code":
                source = cell.get("source", cell.get("input", ""))
                yield "".join(map(str, source)) if isinstance(source, list) else str(source)


def _cell(number: int, source: str) -> Cell:
    installs = tuple(line.strip() for line in source.splitlines() if _INSTALL.fullmatch(line))
    magic = _CELL_MAGIC.match(source)
    if magic is not None:
        if magic[1] not in _PYTHON_CELLS:
            return Cell(number, "", installs)
        source = source[: magic.start()] + source[magic.end() :]
    if _parses(source):
        return Cell(number, source, installs)
    joined = _CONTINUED.sub(lambda match: match[0].replace("\\\n", " "), source)
    return Cell(number, "\n".join(map(_plain, joined.splitlines())), installs)


def _parses(source: str) -> bool:
    return parse(source) is not None


def _plain(line: str) -> str:
    """A line without IPython's own: what is timed stays, a file that is run becomes the call that IPython makes of it,
    and any other command ``pass``."""
    if assigned := _ASSIGNED.match(line):
        return f"{assigned['left']}None"
    if started := _STARTED.match(line):
        return f"{started['indent']}{_run(started['rest'])}"
    magic = _LINE_MAGIC.match(line)
    if magic is None:
        return line
    if magic["name"] == "run":
        return f"{magic['indent']}{_run(magic['rest'])}"
    rest = _plain((magic["rest"] or "").strip())
    if magic["name"] in _TIMING and _parses(rest):
        return f"{magic['indent']}{rest or 'pass'}"
    return f"{magic['indent']}pass"


def _run(rest: str) -> str:
    return f"get_ipython().run_line_magic('run', {rest.strip()!r})"
