"""Components: the specification, the version that stands for the latest, anonymous ones."""

from __future__ import annotations

from typing import Any

import pytest

from amlpriv.local.plane.names import WORKSPACE_ID
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


@pytest.mark.parametrize("kind", ["container", "", 5, None, "command2"])
def test_a_type_that_no_sdk_knows_is_refused(ask: Client, kind: Any) -> None:
    answer = put(ask, type=kind)
    assert (answer.status, "componentSpec" in str(answer.json()) or "type" in str(answer.json())) == (400, True)


@pytest.mark.parametrize("where", ["environment", "task"])
def test_the_environment_of_a_component_exists_or_is_a_registrys(ask: Client, where: str) -> None:
    def with_environment(identifier: Any) -> Any:
        return put(ask, **({where: identifier} if where == "environment" else {where: {"environment": identifier}}))

    identifier = f"azureml:{WORKSPACE_ID}/environments/mine/versions/1"
    refused = with_environment(identifier)
    assert (refused.status, "mine" in str(refused.json())) == (400, True)
    assert with_environment("mine").status == 400
    assert with_environment(5).status == 400
    ask.put("mine", "1")
    assert with_environment(identifier).status == 201
    other = put(ask, "other", environment="azureml://registries/azureml/environments/x/versions/1")
    assert other.status == 201


def test_anonymous_versions_are_in_no_list(ask: Client) -> None:
    for kind, properties in (
        ("models", {"modelUri": "https://a.test/m"}),
        ("data", {"dataType": "uri_file", "dataUri": "https://a.test/m"}),
    ):
        for name, anonymous in (("hidden", True), ("shown", False)):
            body = {"properties": {**properties, "isAnonymous": anonymous}}
            assert ask("PUT", f"/{kind}/{name}/versions/1", body).status == 201
        assert ask.names(f"/{kind}", listViewType="All") == ["shown"]
        assert ask.names(f"/{kind}/hidden/versions") == []
        assert ask("GET", f"/{kind}/hidden/versions/1").status == 200
        assert ask("GET", f"/{kind}/hidden").status == 200
