"""What else a script sees of the local workspace: a config.json, and the names of the workspace that it stands for.

``MLClient.from_config`` looks for ``config.json`` and ``project.json`` from the current folder upwards: in
``.azureml``, then in ``aml_config``, then in the folders themselves (azure-ai-ml, ``MLClient.from_config``).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from amlpriv.errors import AmlprivError, InputError, LocalWorkspaceError
from amlpriv.files import read_text
from amlpriv.remote import WorkspaceName

if TYPE_CHECKING:
    from amlpriv.local.state import State

__all__ = ["Stand", "find_sdk_config", "forget", "names_in_force", "stand_for_good", "standing_in"]

_KEYS = ("subscription_id", "resource_group", "workspace_name")
_FOR_GOOD = "env-"
"""How the leases of ``stand_for_good`` begin."""
_LEVELS = 20
"""How far up the SDK looks."""


@dataclass(frozen=True, slots=True)
class Stand:
    """What is in place for the time of a run."""

    config: Path | None = None
    """The config.json that is there by us."""
    names: tuple[WorkspaceName, ...] = ()
    """The workspaces that the local one is taken for."""


@contextmanager
def standing_in(
    state: State,
    folder: Path,
    *,
    environ: Mapping[str, str],
    config: bool,
    names: Sequence[WorkspaceName],
    say: Callable[[str], None],
) -> Iterator[Stand]:
    """Put it in place, and take it away at the end; ``say`` hears of both.

    With ``config`` a config.json is written into ``folder`` when the SDK would find none, and the names in one that it
    would find are added to ``names``. Raises LocalWorkspaceError.
    """
    local = _local(state)
    with ExitStack() as stack:
        found = find_sdk_config(folder) if config else None
        named = _read_names(found, say) if found else None
        lent = None
        if config and (found is None or (named is not None and _same(named, local))):
            lent = _lend(stack, found or folder / "config.json", local, environ, say)
        if named is not None and not _same(named, local):
            say(f"{found} names the workspace {_shown(named)}; for the time of this run that is the local workspace.")
        unique = _others([*names, *([named] if named else [])], local)
        if unique:
            stack.enter_context(_stand_for(state, unique))
        yield Stand(lent, unique)


def stand_for_good(
    state: State, folder: Path, *, config: bool, names: Sequence[WorkspaceName], say: Callable[[str], None]
) -> tuple[WorkspaceName, ...]:
    """Let ``names``, and with ``config`` the one in the config.json that the SDK would find, mean the local workspace
    for whoever reaches it from now on, until ``local reset``; which they are. Nothing is written into ``folder``.

    Raises LocalWorkspaceError.
    """
    from amlpriv.local.asking import ask

    found = find_sdk_config(folder) if config else None
    named = _read_names(found, say) if found else None
    unique = _others([*names, *([named] if named else [])], _local(state))
    for name in unique:
        lease = _FOR_GOOD + uuid.uuid5(uuid.NAMESPACE_URL, name.arm_id.lower()).hex  # the same names are the same lease
        ask(state, "PUT", f"aliases/{lease}", {"value": [_written(name)]})
        say(f"The workspace {_shown(name)} is the local one for programs with these variables.")
    return unique


def names_in_force(state: State) -> tuple[WorkspaceName, ...]:
    """The workspaces that the running local one is taken for now. Raises LocalWorkspaceError."""
    return _named(leases for _, leases in _leases(state))


def forget(state: State) -> tuple[WorkspaceName, ...]:
    """End what ``stand_for_good`` put in force; which they were. Raises LocalWorkspaceError."""
    from amlpriv.local.asking import ask

    dropped = [(lease, names) for lease, names in _leases(state) if lease.startswith(_FOR_GOOD)]
    for lease, _ in dropped:
        ask(state, "DELETE", f"aliases/{lease}")
    return _named(names for _, names in dropped)


def _leases(state: State) -> list[tuple[str, list[WorkspaceName]]]:
    from amlpriv.local.asking import ask

    found = ask(state, "GET", "aliases")
    return [(lease, [WorkspaceName(*(each[key] for key in _KEYS)) for each in names]) for lease, names in found.items()]


def _named(groups: Iterable[Sequence[WorkspaceName]]) -> tuple[WorkspaceName, ...]:
    """Each once."""
    return tuple({name.arm_id.lower(): name for names in groups for name in names}.values())


def find_sdk_config(folder: Path) -> Path | None:
    """The file that ``MLClient.from_config`` takes in this folder."""
    above = (folder, *folder.resolve().parents)[: _LEVELS + 1]
    for below in (".azureml", "aml_config", ""):
        for name in ("config.json", "project.json"):
            for parent in above:
                candidate = parent / below / name
                with suppress(OSError):
                    if candidate.is_file():
                        return candidate
    return None


def _read_names(path: Path, say: Callable[[str], None]) -> WorkspaceName | None:
    """The names in it; None, and a word about it, when there are none. The program may not need them."""
    try:
        found = json.loads(read_text(path))
        if not isinstance(found, dict):
            raise ValueError
        scope = str(found.get("Scope") or "").split("/")
        pieces = [scope[2], scope[4], scope[8]] if len(scope) > 8 else [found[key] for key in _KEYS]
    except (InputError, KeyError, ValueError, RecursionError):
        pieces = []
    if not pieces or not all(isinstance(piece, str) and piece and "/" not in piece for piece in pieces):
        say(f"{path} names no workspace: MLClient.from_config() will not take it.")
        return None
    return WorkspaceName(*pieces)


def _lend(
    stack: ExitStack, path: Path, local: WorkspaceName, environ: Mapping[str, str], say: Callable[[str], None]
) -> Path | None:
    """The config.json when it is ours to take away again; one that the user wrote stays his."""
    from amlpriv.local.home import Home
    from amlpriv.local.lending import lent_file

    existed = path.exists()
    content = json.dumps(_written(local), indent=2)
    try:
        is_ours = stack.enter_context(lent_file(path, content + "\n", Home.find(environ).cache / "lent"))
    except OSError as error:
        say(f"No config.json was written: {path.parent}: {error.strerror or error}.")
        return None
    if is_ours and not existed:
        say(f"{path} names the local workspace for the time of this run.")
    return path if is_ours else None


@contextmanager
def _stand_for(state: State, names: Sequence[WorkspaceName]) -> Iterator[None]:
    from amlpriv.local.asking import ask

    lease = uuid.uuid4().hex
    ask(state, "PUT", f"aliases/{lease}", {"value": [_written(name) for name in names]})
    try:
        yield
    finally:
        with suppress(AmlprivError):  # the command may have stopped the local workspace
            ask(_current(state), "DELETE", f"aliases/{lease}")


def _current(state: State) -> State:
    """The workspace may have been started again meanwhile."""
    from amlpriv.local.home import Home
    from amlpriv.local.lifecycle import status

    now = status(Home(root=state.root, cache=state.root))
    if now is None:
        raise LocalWorkspaceError("The local workspace is not running any more.")
    return now


def _written(name: WorkspaceName) -> dict[str, str]:
    return dict(zip(_KEYS, (name.subscription, name.resource_group, name.name), strict=True))


def _local(state: State) -> WorkspaceName:
    return WorkspaceName(state.subscription_id, state.resource_group, state.workspace_name)


def _others(names: Sequence[WorkspaceName], local: WorkspaceName) -> tuple[WorkspaceName, ...]:
    return tuple({name.arm_id.lower(): name for name in names if not _same(name, local)}.values())


def _same(one: WorkspaceName, other: WorkspaceName) -> bool:
    return one.arm_id.lower() == other.arm_id.lower()


def _shown(name: WorkspaceName) -> str:
    return f"{name.name} (resource group {name.resource_group})"
