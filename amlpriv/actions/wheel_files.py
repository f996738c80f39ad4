"""The files of wheels, read once more when they are uploaded: other bytes than the checked ones go nowhere."""

from __future__ import annotations

import hashlib
from concurrent.futures import CancelledError
from io import BufferedReader, FileIO
from pathlib import Path
from threading import Event

from amlpriv.errors import InputError
from amlpriv.files import open_binary
from amlpriv.wheels.wheel import Wheel

__all__ = ["CheckedFile", "checked_md5"]


def checked_md5(file: Path, wheel: Wheel) -> bytes:
    """MD5 of the file, 16 bytes; InputError when it is not the wheel any more that was checked."""
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    with open_binary(file) as stream:
        while chunk := stream.read(1 << 20):
            sha256.update(chunk)
            md5.update(chunk)
            size += len(chunk)
    if (sha256.hexdigest(), size) != (wheel.sha256, wheel.size):
        raise _changed(file)
    return md5.digest()


class CheckedFile(BufferedReader):
    """A wheel's file that refuses to give its last bytes when what it gave is not the wheel that was checked.

    An upload reads from front to end before it sends (one request) or commits (blocks): refused, nothing is stored.
    The reading can also be ended from another thread, by ``stop``.
    """

    def __init__(self, file: Path, wheel: Wheel, stop: Event) -> None:
        try:
            super().__init__(FileIO(file))
        except OSError as error:
            raise _changed(file) from error
        self._file, self._wheel, self._stop = file, wheel, stop
        self._given, self._hash = 0, hashlib.sha256()

    def read(self, size: int | None = -1, /) -> bytes:
        if self._stop.is_set():
            raise CancelledError("the upload was stopped")  # no OSError: azure-core would try again
        data = super().read(size)
        self._given += len(data)
        self._hash.update(data)
        ended = size is None or size < 0 or len(data) < size
        short = ended and self._given < self._wheel.size
        if short or (data and self._given >= self._wheel.size and self._hash.hexdigest() != self._wheel.sha256):
            raise _changed(self._file)
        return data


def _changed(file: Path) -> InputError:
    hint = "Something else writes it, a build maybe: run the same command again when that is done."
    return InputError("This wheel changed while it was being published.", file=file, hint=hint)
