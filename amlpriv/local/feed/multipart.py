"""Forms as twine and uv send them (multipart/form-data, RFC 7578), read as they come: the file goes to the disk.

The standard library reads such forms as a whole only (``email``), which is no way to take a wheel of 500 MB.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Protocol

__all__ = ["BadForm", "Form", "Stream", "TooLarge", "boundary_of", "read_form"]

CHUNK = 1 << 18
MOST_HEAD = 16 * 1024
MOST_TEXT = 8 * 1024 * 1024
"""Bytes of all fields that are no file; a description may be long."""


class Stream(Protocol):
    """What a body is read from."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""


class BadForm(Exception):  # noqa: N818  # it is caught in one place and becomes a 400
    """The body is no such form."""


class TooLarge(Exception):  # noqa: N818  # becomes a 413
    """The file or the fields are longer than allowed."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a form said."""

    fields: dict[str, str] = field(default_factory=dict)
    """The first value of each."""
    filename: str | None = None
    """Of the file; None when there was none."""
    size: int = 0
    """Of the file, in bytes."""
    sha256: str = ""
    md5: str = ""


def boundary_of(content_type: str) -> bytes:
    """The boundary of a form. Raises BadForm for other content."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_param("boundary")
    if message.get_content_type() != "multipart/form-data" or not isinstance(boundary, str) or not boundary:
        raise BadForm("The body is no multipart/form-data.")
    return boundary.encode("latin-1", "replace")


def read_form(stream: Stream, boundary: bytes, target: Path, *, most: int) -> Form:
    """Read a form with one file, field ``content``, which is written to ``target``; ``most`` are its bytes.

    Raises BadForm, TooLarge.
    """
    source = _Source(stream, b"\r\n")
    delimiter = b"\r\n--" + boundary
    source.until(delimiter, lambda _: None)
    form, left = Form(), MOST_TEXT
    while (end := source.exactly(2)) == b"\r\n":
        name, filename = _head(source)
        if filename is not None and form.filename is None:
            form = _read_file(source, delimiter, form, filename, target, most)
        else:
            text = bytearray()
            left -= source.until(delimiter, text.extend, most=left)
            form.fields.setdefault(name, text.decode("utf-8", "replace"))
    if end != b"--":
        raise BadForm("The form has no end.")
    return form


def _read_file(source: _Source, delimiter: bytes, form: Form, filename: str, target: Path, most: int) -> Form:
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with target.open("wb") as stream:

        def take(data: bytes) -> None:
            sha256.update(data)
            md5.update(data)
            stream.write(data)

        size = source.until(delimiter, take, most=most)
    return Form(form.fields, filename, size, sha256.hexdigest(), md5.hexdigest())


def _head(source: _Source) -> tuple[str, str | None]:
    """Name and file name of a part."""
    head = bytearray()
    source.back(b"\r\n")  # a part without any header would have nothing before its empty line
    source.until(b"\r\n\r\n", head.extend, most=MOST_HEAD)
    message = HeaderParser().parsestr(head.decode("utf-8", "replace").lstrip("\r\n"))
    name = message.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise BadForm("A part of the form has no name.")
    return name, message.get_filename()


class _Source:
    """The stream, with what was read ahead of it."""

    def __init__(self, stream: Stream, start: bytes) -> None:
        self._stream, self._ahead = stream, start

    def back(self, data: bytes) -> None:
        """Put something before what comes."""
        self._ahead = data + self._ahead

    def exactly(self, size: int) -> bytes:
        """The next bytes."""
        while len(self._ahead) < size:
            self._ahead += self._more()
        taken, self._ahead = self._ahead[:size], self._ahead[size:]
        return taken

    def _more(self) -> bytes:
        more = self._stream.read(CHUNK)
        if not more:
            raise BadForm("The form ends too early.")
        return more

    def until(self, mark: bytes, take: Callable[[bytes], object], *, most: int = MOST_TEXT) -> int:
        """Pass on all bytes before ``mark``, which is taken away; how many."""
        passed = 0
        while True:
            place = self._ahead.find(mark)
            ready = place if place >= 0 else max(len(self._ahead) - len(mark) + 1, 0)
            if passed + ready > most:
                raise TooLarge
            take(self._ahead[:ready])
            passed += ready
            if place >= 0:
                self._ahead = self._ahead[place + len(mark) :]
                return passed
            self._ahead = self._ahead[ready:] + self._more()
