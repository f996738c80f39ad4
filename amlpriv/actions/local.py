"""local start, stop, status, reset: the embedded workspace's life."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from amlpriv.errors import LocalWorkspaceError

__all__ = ["LocalStatus", "local_reset", "local_start", "local_status", "local_stop"]


@dataclass(frozen=True, slots=True)
class LocalStatus:
    """What the local workspace is doing."""

    running: bool
    home: Path
    pid: int | None = None
    account: str | None = None
    container: str | None = None
    proxy: str | None = None
    ca_bundle: Path | None = None
    requests: Mapping[str, int] | None = None

    def as_json(self) -> dict[str, object]:
        """The object that ``local status --json`` prints."""
        return {
            "running": self.running,
            "home": str(self.home),
            "pid": self.pid,
            "account": self.account,
            "container": self.container,
            "proxy": self.proxy,
            "ca_bundle": str(self.ca_bundle) if self.ca_bundle else None,
            "requests": dict(self.requests) if self.requests is not None else None,
        }


def local_start(
    *, environ: Mapping[str, str] | None = None, say: Callable[[str], None] = lambda _: None
) -> LocalStatus:
    """Start the local workspace, or find that it runs."""
    from amlpriv.local.home import Home
    from amlpriv.local.lifecycle import start
    from amlpriv.prefixes import sweep

    surroundings = os.environ if environ is None else environ
    home = Home.find(surroundings)
    start(home, environ=surroundings, say=say)
    sweep(home.builds)
    return local_status(environ=surroundings)


def local_status(*, environ: Mapping[str, str] | None = None) -> LocalStatus:
    """Whether the local workspace runs, where, and how many requests it has answered so far."""
    from amlpriv.local.home import Home
    from amlpriv.local.lifecycle import status
    from amlpriv.local.requests import count_requests

    home = Home.find(os.environ if environ is None else environ)
    state = status(home)
    if state is None:
        return LocalStatus(False, home.root)
    counts = {
        "control_plane": count_requests(home.requests_log, service="control_plane"),
        "storage": count_requests(home.requests_log, service="storage"),
        "sign_in": count_requests(home.requests_log, service="sign_in"),
    }
    return LocalStatus(
        True, home.root, state.pid, state.account, state.container, state.proxy_url, state.ca_bundle, counts
    )


def local_stop(*, environ: Mapping[str, str] | None = None) -> bool:
    """End the local workspace and keep its data; False when it was not running."""
    from amlpriv.local.home import Home
    from amlpriv.local.lifecycle import stop
    from amlpriv.prefixes import sweep

    home = Home.find(os.environ if environ is None else environ)
    sweep(home.builds)
    return stop(home)


def local_reset(*, environ: Mapping[str, str] | None = None) -> Path | None:
    """End the local workspace and delete its data and builds; the folder that they were in, None when there were none.

    Raises LocalWorkspaceError when AMLPRIV_HOME is a file.
    """
    from amlpriv.local.home import Home
    from amlpriv.local.lifecycle import reset

    home = Home.find(os.environ if environ is None else environ)
    if home.root.exists() and not home.root.is_dir():
        raise LocalWorkspaceError(
            f"{home.root} is no folder.", hint="Set AMLPRIV_HOME to the local workspace's folder."
        )
    return home.root if reset(home) else None
