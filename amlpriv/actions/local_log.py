"""local log: what the local workspace was asked, without secrets."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from amlpriv.errors import LocalWorkspaceError, UsageError
from amlpriv.secret import redact

__all__ = ["LoggedRequest", "follow_log", "local_log"]


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request that the local workspace got."""

    time: str
    """When it was answered: ISO 8601, UTC, milliseconds."""
    service: str
    """``control_plane``, ``sign_in`` or ``storage``."""
    method: str
    path: str
    query: str
    status: int
    """The HTTP status; 0 when the connection was closed without an answer."""

    def __str__(self) -> str:
        target = f"{self.path}?{self.query}" if self.query else self.path
        return f"{self.time}  {self.status:>3}  {self.service:<13}  {self.method:<6}  {target}"

    def as_json(self) -> dict[str, object]:
        """The object that ``local log --json`` prints for it."""
        return {
            "time": self.time,
            "service": self.service,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "status": self.status,
        }


def local_log(
    *, last: int | None = None, service: str | None = None, environ: Mapping[str, str] | None = None
) -> list[LoggedRequest]:
    """The requests of this local workspace, oldest first: all that are kept, or the last ones, of one service or all.

    It need not run. Raises UsageError for an unknown service, LocalWorkspaceError when nothing was ever logged.
    """
    from amlpriv.local.home import Home
    from amlpriv.local.requests import read_requests

    wanted = _known(service)
    home = Home.find(os.environ if environ is None else environ)
    if not home.logs.is_dir():
        raise LocalWorkspaceError(
            f"There is no local workspace in {home.root}, and so no log.", hint="Start one: amlpriv local start."
        )
    return [_of(line) for line in read_requests(home.requests_log, last=last, service=wanted)]


def follow_log(*, service: str | None = None, environ: Mapping[str, str] | None = None) -> Iterator[LoggedRequest]:
    """The requests from now on, as they come; never ends. Raises UsageError for an unknown service."""
    from amlpriv.local.home import Home
    from amlpriv.local.requests import follow_requests

    home = Home.find(os.environ if environ is None else environ)
    return (_of(line) for line in follow_requests(home.requests_log, service=_known(service)))


def _known(service: str | None) -> Any:
    from amlpriv.local.requests import SERVICES

    if service is not None and service not in SERVICES:
        raise UsageError(f"There is no service {service!r}.", hint=f"Known are: {', '.join(SERVICES)}.")
    return service


def _of(line: Mapping[str, Any]) -> LoggedRequest:
    return LoggedRequest(
        str(line["t"]),
        str(line["service"]),
        str(line["method"]),
        redact(str(line["path"])),
        redact(str(line.get("query", ""))),
        int(line["status"]),
    )
