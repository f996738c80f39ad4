"""The log of what the local workspace was asked: one JSON line for each request, without secrets."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

from amlpriv.secret import redact

__all__ = ["SERVICES", "RequestLog", "Service", "count_requests", "follow_requests", "read_requests"]

Service = Literal["storage", "control_plane", "sign_in", "feed"]
SERVICES: tuple[Service, ...] = ("control_plane", "feed", "sign_in", "storage")

MAX_BYTES = 10_000_000
"""A log larger than this is renamed to ``requests.jsonl.1`` (one older file is kept)."""

INTERNAL = "/_amlpriv/"
"""Paths below this are amlpriv's own questions: neither logged nor a reason to stay awake."""

_SECRET_FIELDS = frozenset({"sig", "code", "token", "access_token", "client_secret", "client_assertion"})


class RequestLog:
    """Writes ``requests.jsonl``; safe to share between threads. The file is the owner's only (0600)."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._last = time.monotonic()

    @property
    def idle_seconds(self) -> float:
        """Seconds since the last request (or since this log was opened)."""
        return time.monotonic() - self._last

    def write(self, service: Service, method: str, path: str, query: str | Mapping[str, str], status: int) -> None:
        """Note one request; ``query`` is the raw query or its fields, signatures are taken out here.

        A full disk loses the line, never the request.
        """
        if path.startswith(INTERNAL):
            return
        self._last = time.monotonic()
        line = {
            "t": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            "service": service,
            "method": method,
            "path": redact(path),
            "query": _without_secrets(query),
            "status": status,
        }
        with self._lock:
            try:
                self._append(json.dumps(line))
            except OSError:
                return

    def count(self, since: datetime | None = None, *, service: Service | None = None) -> int:
        """How many requests came at or after ``since`` (an aware time), of one service or of all."""
        return count_requests(self.path, since, service=service)

    def _append(self, line: str) -> None:
        if self.path.exists() and self.path.stat().st_size >= self._max_bytes:
            self.path.replace(_older(self.path))
        if not self.path.exists():
            self.path.touch(mode=0o600)
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")


def count_requests(path: Path, since: datetime | None = None, *, service: Service | None = None) -> int:
    """How many lines of the log at ``path`` are at or after ``since`` (aware); a missing log has none."""
    return sum(
        (since is None or datetime.fromisoformat(line["t"]) >= since) and service in (None, line["service"])
        for line in _lines((_older(path), path))
    )


def read_requests(path: Path, *, last: int | None = None, service: Service | None = None) -> list[dict[str, Any]]:
    """The requests in the log at ``path``, oldest first: all of them, or the last ones; a missing log has none.

    Each has ``t`` (ISO 8601), ``service``, ``method``, ``path``, ``query`` and ``status``.
    """
    found = (line for line in _lines((_older(path), path)) if service in (None, line["service"]))
    return list(found if last is None else deque(found, maxlen=last))


def follow_requests(path: Path, *, service: Service | None = None, poll: float = 0.2) -> Iterator[dict[str, Any]]:
    """The requests from now on, as they come; never ends. ``poll`` is in seconds."""
    return _follow(path, _identity(path), _size(path), service, poll)


def _follow(
    path: Path, file: int | None, position: int, service: Service | None, poll: float
) -> Iterator[dict[str, Any]]:
    while True:
        current = _identity(path)
        if file is not None and current != file:  # a new file began; what came before that is in the older one
            _, lines = _read_from(_older(path), position)
            yield from (line for line in lines if service in (None, line["service"]))
            position = 0
        elif _size(path) < position:
            position = 0
        file = current
        position, lines = _read_from(path, position)
        yield from (line for line in lines if service in (None, line["service"]))
        time.sleep(poll)


def _read_from(path: Path, position: int) -> tuple[int, list[dict[str, Any]]]:
    """The whole lines from ``position`` on, and where they end."""
    try:
        with path.open("rb") as stream:
            stream.seek(position)
            whole, end, _ = stream.read().rpartition(b"\n")
    except FileNotFoundError:
        return position, []
    return position + len(whole) + len(end), list(_parsed(whole.decode("utf-8", errors="replace")))


def _identity(path: Path) -> int | None:
    """The file's number on its disk, by which a new file of the same name is told from the old one."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _lines(paths: Iterable[Path]) -> Iterable[dict[str, Any]]:
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            continue
        yield from _parsed(text)


def _parsed(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue  # the last line of a supervisor that was killed while writing
        if isinstance(found, dict) and {"t", "service", "method", "path", "status"} <= set(found):
            yield found


def _older(path: Path) -> Path:
    return path.with_name(f"{path.name}.1")


def _without_secrets(query: str | Mapping[str, str]) -> str:
    fields = (
        (part.partition("=")[0::2] for part in query.split("&") if part) if isinstance(query, str) else query.items()
    )
    return "&".join(f"{name}={'***' if name.lower() in _SECRET_FIELDS else value}" for name, value in fields)
