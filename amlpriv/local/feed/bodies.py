"""The body of a request that is too large to be read as a whole."""

from __future__ import annotations

import time
from typing import Protocol

__all__ = ["MOST", "Body"]

MOST = 600 * 1024 * 1024
"""Bytes. Azure Artifacts takes files of 500 MB at most (Azure DevOps, "Limits"); the form needs a little more."""

_CHUNK = 1 << 18


class Stream(Protocol):
    """What a body comes from."""

    def read(self, size: int, /) -> bytes:
        """``size`` bytes, fewer at the end."""


class Body:
    """A body of known length, read once from the front."""

    def __init__(self, stream: Stream, length: int) -> None:
        self._stream = stream
        self.left = length
        """Bytes that were not read yet."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end, or when the client went away."""
        data = self._stream.read(min(size, self.left))
        self.left -= len(data)
        if not data:
            self.left = 0
        return data

    def drain(self, *, seconds: float = 60.0) -> bool:
        """Take what nobody read, so that the client gets to read its answer; whether that was all."""
        deadline = time.monotonic() + seconds
        while self.left and time.monotonic() < deadline:
            self.read(_CHUNK)
        return not self.left
