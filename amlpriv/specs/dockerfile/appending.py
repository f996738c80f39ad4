"""More instructions at the end of a Dockerfile."""

from __future__ import annotations

import re
from collections.abc import Sequence

from amlpriv.errors import InputError
from amlpriv.specs.dockerfile.parsing import parse_dockerfile
from amlpriv.specs.problems import input_error

__all__ = ["append"]

_CONTINUED = re.compile(r"\\([ \t]*)(?=\r?\n)")


def append(text: str, lines: Sequence[str], file: str | None = None) -> str:
    """The text with instructions added to its final stage; all that was there stays, character by character.

    Each of ``lines`` is one instruction without its line end; a backslash at the end of a line inside it continues it
    and becomes the file's own escape character. New line ends are those of the file. InputError when the text is no
    Dockerfile, when it ends inside an instruction, or when a line would not be read as one instruction.
    """
    before = parse_dockerfile(text, file)
    end = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    start = text if text.endswith("\n") or not lines else text + end
    place = before.instructions[-1].position
    if lines and not _takes_more(start, len(before.stages)):
        message = "The Dockerfile ends inside an instruction; what is added would become a part of it."
        raise input_error(message, place, hint=f"Remove the {before.escape!r} at its end.")
    result = start + "".join(f"{_own(line, before.escape, end)}{end}" for line in lines)
    try:
        after = parse_dockerfile(result, file)
    except InputError as error:
        message = f"The Dockerfile with the added lines is not valid: {error.message}"
        raise InputError(message, file=file, line=error.line or place.line, hint=error.hint) from None
    if len(after.instructions) != len(before.instructions) + len(lines) or len(after.stages) != len(before.stages):
        raise input_error("Each line to be added must be one instruction, and none a FROM.", place)
    return result


def _takes_more(text: str, stages: int) -> bool:
    """Whether what follows begins a new instruction."""
    try:
        return len(parse_dockerfile(f"{text}FROM scratch\n").stages) > stages
    except InputError:
        return False


def _own(line: str, escape: str, end: str) -> str:
    unified = line.rstrip("\r\n").replace("\r\n", "\n")
    if escape != "\\":
        unified = _CONTINUED.sub(lambda match: escape + match[1], unified)
    return unified.replace("\n", end)
