"""The local workspace for the process at hand, a notebook's kernel above all."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from amlpriv.actions.local_env import local_env
from amlpriv.actions.local_exec import running_state
from amlpriv.actions.standing_in import Stand, standing_in
from amlpriv.remote import WorkspaceName

__all__ = ["Connected", "local", "undo"]

_active: list[Connected] = []
"""The one that is in force, if any."""


class Connected:
    """This process talks to the local workspace until ``undo()``, or the end of a ``with`` block, or its own end."""

    def __init__(self, stand: Stand, changed: Mapping[str, str | None], kept: ExitStack, *, isolated: bool) -> None:
        self.variables: Mapping[str, str | None] = dict(changed)
        """What was set in ``os.environ``; None for what was removed. None of the values is a secret."""
        self.config: Path | None = stand.config
        """The config.json that was written; it goes with ``undo()``."""
        self.stands_for: tuple[WorkspaceName, ...] = stand.names
        """The workspaces that the local one is taken for."""
        self.isolated = isolated
        self._kept = kept
        self._process = os.getpid()

    @property
    def active(self) -> bool:
        """Whether it is still in force."""
        return self in _active

    def undo(self) -> None:
        """Put everything back as it was; a second time does nothing."""
        if self.active:
            _active.remove(self)
        if self._process == os.getpid():
            self._kept.close()
        else:
            self._kept.pop_all()  # a fork of ours that ends: the process that it came from goes on

    def __enter__(self) -> Connected:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.undo()

    def __repr__(self) -> str:
        if not self.active:
            return "This process does not talk to the local workspace any more."
        names = "".join(f", which stands for {name.name}" for name in self.stands_for)
        alone = ", and to no other host" if self.isolated else ""
        return f"This process talks to the local workspace{names}{alone}. End it with .undo()"


def local(
    *,
    isolated: bool = False,
    config: bool = True,
    names: Sequence[WorkspaceName] = (),
    environ: MutableMapping[str, str] | None = None,
    folder: Path | None = None,
    say: Callable[[str], None] | None = None,
) -> Connected:
    """Lead this process to the local workspace (which is started when needed): from now on ``MLClient``,
    ``DefaultAzureCredential``, blobs, ``!pip`` and ``!uv`` find it without being changed.

    Nothing but ``os.environ`` is changed, and with ``config`` the current folder gets a config.json when it has none
    (see ``amlpriv local exec``). With ``isolated`` no other host can be reached. A second call takes the first one
    back. ``say`` gets progress; it goes to standard error by default.

    Raises LocalWorkspaceError, and what starting it raises.
    """
    undo()
    surroundings = os.environ if environ is None else environ
    tell = say or _tell
    found = local_env(isolated=isolated, environ=surroundings, say=tell)
    state = running_state(surroundings, start=False, say=tell)
    changed: dict[str, str | None] = {**dict.fromkeys(found.unset), **found.set}
    with ExitStack() as kept:
        place = Path.cwd() if folder is None else folder
        stand = kept.enter_context(
            standing_in(state, place, environ=dict(surroundings), config=config, names=names, say=tell)
        )
        kept.callback(_set, surroundings, {name: surroundings.get(name) for name in changed})
        _set(surroundings, changed)
        session = Connected(stand, changed, kept.pop_all(), isolated=isolated)
    _active.append(session)
    return session


@atexit.register
def undo() -> None:
    """Put back whatever is in force in this process."""
    for session in tuple(_active):
        session.undo()


def _set(environ: MutableMapping[str, str], values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            environ.pop(name, None)
        else:
            environ[name] = value


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
