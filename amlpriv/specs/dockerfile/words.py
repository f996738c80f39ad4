"""The arguments of instructions: flags, words, pairs, JSON arrays."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from amlpriv.errors import InputError

__all__ = ["json_array", "split_flags", "words_of"]

_SPACE = re.compile(r"\s*")
_FLAG = re.compile(r"--")


def split_flags(text: str, offset: int, escape: str) -> tuple[list[tuple[str, int]], int]:
    """The flags in front, unquoted, each with its offset; and where the arguments begin."""
    flags: list[tuple[str, int]] = []
    while True:
        blank = _SPACE.match(text, offset)
        offset = blank.end() if blank else offset
        if not _FLAG.match(text, offset):
            return flags, offset
        word, end = _unquoted(text, offset, escape)
        if word == "--":
            return flags, end
        flags.append((word, offset))
        offset = end


def _unquoted(text: str, offset: int, escape: str) -> tuple[str, int]:
    parts: list[str] = []
    quote = ""
    while offset < len(text):
        letter = text[offset]
        if not quote and letter.isspace():
            break
        if letter == quote:
            quote = ""
        elif not quote and letter in "'\"":
            quote = letter
        elif letter == escape:
            offset += 1
            parts.append(text[offset : offset + 1])
        else:
            parts.append(letter)
        offset += 1
    return "".join(parts), min(offset, len(text))


def words_of(text: str, offset: int, escape: str) -> Iterator[tuple[str, int]]:
    """Words with their offsets; blanks in quotes or behind the escape character do not part them, quotes are kept."""
    mark = re.escape(escape)
    pattern = re.compile(rf"(?:[^\s'\"{mark}]+|{mark}.?|'[^']*(?:'|$)|\"(?:[^\"{mark}]|{mark}.?)*(?:\"|$))+", re.DOTALL)
    for match in pattern.finditer(text, offset):
        yield match[0], match.start()


def json_array(text: str) -> list[str] | None:
    """The JSON array that a text is; None when it is none. InputError when it holds anything but texts."""
    if not text.startswith("["):
        return None
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(item, str) for item in items):
        raise InputError("The JSON array holds something that is not a text.", hint='Write ["program", "argument"].')
    return list(items)
