"""local exec: run an unmodified program against the local workspace."""

from __future__ import annotations

import errno
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
            raise _not_started(command[0], error) from error
        after = refused_hosts(state) if isolated else {}
    refused = tuple(sorted(host for host, count in after.items() if count > before.get(host, 0)))
    if refused:  # pip and uv do not always say why
        say(f"--isolated: refused connections to {', '.join(refused)}; only the local workspace can be reached.")
    return Executed(code, stand.config, stand.names, isolated, refused)


def _not_started(name: str, error: ToolMissingError) -> JobError:
    """Why it was not started, as far as the file of that name tells."""
    path = Path(name)
    runner = f"amlpriv local exec -- {'python' if path.suffix == '.py' else 'sh'} {name}"
    if not name.strip():
        return JobError("The command's first word is empty.", hint=_HINT)
    if path.is_dir():
        return JobError(f"{name} is a folder, not a program.", hint="Name a program, and folders behind it.")
    if path.is_file():
        if path.name == name:
            return JobError(
                f"The program {name} is not on PATH; only a file in the current folder has that name.",
                hint=f"Write .{os.sep}{name}, or name what runs it: {runner}",
            )
        if isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.ENOEXEC:
            return JobError(
                f"{name} is no program, and has no first line with #! that says what runs it.",
                hint=f"Add one, or name what runs it: {runner}",
            )
        if not os.access(path, os.X_OK):
            return JobError(
                f"{name} is there, but it may not be executed.",
                hint=f"Allow it (chmod +x {name}), or name what runs it: {runner}",
            )
    return JobError(error.message, hint=error.hint)


def running_state(environ: Mapping[str, str], *, start: bool, say: Callable[[str], None]) -> State:
    """The local workspace's state; it is started when it is not running and ``start`` allows it.

    Raises LocalWorkspaceError.
    """
    from amlpriv.local.home import Home
    from amlpriv.local.lifecycle import join
    from amlpriv.local.lifecycle import start as start_local

    home = Home.find(environ)
    if start:
        return start_local(home, environ=environ, say=say)  # one that runs gets certificates and proxy from here, too
    state = join(home, environ=environ, say=say)
    if state is None:
        raise LocalWorkspaceError(
            "The local workspace is not running.", hint="Run 'amlpriv local start', or leave out --no-start."
        )
    return state


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
