"""What the store knows about jobs: the runner is the only writer of a job's status once it was submitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timezone
from typing import Any

from amlpriv.errors import NotFoundError
from amlpriv.local.plane.context import Context
from amlpriv.local.plane.http import Json
from amlpriv.local.plane.store import Assets
from amlpriv.secret import redact

__all__ = ["CANCELED", "COMPLETED", "FAILED", "FINAL", "Records"]

CANCELED = "Canceled"
COMPLETED = "Completed"
FAILED = "Failed"
FINAL = frozenset({CANCELED, COMPLETED, FAILED, "NotResponding"})
CANCEL_REQUESTED = "CancelRequested"


@dataclass(frozen=True, slots=True)
class Records:
    """The job records, by name; safe between threads."""

    context: Context
    on_change: Callable[[str, str], None] | None = field(default=None)
    """Gets name and status of every change; for the log."""

    def get(self, name: str) -> Json:
        """A copy of the job's properties. Raises NotFoundError."""
        with self.context.store.lock:
            container = self._assets.get(name)
            if container is None:
                raise NotFoundError(f"There is no job {name}.")
            return dict(container.record.properties)

    def names(self) -> list[str]:
        """All jobs, the one created last first."""
        with self.context.store.lock:
            return [container.record.name for container in self._assets.newest_first()]

    def create(self, name: str, properties: Json) -> None:
        """A child job of a pipeline."""
        with self.context.store.lock:
            self._assets.put_container(name, properties)

    def move(self, name: str, status: str, **changes: Any) -> None:
        """The job goes on; one that has ended, or is to be cancelled, keeps that status."""
        with self.context.store.lock:
            properties = self.get(name)
            kept = properties.get("status")
            if kept in FINAL:
                return
            properties |= changes
            properties["status"] = CANCEL_REQUESTED if kept == CANCEL_REQUESTED else status
            self._assets.put_container(name, properties)
        self._tell(name, status)

    def end(self, name: str, status: str, message: str = "", code: str = "UserError", **changes: Any) -> bool:
        """The job has ended; False when it had ended before."""
        with self.context.store.lock:
            properties = self.get(name)
            if properties.get("status") in FINAL:
                return False
            properties |= {**changes, "status": status, "endTimeUtc": self.now()}
            if message:
                properties["error"] = {"code": code, "message": redact(message)}
            self._assets.put_container(name, properties)
        self._tell(name, status)
        return True

    def now(self) -> str:
        """The time as the service writes it."""
        return self.context.now().astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    @property
    def _assets(self) -> Assets:
        return self.context.store.assets("jobs")

    def _tell(self, name: str, status: str) -> None:
        if self.on_change is not None:
            self.on_change(name, status)
