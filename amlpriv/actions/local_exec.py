"""local exec: run an unmodified program against the local workspace."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from amlpriv.actions.standing_in import standing_in
from amlpriv.errors import JobError, LocalWorkspaceError, UsageError
from amlpriv.processes import ToolMissingError, pass_through
from amlpriv.remote import WorkspaceName

if TYPE_CHECKING:
    from amlpriv.local.state import State

__all__ = ["Executed", "local_exec", "parse_name", "running_state"]

_HINT = "Write it behind '--': amlpriv local exec -- python train.py"


@dataclass(frozen=True, slots=True)
class Executed:
    """A program that ran against the local workspace and ended."""

    exit_code: int
    config: Path | None
    """The config.json that was there for the time of the run, when it was we who wrote it."""
    stands_for: tuple[WorkspaceName, ...]
    """The workspaces that the local one was taken for."""
    isolated: bool
    refused: tuple[str, ...] = ()
    """With ``isolated``: the foreign hosts that were refused meanwhile."""

    def as_json(self) -> dict[str, object]:
        """The object that ``local exec --json`` prints."""
        return {
            "exit_code": self.exit_code,
            "config": str(self.config) if self.config else None,
            "stands_for": [name.arm_id for name in self.stands_for],
            "isolated": self.isolated,
            "refused": list(self.refused),
        }


def local_exec(
    command: Sequence[str],
    *,
    isolated: bool = False,
    config: bool = True,
    names: Sequence[WorkspaceName] = (),
    start: bool = True,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Executed:
    """Run ``command`` on our own input and output with everything set for the local workspace (which is started when
    needed): proxy, certificates, sign-in, names.

    With ``config`` a script finds a ``config.json``: a missing one is written for the time of the run, and the
    workspace that an existing one names is the local one inside the command; so are ``names``. With ``isolated`` no
    foreign host can be reached. ``folder`` is where the program runs, the current one by default.

    Raises UsageError without a command, JobError when the program cannot be started, LocalWorkspaceError.
    """
    from amlpriv.local.environment import environment_variables
    from amlpriv.local.launching import refused_hosts

    if not command:
        raise UsageError("There is no command to run.", hint=_HINT)
    surroundings = os.environ if environ is None else environ
    place = Path.cwd() if folder is None else folder
    state = running_state(surroundings, start=start, say=say)
    inside = environment_variables(state, surroundings, isolated=isolated)
    with standing_in(state, place, environ=surroundings, config=config, names=names, say=say) as stand:
        before = refused_hosts(state) if isolated else {}
        try:
            code = pass_through(command, env=inside, cwd=folder)
        except ToolMissingError as error:
            raise JobError(error.message, hint=error.hint) from error
        after = refused_hosts(state) if isolated else {}
    refused = tuple(sorted(host for host, count in after.items() if count > before.get(host, 0)))
    if refused:  # pip and uv do not always say why
        say(f"--isolated: refused connections to {', '.join(refused)}; only the local workspace can be reached.")
    return Executed(code, stand.config, stand.names, isolated, refused)


def running_state(environ: Mapping[str, str], *, start: bool, say: Callable[[str], None]) -> State:
    """The local workspace's state; it is started when it is not running and ``start`` allows it.

    Raises LocalWorkspaceError.
    """
    from amlpriv.local.home import Home
    from amlpriv.local.lifecycle import start as start_local
    from amlpriv.local.lifecycle import status

    home = Home.find(environ)
    _warn_of_proxy(environ, say)
    if start:
        return start_local(home, environ=environ, say=say)  # one that runs gets the certificates of this environment
    state = status(home)
    if state is None:
        raise LocalWorkspaceError(
            "The local workspace is not running.", hint="Run 'amlpriv local start', or leave out --no-start."
        )
    return state


def _warn_of_proxy(environ: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Before pip says no more than that a connection failed."""
    from amlpriv.local.hosts import Upstream

    try:
        Upstream.find(environ)
    except ValueError as error:
        say(f"Only the local workspace and this machine can be reached: {error}.")


def parse_name(text: str) -> WorkspaceName:
    """``SUBSCRIPTION/GROUP/WORKSPACE``, or a workspace's whole ARM id. Raises UsageError."""
    pieces = text.strip().strip("/").split("/")
    if len(pieces) == 8 and pieces[0].lower() == "subscriptions":
        pieces = [pieces[1], pieces[3], pieces[7]]
    if len(pieces) != 3 or not all(piece.strip() for piece in pieces):
        raise UsageError(
            f"{text!r} names no workspace.", hint="Write SUBSCRIPTION/GROUP/WORKSPACE, or the workspace's ARM id."
        )
    return WorkspaceName(*pieces)
