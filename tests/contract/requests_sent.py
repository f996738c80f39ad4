"""What a program sent to the local workspace, and whether all of it is in the table of operations."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from amlpriv.local.requests import read_requests
from amlpriv.local.state import State
from tests.contract.operations import find_operation, operations


def exec_command(script: Path, *arguments: str) -> list[str]:
    """How a user runs a script against the local workspace."""
    return [sys.executable, "-m", "amlpriv", "local", "exec", "--", sys.executable, str(script), *arguments]


class RequestsSent:
    """The requests to Azure's services but storage, from the time that this is made until ``stop``.

    Tests of one worker run one after the other, and each worker has a local workspace of its own.
    """

    def __init__(self, state: State) -> None:
        self._log = state.root / "logs" / "requests.jsonl"
        now = datetime.now(timezone.utc)
        self._begin = now.replace(microsecond=now.microsecond // 1000 * 1000)  # the log has milliseconds
        self._lines: list[dict[str, Any]] | None = None

    @property
    def lines(self) -> list[dict[str, Any]]:
        """As `read_requests` gives them."""
        if self._lines is not None:
            return self._lines
        every = read_requests(self._log)
        return [
            line for line in every if line["service"] != "storage" and datetime.fromisoformat(line["t"]) >= self._begin
        ]

    def stop(self) -> None:
        """Look no further."""
        self._lines = self.lines

    def undescribed(self) -> list[str]:
        """Method and path of what is in no row of the table, and so the plane has no route for it."""
        asked = {(line["method"], line["path"]) for line in self.lines}
        return sorted(f"{method} {path}" for method, path in asked if find_operation(method, path) is None)

    def unsent(self, session: str) -> list[str]:
        """The rows that say that this session sends them, and of which it did not."""
        asked = {find_operation(line["method"], line["path"]) for line in self.lines}
        return [row.key for row in operations() if row.session == session and row not in asked]
