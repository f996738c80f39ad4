"""Opening a workspace: from what a user says to something with ports."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from amlpriv.errors import InputError, LocalWorkspaceError, UsageError
from amlpriv.files import read_text
from amlpriv.local.plane.names import WORKSPACE_ID
from amlpriv.remote import WorkspaceName
from amlpriv.workspace.ports import Workspace

__all__ = ["LOCAL", "find_config", "locate", "open_local", "open_workspace", "read_config"]

LOCAL = "local"

_KEYS = ("subscription_id", "resource_group", "workspace_name")


def open_workspace(
    where: object = None,
    *,
    environ: Mapping[str, str],
    folder: Path,
    start: bool = True,
    say: Callable[[str], None] = lambda _: None,
) -> Workspace:
    """The workspace that ``where`` names.

    A ``Workspace`` is taken as it is; an ``azure.ai.ml.MLClient`` lends its names, credential and cloud; a
    ``WorkspaceName``; the path of a ``config.json`` or of a folder that has one; ``"local"``, the embedded workspace.
    With None: AMLPRIV_WORKSPACE, else the config.json that the SDK would find from ``folder`` upwards, else the local
    workspace. ``start`` says whether a local workspace that is not running is started.

    Raises InputError for a wrong config.json, UsageError for anything else that names no workspace,
    LocalWorkspaceError.
    """
    found = locate(where, environ=environ, folder=folder)
    if isinstance(found, Workspace):
        return found
    if found == LOCAL:
        return open_local(environ=environ, start=start, say=say)
    if isinstance(found, WorkspaceName):
        return _open_azure(found, environ, say)
    from amlpriv.workspace.azure.opening import open_client

    return open_client(found)


def locate(where: object, *, environ: Mapping[str, str], folder: Path) -> object:
    """What ``open_workspace`` would open, without starting or asking anything: a WorkspaceName, ``"local"`` (also for
    its names, which ``local exec`` writes into a config.json), or the Workspace or MLClient itself. Raises as
    ``open_workspace`` does."""
    if where is None:
        where = environ.get("AMLPRIV_WORKSPACE") or find_config(folder) or LOCAL
    if isinstance(where, Workspace) or where == LOCAL:
        return where
    if isinstance(where, str | Path):
        where = read_config(_config_file(Path(where)))
    if isinstance(where, WorkspaceName):
        return LOCAL if where.arm_id.lower() == WORKSPACE_ID.lower() else where
    if hasattr(where, "workspace_name") and hasattr(where, "_credential"):
        return where
    raise UsageError(
        f"A {type(where).__name__} is no workspace.",
        hint="Give an MLClient, the path of a config.json, or 'local'.",
    )


def _open_azure(name: WorkspaceName, environ: Mapping[str, str], say: Callable[[str], None]) -> Workspace:
    from amlpriv.workspace.azure.opening import open_azure

    say(f"using workspace {name.name} (resource group {name.resource_group})")
    return open_azure(name, environ=environ)


def open_local(*, environ: Mapping[str, str], start: bool, say: Callable[[str], None]) -> Workspace:
    """The embedded workspace, started when it is not running and ``start`` allows it."""
    from amlpriv.local.credential import LocalCredential
    from amlpriv.local.home import Home
    from amlpriv.local.lifecycle import start as start_local
    from amlpriv.local.lifecycle import status
    from amlpriv.workspace.azure.clouds import cloud_of_environ
    from amlpriv.workspace.azure.opening import open_azure
    from amlpriv.workspace.azure.transport import Connection

    home = Home.find(environ)
    # One that runs is found by a start as well, which says what happened to it since the last command.
    state = start_local(home, environ=environ, say=say) if start else status(home)
    if state is None:
        raise LocalWorkspaceError(
            "The local workspace is not running.", hint="Run 'amlpriv local start', or leave out --no-start."
        )
    say("using the local workspace")
    name = WorkspaceName(state.subscription_id, state.resource_group, state.workspace_name)
    connection = Connection(proxy=state.proxy_url, ca_bundle=str(state.ca_bundle))
    credential: Any = LocalCredential(state.tenant)
    cloud = cloud_of_environ({})
    return open_azure(name, environ=environ, credential=credential, cloud=cloud, connection=connection, local=True)


def find_config(folder: Path) -> Path | None:
    """The config.json that ``MLClient.from_config`` finds: here or above, also in .azureml or aml_config."""
    for parent in (folder, *folder.parents):
        for below in (parent, parent / ".azureml", parent / "aml_config"):
            candidate = below / "config.json"
            if candidate.is_file() and _is_workspace(candidate):
                return candidate
    return None


def _is_workspace(candidate: Path) -> bool:
    """Many tools have a config.json: only one that has a key of ours counts when nobody pointed at it."""
    try:
        found = json.loads(read_text(candidate))
    except (InputError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and any(key in found for key in _KEYS)


def _config_file(path: Path) -> Path:
    if path.is_dir():
        found = next((p for p in (path / "config.json", path / ".azureml" / "config.json") if p.is_file()), None)
        if found is None:
            raise InputError("There is no config.json in this folder.", file=path, hint="Download it from the studio.")
        return found
    if not path.exists() and path.suffix != ".json":
        raise UsageError(
            f"{str(path)!r} is no workspace.",
            hint="Give the path of a config.json, 'local', or --subscription, --resource-group and --workspace-name.",
        )
    return path


def read_config(path: Path) -> WorkspaceName:
    """The names in a workspace's config.json. Raises InputError for a missing, broken or incomplete one."""
    text = read_text(path)
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"This is no JSON: {error.msg}.", file=path, line=error.lineno, hint="Download it again from the studio."
        ) from error
    except RecursionError as error:
        raise InputError("This is nested too deeply for a config.json.", file=path) from error
    if not isinstance(found, dict):
        raise InputError("A workspace's config.json is a JSON object.", file=path)
    missing = [key for key in _KEYS if not isinstance(found.get(key), str) or not found[key]]
    if missing:
        raise InputError(
            f"This config.json has no {', '.join(missing)}.",
            file=path,
            hint="It needs subscription_id, resource_group and workspace_name.",
        )
    return WorkspaceName(found["subscription_id"], found["resource_group"], found["workspace_name"])
