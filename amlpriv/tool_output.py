"""What a tool prints, as redacted lines. They come in batches: a tool may print faster than lines can be looked at."""

from __future__ import annotations

import codecs
import contextlib
import queue
import threading
from collections.abc import Iterable, Sequence
from typing import IO
from urllib.parse import quote, unquote

from amlpriv.secret import SasUrl, Secret, may_hold_secret, redact, safe_cut

__all__ = ["LONGEST", "Lines", "Pipe", "spellings"]

LONGEST = 256 * 1024
"""Characters; a longer line comes in pieces."""

_CHUNK = 64 * 1024
_WAITING = 64
"""Chunks that are read ahead."""
_TICK = 0.2


def spellings(secrets: Iterable[Secret]) -> tuple[str, ...]:
    """Every form in which a tool may repeat a secret, longest first."""
    values: set[str] = set()
    for secret in secrets:
        value = secret.reveal()
        query = value.partition("?")[2].partition("#")[0] if isinstance(secret, SasUrl) else ""
        signatures = [part[4:] for part in query.split("&") if part.lower().startswith("sig=")]
        for part in signatures or [value]:  # the rest of a signed URL may be seen, and helps
            values |= {part, unquote(part), quote(unquote(part), safe="")}
    return tuple(sorted((value for value in values if value), key=len, reverse=True))


class Lines:
    """Makes redacted lines of bytes. A carriage return ends a line too: progress bars use it."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = secrets
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, data: bytes) -> list[str]:
        """The lines that have come to their end."""
        complete, newline, rest = (self._rest + self._decoder.decode(data)).rpartition("\n")
        lines = self._shown(complete) if newline else []
        while len(rest) > LONGEST:
            at = safe_cut(rest, LONGEST // 2, self._secrets)
            lines += self._shown(rest[:at])
            rest = rest[at:]
        self._rest = rest
        return lines

    def finish(self) -> list[str]:
        """What was left without an end."""
        rest = self._rest + self._decoder.decode(b"", final=True)
        self._rest = ""
        return self._shown(rest) if rest else []

    def _shown(self, text: str) -> list[str]:
        lines = text.split("\n")
        if "\r" in text:
            lines = [part for line in lines for part in line.rstrip("\r").split("\r")]
        if may_hold_secret(text, *self._secrets):
            return [redact(line.rstrip(), *self._secrets) for line in lines]
        return [line.rstrip() for line in lines]


class Pipe:
    """Reads a pipe in a thread of its own, as soon as something is there."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._chunks: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self._stopped = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def next(self, seconds: float) -> bytes | None:
        """What came; None at the end. Raises queue.Empty when nothing comes within ``seconds``."""
        return self._chunks.get(timeout=seconds)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits."""
        return self._chunks.empty()

    def stop(self) -> None:
        """Nobody reads any more."""
        self._stopped.set()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError), self._stream:
            while data := self._stream.read1(_CHUNK):  # type: ignore[attr-defined]  # Popen's pipes are buffered
                if not self._put(data):
                    return
        self._put(None)

    def _put(self, data: bytes | None) -> bool:
        while not self._stopped.is_set():
            with contextlib.suppress(queue.Full):
                self._chunks.put(data, timeout=_TICK)
                return True
        return False
