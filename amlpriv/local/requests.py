"""The log of what the local workspace was asked: one JSON line for each request, without secrets."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from amlpriv.secret import redact

__all__ = ["RequestLog", "Service", "count_requests"]

Service = Literal["storage", "control_plane", "sign_in"]

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


def _lines(paths: Iterable[Path]) -> Iterable[dict[str, str]]:
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            continue
        for line in text.splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue  # the last line of a supervisor that was killed while writing


def _older(path: Path) -> Path:
    return path.with_name(f"{path.name}.1")


def _without_secrets(query: str | Mapping[str, str]) -> str:
    fields = (
        (part.partition("=")[0::2] for part in query.split("&") if part) if isinstance(query, str) else query.items()
    )
    return "&".join(f"{name}={'***' if name.lower() in _SECRET_FIELDS else value}" for name, value in fields)
