"""local env: what `local exec` sets, written so that a shell (or a tool that reads dotenv files) can take it over."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from amlpriv.errors import UsageError
from amlpriv.remote import WorkspaceName

__all__ = ["SHELLS", "LocalEnv", "forget_names", "guess_shell", "local_env"]

_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]*")
"""What no shell of the first kind looks at twice."""


@dataclass(frozen=True, slots=True)
class LocalEnv:
    """The variables to set and to remove. None of the values is a secret."""

    set: Mapping[str, str]
    unset: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """The object that ``local env --json`` prints."""
        return {"set": dict(self.set), "unset": list(self.unset)}

    def text(self, shell: str) -> str:
        """Lines for ``shell``, one of ``SHELLS``. Raises UsageError for another one."""
        lines = _FORMS.get(shell)
        if lines is None:
            raise UsageError(f"The shell {shell!r} is not known.", hint=f"Known are: {', '.join(SHELLS)}.")
        make, drop = lines
        done = [drop(name) for name in self.unset] + [make(name, self.set[name]) for name in sorted(self.set)]
        return "".join(f"{line}\n" for line in done)


def local_env(
    *,
    isolated: bool = False,
    config: bool = False,
    names: Sequence[WorkspaceName] = (),
    start: bool = True,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> LocalEnv:
    """What to set and to remove so that every program started from now on talks to the local workspace (which is
    started when needed).

    ``names`` are the local workspace for these programs, with ``config`` also the workspace that a config.json in
    ``folder`` (the current one by default) or above names. Raises LocalWorkspaceError.
    """
    from amlpriv.actions.local_exec import running_state
    from amlpriv.actions.standing_in import find_sdk_config, stand_for_good
    from amlpriv.local.environment import changes

    surroundings = os.environ if environ is None else environ
    state = running_state(surroundings, start=start, say=say)
    found = changes(state, surroundings, isolated=isolated)
    place = Path.cwd() if folder is None else folder
    stand_for_good(state, place, config=config, names=names, say=say)
    if config and find_sdk_config(place) is None:
        say(
            f"No config.json here or above: MLClient.from_config() will find none. Run it under 'amlpriv local exec', "
            f"which lends one, or name the workspace: {state.subscription_id}, {state.resource_group}, "
            f"{state.workspace_name} (AZUREML_ARM_SUBSCRIPTION, _RESOURCEGROUP, _WORKSPACE_NAME)."
        )
    return LocalEnv(found.set, found.unset)


def forget_names(*, environ: Mapping[str, str] | None = None) -> tuple[WorkspaceName, ...]:
    """End what earlier ``local_env`` put in force: no other name is the local workspace's any more, but for commands
    that run now under ``local exec``. Returns which they were; none when nothing runs.

    Raises LocalWorkspaceError.
    """
    from amlpriv.actions.standing_in import forget
    from amlpriv.local.home import Home
    from amlpriv.local.lifecycle import status

    state = status(Home.find(os.environ if environ is None else environ))
    return forget(state) if state else ()


def guess_shell(environ: Mapping[str, str], platform: str = sys.platform) -> str:
    """The user's shell, as far as the surroundings tell; ``bash`` stands for all that are like it."""
    name = PurePath(environ.get("SHELL", "")).stem.lower()
    if name in {"fish", "pwsh"}:
        return "fish" if name == "fish" else "powershell"
    return "powershell" if platform == "win32" and not name else "bash"


def _posix(value: str) -> str:
    return value if value and _PLAIN.fullmatch(value) else "'" + value.replace("'", "'\"'\"'") + "'"


def _fish(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _powershell(value: str) -> str:
    # PowerShell takes typographic quotes for quotes as well.
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", value) + "'"


def _cmd(value: str) -> str:
    return value.replace("%", "%%")  # as a batch file reads it


def _dotenv(value: str) -> str:
    if value and _PLAIN.fullmatch(value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


_FORMS: Mapping[str, tuple[Callable[[str, str], str], Callable[[str], str]]] = {
    "bash": (lambda name, value: f"export {name}={_posix(value)}", lambda name: f"unset {name}"),
    "cmd": (lambda name, value: f'set "{name}={_cmd(value)}"', lambda name: f'set "{name}="'),
    "dotenv": (lambda name, value: f"{name}={_dotenv(value)}", lambda name: f"# without {name}"),
    "fish": (lambda name, value: f"set -gx {name} {_fish(value)}", lambda name: f"set -e {name}"),
    "powershell": (
        lambda name, value: f"$env:{name} = {_powershell(value)}",
        lambda name: f"Remove-Item Env:{name} -ErrorAction SilentlyContinue",
    ),
}

SHELLS = tuple(_FORMS)
"""What ``local env`` can write for. ``bash`` is good for sh, dash, zsh and ksh, ``dotenv`` has no way to remove."""
