"""config.json and the names of the workspace that the local one stands for."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from amlpriv.actions.standing_in import find_sdk_config, standing_in
from amlpriv.local.asking import ask
from amlpriv.local.plane.names import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE
from amlpriv.local.state import State
from amlpriv.remote import WorkspaceName

pytestmark = pytest.mark.local

PROD = WorkspaceName("1234abcd-0000-4000-8000-00000000beef", "Prod.RG", "prod-ws")
WRITTEN = {"subscription_id": PROD.subscription, "resource_group": "Prod.RG", "workspace_name": "prod-ws"}
LOCAL = WorkspaceName(SUBSCRIPTION, RESOURCE_GROUP, WORKSPACE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


@pytest.fixture
def surroundings(local_environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return {**local_environ, "AMLPRIV_CACHE": str(tmp_path / "cache")}


def test_the_sdk_looks_in_its_own_folders_first(folder: Path) -> None:
    assert find_sdk_config(folder) is None
    expected = []
    for name in ("project.json", "config.json", "aml_config/config.json", "../.azureml/project.json"):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
        expected.append(find_sdk_config(folder))
    assert [found and found.name for found in expected] == [
        "project.json",
        "config.json",
        "config.json",
        "project.json",
    ]
    assert expected[2] == folder / "aml_config" / "config.json"
    assert expected[3] == folder.parent / ".azureml" / "project.json"


def test_without_a_config_one_is_lent(folder: Path, local_state: State, surroundings: dict[str, str]) -> None:
    said: list[str] = []
    with standing_in(local_state, folder, environ=surroundings, config=True, names=(), say=said.append) as stand:
        assert stand.config == folder / "config.json"
        assert json.loads((folder / "config.json").read_text())["workspace_name"] == "local"
        assert stand.names == ()
    assert list(folder.iterdir()) == []
    assert said == [f"{folder / 'config.json'} names the local workspace for the time of this run."]


def test_a_run_below_shares_the_one_that_was_lent_above(
    folder: Path, local_state: State, surroundings: dict[str, str]
) -> None:
    (folder / "below").mkdir()
    options = {"environ": surroundings, "config": True, "names": (), "say": lambda _: None}
    first = standing_in(local_state, folder, **options)  # type: ignore[arg-type]
    first.__enter__()
    with standing_in(local_state, folder / "below", **options) as second:  # type: ignore[arg-type]
        first.__exit__(None, None, None)
        assert second.config == folder / "config.json"
        assert (folder / "config.json").exists()
    assert not (folder / "config.json").exists()


def test_the_workspace_of_a_config_is_the_local_one_for_a_while(
    folder: Path, local_state: State, surroundings: dict[str, str]
) -> None:
    (folder / "config.json").write_text(json.dumps(WRITTEN))
    said: list[str] = []
    with standing_in(local_state, folder, environ=surroundings, config=True, names=(), say=said.append) as stand:
        assert (stand.config, stand.names) == (None, (PROD,))
        assert [WRITTEN] in ask(local_state, "GET", "aliases").values()
    assert [WRITTEN] not in ask(local_state, "GET", "aliases").values()
    assert "names the workspace prod-ws (resource group Prod.RG)" in said[0]
    assert json.loads((folder / "config.json").read_text()) == WRITTEN


def test_sdk_v1s_form_of_a_config_is_understood(folder: Path, local_state: State, surroundings: dict[str, str]) -> None:
    (folder / "project.json").write_text(json.dumps({"Id": "x", "Scope": f"{PROD.arm_id}/projects/p"}))
    with standing_in(local_state, folder, environ=surroundings, config=True, names=(), say=lambda _: None) as stand:
        assert stand.names == (PROD,)


def test_names_that_were_given_are_taken_once(folder: Path, local_state: State, surroundings: dict[str, str]) -> None:
    shouted = WorkspaceName(PROD.subscription, "PROD.rg", "prod-ws")
    names = (PROD, shouted, LOCAL)
    with standing_in(local_state, folder, environ=surroundings, config=False, names=names, say=lambda _: None) as stand:
        assert stand.names == (shouted,)
        assert not (folder / "config.json").exists()


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"subscription_id": 3}', '{"name": "a tool"}', '{"Scope": "/a"}', "\ufeff{}"]
)
def test_a_config_that_names_no_workspace_is_told_and_left(
    folder: Path, local_state: State, surroundings: dict[str, str], text: str
) -> None:
    (folder / "config.json").write_text(text, encoding="utf-8")
    said: list[str] = []
    with standing_in(local_state, folder, environ=surroundings, config=True, names=(), say=said.append) as stand:
        assert (stand.config, stand.names) == (None, ())
    assert said == [f"{folder / 'config.json'} names no workspace: MLClient.from_config() will not take it."]
    assert (folder / "config.json").read_text(encoding="utf-8") == text


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_only_told(
    folder: Path, local_state: State, surroundings: dict[str, str]
) -> None:
    folder.chmod(0o500)
    said: list[str] = []
    with standing_in(local_state, folder, environ=surroundings, config=True, names=(), say=said.append) as stand:
        assert stand.config is None
    folder.chmod(0o700)
    assert "No config.json was written" in said[0]


def test_a_folder_that_is_gone_is_only_told(folder: Path, local_state: State, surroundings: dict[str, str]) -> None:
    said: list[str] = []
    gone = folder / "gone"
    with standing_in(local_state, gone, environ=surroundings, config=True, names=(), say=said.append) as stand:
        assert stand.config is None
    assert "No config.json was written" in said[0]
