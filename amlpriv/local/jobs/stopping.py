"""When a job is to end before its work is done: somebody cancelled it, or it has had its time."""

from __future__ import annotations

import time
from collections.abc import Callable

from amlpriv.errors import JobError
from amlpriv.processes import ToolCancelledError

__all__ = ["JobTimeoutError", "Stopping"]


class JobTimeoutError(JobError):
    """The job took longer than its ``limits.timeout``."""


class Stopping:
    """Knows whether a job goes on. The limit (seconds) counts from ``start``."""

    def __init__(self, cancelled: Callable[[], bool], limit: float | None) -> None:
        self.cancelled = cancelled
        self._limit = limit
        self._deadline: float | None = None

    def start(self) -> None:
        """The command begins: from now on the time counts."""
        self._deadline = None if self._limit is None else time.monotonic() + self._limit

    @property
    def seconds_left(self) -> float | None:
        """None without a limit."""
        return None if self._deadline is None else max(self._deadline - time.monotonic(), 0.0)

    def check(self) -> None:
        """Raises ToolCancelledError and JobTimeoutError."""
        if self.cancelled():
            raise ToolCancelledError("The job was cancelled.")
        if self.seconds_left == 0.0:
            raise self.timeout()

    def timeout(self) -> JobTimeoutError:
        """The error that says so."""
        return JobTimeoutError(f"The job ran longer than its limit of {self._limit:g} seconds, and was stopped.")
