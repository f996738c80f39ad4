"""Components: the specification, the version that stands for the latest, anonymous ones."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local_plane.clients import Client

SPEC = {"type": "command", "command": "echo 1", "inputs": {}, "description": "a"}


def put(ask: Client, asset: str = "train", version: str = "1", **changes: Any) -> Any:
    body = {"properties": {"componentSpec": {**SPEC, **changes}}}
    return ask("PUT", f"/components/{asset}/versions/{version}", body)


def test_the_specification_comes_back_with_name_and_version(ask: Client) -> None:
    specification = put(ask).json()["properties"]["componentSpec"]
    assert specification == {**SPEC, "name": "train", "version": "1"}


def test_what_describes_may_change_and_what_runs_may_not(ask: Client) -> None:
    put(ask)
    changed = put(ask, description="b", display_name="Train", tags={"a": "b"}, inputs=None)
    assert changed.status == 200
    assert changed.json()["properties"]["componentSpec"]["display_name"] == "Train"
    assert put(ask, command="echo 2").status == 409


def test_the_default_version_is_the_last_that_is_not_archived(ask: Client) -> None:
    put(ask, version="2")
    put(ask, version="1")
    body = ask("GET", "/components/train/versions/azureml_default").json()
    assert body["name"] == "1"
    body["properties"]["isArchived"] = True
    ask("PUT", "/components/train/versions/1", body)
    assert ask("GET", "/components/train/versions/azureml_default").json()["name"] == "2"
    assert ask("GET", "/components/other/versions/azureml_default").status == 404
    ask("PUT", "/components/empty", {"properties": {}})
    assert ask("GET", "/components/empty/versions/azureml_default").status == 404


def test_anonymous_components_are_found_and_not_listed(ask: Client) -> None:
    for command in ("echo 1", "echo 2"):
        put(ask, "azureml_anonymous", "hash", name="azureml_anonymous", command=command)
    found = ask("GET", "/components/azureml_anonymous/versions/hash").json()["properties"]
    assert (found["isAnonymous"], found["componentSpec"]["command"]) == (True, "echo 2")
    assert ask.names("/components", listViewType="All") == []
    assert ask.names("/components/azureml_anonymous/versions", listViewType="All") == []


@pytest.mark.parametrize("properties", [{}, {"componentSpec": []}, {"componentSpec": {"command": "x"}}])
def test_a_component_needs_a_specification_with_a_type(ask: Client, properties: dict[str, Any]) -> None:
    assert ask("PUT", "/components/train/versions/1", {"properties": properties}).status == 400
