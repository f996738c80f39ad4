"""local start, stop, status, reset: the embedded workspace's life."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amlpriv.errors import LocalWorkspaceError

if TYPE_CHECKING:
    from amlpriv.local.home import Home
    from amlpriv.local.state import State

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
    unknown: tuple[str, ...] = ()
    """What clients asked for and the control plane does not imitate, as ``METHOD path``; kept as the counts are."""
    problem: str | None = None
    """What is wrong: a part that does not answer, or a workspace that ended without being stopped."""
    log: Path | None = None
    """Where to read more about it."""
    stands_for: tuple[str, ...] = ()
    """The workspaces (ARM ids) that it is taken for now, by ``local exec`` and ``local env``."""
    feed: str | None = None
    """The address of its package feed 'private'."""

    def __str__(self) -> str:
        if not self.running:
            return f"not running; data in {self.home}"
        facts = [("data", str(self.home)), ("storage", f"{self.account}, container {self.container}")]
        facts += [("feed", self.feed)] if self.feed else []
        facts += [("requests", f"{name}: {count}") for name, count in (self.requests or {}).items()]
        facts += [("stands for", name) for name in self.stands_for]
        facts += [("unknown", route) for route in self.unknown]
        return "\n".join((f"running (process {self.pid})", *(f"  {name:<11} {value}" for name, value in facts)))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's way to ask
        printer.text(str(self) if self.problem is None else f"{self}\n{self.problem} Its log: {self.log}")

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
            "feed": self.feed,
            "requests": dict(self.requests) if self.requests is not None else None,
            "unknown": list(self.unknown),
            "stands_for": list(self.stands_for),
            "problem": self.problem,
            "log": str(self.log) if self.log else None,
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
    from amlpriv.local.launching import find_problem, status
    from amlpriv.local.trouble import find_trouble

    home = Home.find(os.environ if environ is None else environ)
    if not home.is_ours:
        return LocalStatus(False, home.root)
    state = status(home)
    trouble = find_trouble(home, running=state is not None)
    what, log = (trouble.text, Path(trouble.log)) if trouble else (None, None)
    if state is None:
        problem = find_problem(home)
        return LocalStatus(False, home.root, problem=problem or what, log=home.supervisor_log if problem else log)
    unknown, names, problem = _asked(state)
    return LocalStatus(
        True,
        home.root,
        state.pid,
        state.account,
        state.container,
        state.proxy_url,
        state.ca_bundle,
        _counts(home),
        unknown,
        problem or what,
        home.supervisor_log if problem or log is None else log,
        names,
        state.feed_url(),
    )


def _asked(state: State) -> tuple[tuple[str, ...], tuple[str, ...], str | None]:
    """What the control plane does not know, the names that it answers to, and what is wrong with the parts."""
    from amlpriv.actions.standing_in import names_in_force
    from amlpriv.local.asking import ask
    from amlpriv.local.launching import answers

    problem = (
        None if answers(state.ports.storage) else "The storage (Azurite) does not answer; it is started again once."
    )
    try:
        unknown = tuple(dict.fromkeys(ask(state, "GET", "unknown")["value"]))
        return unknown, tuple(name.arm_id for name in names_in_force(state)), problem
    except LocalWorkspaceError as error:
        return (), (), error.message


def _counts(home: Home) -> dict[str, int]:
    from amlpriv.local.requests import SERVICES, count_requests

    return {service: count_requests(home.requests_log, service=service) for service in SERVICES}


def local_stop(*, environ: Mapping[str, str] | None = None) -> bool:
    """End the local workspace and keep its data; False when it was not running."""
    from amlpriv.local.home import Home
    from amlpriv.local.lifecycle import stop
    from amlpriv.prefixes import sweep

    home = Home.find(os.environ if environ is None else environ)
    if home.is_ours:
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
