"""The text of a requirements file: which encoding its bytes are in."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from amlpriv.errors import InputError

__all__ = ["Decoded", "decode_requirements"]

# The mark of UTF-16-LE begins that of UTF-32-LE: the longer ones come first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CODING = re.compile(rb"coding[:=]\s*([-\w.]+)")  # PEP 263


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, the encoding that it was in, and what the user should know about it, if anything."""

    text: str
    encoding: str
    note: str | None = None


def decode_requirements(data: bytes, file: str | None = None) -> Decoded:
    """The text of a requirements file, as pip decodes it; InputError, with the line, when its bytes do not fit.

    In this order: a byte order mark; a ``# -*- coding: x -*-`` in one of the first two lines; UTF-8. Where pip would
    take the encoding of the machine's locale, this is Latin-1, the same everywhere, and a note says so.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return Decoded(_decode(data[len(mark) :], encoding, file), encoding)
    for number, line in enumerate(data.split(b"\n", 2)[:2], start=1):
        if line.startswith(b"#") and (match := _CODING.search(line)):
            name = match[1].decode("ascii", "replace")
            return Decoded(_declared(data, name, file, number), name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line_number = data.count(b"\n", 0, error.start) + 1
        note = (
            f"Line {line_number} is not UTF-8; the file was read as Latin-1. pip takes the encoding of the machine "
            "that it runs on. Save the file as UTF-8."
        )
        return Decoded(data.decode("latin-1"), "latin-1", note)
    return Decoded(text, "utf-8", _looks_like_utf16(data))


def _looks_like_utf16(data: bytes) -> str | None:
    if b"\0" in data[:200]:
        return "The file holds zero bytes: it may be UTF-16 without a byte order mark. Save it as UTF-8."
    return None


def _declared(data: bytes, encoding: str, file: str | None, line: int) -> str:
    try:
        return _decode(data, encoding, file)
    except LookupError:
        message = f"The encoding {encoding!r} in the comment is not known."
        raise InputError(message, file=file, line=line, hint="Save the file as UTF-8, without it.") from None


def _decode(data: bytes, encoding: str, file: str | None) -> str:
    try:
        return data.decode(encoding)
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        before = data[:start].decode(encoding, "replace") if start else ""
        message = f"The file is not {encoding}, as its beginning says."
        line = before.count("\n") + 1
        raise InputError(message, file=file, line=line, hint="Save it as UTF-8.") from None
