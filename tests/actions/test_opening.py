"""Which workspace a user means."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from amlpriv.actions.opening import LOCAL, find_config, locate, open_workspace, read_config
from amlpriv.actions.publish import publish
from amlpriv.errors import InputError, LocalWorkspaceError, UsageError
from amlpriv.local.plane.names import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE
from amlpriv.remote import WorkspaceName
from amlpriv.workspace.memory import MemoryWorkspace
from amlpriv.workspace.ports import Workspace
from tests.actions.projects import Clock

NAMES = {"subscription_id": "sub", "resource_group": "group", "workspace_name": "ours"}


def write_config(path: Path, **names: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**NAMES, **names}), encoding="utf-8")
    return path


def opened(where: object, environ: dict[str, str], folder: Path) -> str:
    """The name of the workspace; none is started, and nothing is sent."""
    return open_workspace(where, environ=environ, folder=folder, start=False).name.name


def test_without_any_hint_it_is_the_local_workspace(environ: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(LocalWorkspaceError, match="not running"):
        opened(None, environ, tmp_path)


def test_a_config_json_in_the_folder_or_above_is_found(environ: dict[str, str], tmp_path: Path) -> None:
    write_config(tmp_path / "config.json")
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert opened(None, environ, tmp_path / "a" / "b") == "ours"


@pytest.mark.parametrize("below", [".azureml", "aml_config"])
def test_it_may_lie_where_the_sdk_puts_it(environ: dict[str, str], tmp_path: Path, below: str) -> None:
    write_config(tmp_path / below / "config.json")
    assert opened(None, environ, tmp_path) == "ours"


def test_the_nearest_config_json_is_taken(tmp_path: Path) -> None:
    write_config(tmp_path / "config.json")
    near = write_config(tmp_path / "a" / "config.json")
    assert find_config(tmp_path / "a") == near


@pytest.mark.parametrize("content", ['{"compilerOptions": {}}', "[1, 2]", "{broken", ""])
def test_another_tools_config_json_is_not_ours(environ: dict[str, str], tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content, encoding="utf-8")
    assert find_config(tmp_path) is None or tmp_path not in find_config(tmp_path).parents  # type: ignore[union-attr]
    with pytest.raises(LocalWorkspaceError):
        opened(None, environ, tmp_path)


def test_one_that_is_ours_and_incomplete_is_an_error_and_not_passed_over(
    environ: dict[str, str], tmp_path: Path
) -> None:
    write_config(tmp_path / "config.json", workspace_name="")
    with pytest.raises(InputError, match="has no workspace_name"):
        opened(None, environ, tmp_path)


def test_the_variable_goes_before_config_json(environ: dict[str, str], tmp_path: Path) -> None:
    write_config(tmp_path / "config.json")
    other = write_config(tmp_path / "other" / "config.json", workspace_name="theirs")
    assert opened(None, {**environ, "AMLPRIV_WORKSPACE": str(other)}, tmp_path) == "theirs"
    with pytest.raises(LocalWorkspaceError):
        opened(None, {**environ, "AMLPRIV_WORKSPACE": "local"}, tmp_path)


def test_what_is_said_goes_before_the_variable(environ: dict[str, str], tmp_path: Path) -> None:
    path = write_config(tmp_path / "config.json")
    environ = {**environ, "AMLPRIV_WORKSPACE": "local"}
    assert opened(path, environ, tmp_path) == "ours"
    assert opened(str(tmp_path), environ, tmp_path) == "ours"
    assert opened(WorkspaceName("a", "b", "c"), environ, tmp_path) == "c"


def test_a_wrong_workspace_is_noticed_before_anything_is_built(environ: dict[str, str], tmp_path: Path) -> None:
    """Also when the file to be published is wrong as well: it has not been looked at."""
    config = tmp_path / "config.json"
    config.write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="This is no JSON") as caught:
        publish(tmp_path / "nothing.yml", workspace=config, environ=environ)
    assert caught.value.file == str(config)


def test_an_open_workspace_is_taken_as_it_is(environ: dict[str, str], tmp_path: Path) -> None:
    workspace: Workspace = MemoryWorkspace(Clock()).open()
    assert open_workspace(workspace, environ=environ, folder=tmp_path) is workspace


@pytest.mark.parametrize("where", [5, object(), ["local"]])
def test_anything_else_is_no_workspace(environ: dict[str, str], tmp_path: Path, where: object) -> None:
    with pytest.raises(UsageError, match="is no workspace"):
        opened(where, environ, tmp_path)


def test_which_workspace_is_used_is_said(environ: dict[str, str], tmp_path: Path) -> None:
    said: list[str] = []
    path = write_config(tmp_path / "config.json")
    open_workspace(path, environ=environ, folder=tmp_path, say=said.append)
    assert said == ["using workspace ours (resource group group)"]


def test_config_json_names_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"workspace_name": "x",\n "subscription_id"}', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_config(path)
    assert (caught.value.file, caught.value.line) == (str(path), 2)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="subscription_id, resource_group, workspace_name"):
        read_config(path)
    path.write_text(json.dumps({**NAMES, "more": 1}), encoding="utf-8-sig")
    assert read_config(path) == WorkspaceName("sub", "group", "ours")


def test_json_that_is_nested_without_end_is_no_config_json_of_ours(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("[" * 200_000, encoding="utf-8")
    assert find_config(tmp_path) is None
    with pytest.raises(InputError, match="nested too deeply"):
        read_config(tmp_path / "config.json")


def test_the_local_names_mean_the_local_workspace(environ: dict[str, str], tmp_path: Path) -> None:
    """`local exec` writes such a config.json, for the SDK."""
    names = {"subscription_id": SUBSCRIPTION, "resource_group": RESOURCE_GROUP.upper(), "workspace_name": WORKSPACE}
    write_config(tmp_path / "config.json", **names)
    for where in (None, tmp_path, WorkspaceName(SUBSCRIPTION, RESOURCE_GROUP, WORKSPACE)):
        assert locate(where, environ=environ, folder=tmp_path) == LOCAL
