"""Looks after what `amlpriv local serve` depends on while it runs."""

from __future__ import annotations

import time
from collections.abc import Mapping

from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.asking import ask
from amlpriv.local.home import Home
from amlpriv.local.launching import status
from amlpriv.local.state import State

__all__ = ["Watch"]

_LOOK_SECONDS = 1.0
_MISSES = 3
"""So often it may not answer: one that is started again by a newer version is back soon, under the same address."""


class Watch:
    """Looks after the local workspace, and the deployments of an endpoint that are served."""

    def __init__(
        self, home: Home, endpoint: str, versions: Mapping[str, str], *, seconds: float = _LOOK_SECONDS
    ) -> None:
        """``versions`` are the served deployments' (``deployment_version``), by name."""
        self._home = home
        self._endpoint = endpoint
        self._versions = versions
        self._seconds = seconds
        self._next = 0.0
        self._missed = 0
        self.changed: list[str] = []
        """Names of the deployments that were updated, deleted or made again."""

    def has_ended(self) -> bool:
        """Whether a served deployment is another one now; LocalWorkspaceError when the workspace is gone: nobody could
        reach what is served. May be asked often: it looks every ``seconds``."""
        if time.monotonic() < self._next:
            return bool(self.changed)
        state = status(self._home)
        self._missed = 0 if state else self._missed + 1
        if state:
            self.changed = self._compare(state)
        self._next = time.monotonic() + self._seconds
        if self._missed >= _MISSES:
            raise LocalWorkspaceError(
                f"The local workspace has ended, so {self._endpoint} is not served any more.",
                hint=f"'amlpriv local serve {self._endpoint}' starts both again; after 'local reset' deploy it first.",
            )
        return bool(self.changed)

    def _compare(self, state: State) -> list[str]:
        try:
            now = ask(state, "GET", f"deployments/{self._endpoint}")["versions"]
        except LocalWorkspaceError:
            return self.changed  # it is just ending, or being started again
        return [name for name, version in self._versions.items() if now.get(name) != version]
