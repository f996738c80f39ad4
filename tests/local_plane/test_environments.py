"""Environments: immutability, archive, order, pages, names."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from amlpriv.local.plane.names import WORKSPACE_ID
from tests.local_plane.clients import Client, Clock

CONDA = "dependencies:\n- python=3.11\n- pip\n- pip:\n  - contoso-features\n"


def test_a_version_is_created_once_and_the_same_content_is_accepted_again(ask: Client) -> None:
    first = ask.put("churn", "1", condaFile=CONDA, properties={"amlpriv.digest": "d"}, tags={"a": "b"})
    again = ask.put("churn", "1", condaFile=CONDA, properties={"amlpriv.digest": "d"}, tags={"a": "b"})
    assert (first.status, again.status) == (201, 200)
    body = first.json()
    assert body["id"] == f"{WORKSPACE_ID}/environments/churn/versions/1"
    assert body["name"] == "1"
    assert body["type"] == "Microsoft.MachineLearningServices/workspaces/environments/versions"
    assert body["properties"]["condaFile"] == CONDA
    assert body["properties"]["osType"] == "Linux"
    assert body["properties"]["environmentType"] == "UserCreated"
    assert re.fullmatch(r"2026-11-20T12:00:00\.\d{7}\+00:00", body["systemData"]["createdAt"])
    assert ask("GET", "/environments/churn/versions/1").json() == again.json()


@pytest.mark.parametrize(
    "change",
    [
        {"image": "debian"},
        {"condaFile": CONDA.replace("3.11", "3.12")},
        {"condaFile": None},
        {"osType": "Windows"},
        {"properties": {"amlpriv.digest": "other"}},
        {"properties": {}},
        {"inferenceConfig": {"livenessRoute": {"path": "/", "port": 1}}},
        {"image": None, "build": {"contextUri": "https://x/y/"}},
    ],
)
def test_other_content_is_a_conflict_and_changes_nothing(ask: Client, change: dict[str, Any]) -> None:
    before = ask.put("churn", "1", condaFile=CONDA, properties={"amlpriv.digest": "d"}).json()
    given = {"condaFile": CONDA, "properties": {"amlpriv.digest": "d"}, "description": "new", **change}
    response = ask.put("churn", "1", **given)
    assert response.status == 409
    message = "Environment churn with version 1 is already registered and cannot be changed."
    assert response.json()["error"]["message"] == message
    assert ask("GET", "/environments/churn/versions/1").json() == before


def test_description_tags_and_archive_may_change(ask: Client, clock: Clock) -> None:
    created = ask.put("churn", "1", description="old", tags={"a": "1"}).json()
    clock.move(timedelta(hours=1))
    changed = ask.put("churn", "1", description="new", tags={"b": "2"}, isArchived=True)
    assert changed.status == 200
    body = changed.json()
    assert body["properties"]["description"] == "new"
    assert body["properties"]["tags"] == {"b": "2"}
    assert body["properties"]["isArchived"] is True
    assert body["systemData"]["createdAt"] == created["systemData"]["createdAt"]
    assert body["systemData"]["lastModifiedAt"] > created["systemData"]["lastModifiedAt"]


def test_the_same_content_written_differently_is_the_same(ask: Client) -> None:
    ask.put("churn", "1", condaFile=CONDA, osType="linux", inferenceConfig=None, build=None)
    again = ask.put("churn", "1", condaFile="# note\n" + CONDA, osType="Linux", inferenceConfig={}, properties={})
    assert again.status == 200
    assert again.json()["properties"]["condaFile"] == CONDA


def test_what_get_answers_can_be_put_back(ask: Client) -> None:
    ask.put("churn", "1", condaFile=CONDA, inferenceConfig={"livenessRoute": {"path": "/", "port": 1}})
    body = ask("GET", "/environments/churn/versions/1").json()
    body["properties"]["isArchived"] = True
    assert ask("PUT", "/environments/churn/versions/1", body).status == 200


def test_a_build_context_gets_its_default_dockerfile(ask: Client) -> None:
    build = {"contextUri": "https://a.blob.core.windows.net/c/ctx/"}
    body = ask.put("ctx", "1", image=None, build=build).json()
    assert body["properties"]["build"] == {**build, "dockerfilePath": "Dockerfile"}
    assert ask.put("ctx", "1", image=None, build={**build, "dockerfilePath": "Dockerfile"}).status == 200


def test_the_list_is_newest_first_even_within_one_tick_of_the_clock(ask: Client) -> None:
    for version in ("2", "10", "1"):
        ask.put("churn", version)
    path = "/environments/churn/versions"
    assert ask.names(path) == ["1", "10", "2"]
    assert ask.names(path, **{"$orderBy": "createdtime asc"}) == ["2", "10", "1"]
    assert ask.names(path, **{"$orderBy": "createdtime desc", "$top": "1"}) == ["1"]


def test_a_change_does_not_make_a_version_newer(ask: Client) -> None:
    ask.put("churn", "1")
    ask.put("churn", "2")
    ask.put("churn", "1", description="changed")
    assert ask.names("/environments/churn/versions") == ["2", "1"]


def test_views(ask: Client) -> None:
    ask.put("churn", "1", isArchived=True)
    ask.put("churn", "2")
    path = "/environments/churn/versions"
    assert ask.names(path) == ["2"]
    assert ask.names(path, listViewType="ActiveOnly") == ["2"]
    assert ask.names(path, listViewType="ArchivedOnly") == ["1"]
    assert ask.names(path, listViewType="All") == ["2", "1"]
    assert ask("GET", path, listViewType="Some").status == 400


def test_pages_lead_from_one_to_the_next_on_the_same_host(ask: Client) -> None:
    for version in range(250):
        ask.put("churn", str(version))
    path, seen, links = "/environments/churn/versions", [], []
    answer = ask("GET", path, listViewType="All").json()
    while True:
        seen += [item["name"] for item in answer["value"]]
        if "nextLink" not in answer:
            break
        links.append(answer["nextLink"])
        assert answer["nextLink"].startswith(f"https://localhost:9{WORKSPACE_ID}{path}?")
        answer = ask("GET", "//" + answer["nextLink"].removeprefix("https://localhost:9/")).json()
    assert seen == [str(version) for version in reversed(range(250))]
    assert len(links) == 2


def test_top_is_the_number_of_records_in_all(ask: Client) -> None:
    for version in range(130):
        ask.put("churn", str(version))
    path = "/environments/churn/versions"
    assert "nextLink" not in ask("GET", path, **{"$top": "5"}).json()
    first = ask("GET", path, **{"$top": "120"}).json()
    second = ask("GET", "//" + first["nextLink"].removeprefix("https://localhost:9/")).json()
    assert (len(first["value"]), len(second["value"]), "nextLink" in second) == (100, 20, False)


@pytest.mark.parametrize("query", [{"$top": "0"}, {"$top": "x"}, {"$skip": "-1"}, {"$orderBy": "name"}])
def test_a_query_that_makes_no_sense_is_400(ask: Client, query: dict[str, str]) -> None:
    ask.put("churn", "1")
    assert ask("GET", "/environments/churn/versions", **query).status == 400


def test_what_is_not_there_is_404(ask: Client) -> None:
    ask.put("churn", "1")
    for path in ("/environments/other", "/environments/other/versions", "/environments/churn/versions/2"):
        response = ask("GET", path)
        assert response.status == 404
        assert response.json()["error"]["message"].startswith("No environment exists for name: ")


def test_the_container_knows_the_latest_and_the_next_version(ask: Client) -> None:
    ask.put("churn", "7")
    ask.put("churn", "c0ffee")
    properties = ask("GET", "/environments/churn").json()["properties"]
    assert (properties["latestVersion"], properties["nextVersion"]) == ("c0ffee", "8")
    ask.put("named", "abc")
    assert ask("GET", "/environments/named").json()["properties"]["nextVersion"] == "1"


def test_an_archived_container_hides_itself_and_its_versions_until_it_is_restored(ask: Client) -> None:
    ask.put("churn", "1")
    ask.put("other", "1")
    container = ask("GET", "/environments/churn").json()
    container["properties"]["isArchived"] = True
    assert ask("PUT", "/environments/churn", container).status == 200
    assert ask.names("/environments") == ["other"]
    assert ask.names("/environments", listViewType="ArchivedOnly") == ["churn"]
    assert ask.names("/environments", listViewType="All") == ["other", "churn"]
    assert ask.names("/environments/churn/versions") == []
    assert ask("GET", "/environments/churn/versions/1").json()["properties"]["isArchived"] is True

    container["properties"]["isArchived"] = False
    ask("PUT", "/environments/churn", container)
    assert ask.names("/environments/churn/versions") == ["1"]


def test_a_container_can_be_made_before_its_versions(ask: Client) -> None:
    assert ask("PUT", "/environments/churn", {"properties": {"description": "d"}}).status == 201
    properties = ask("GET", "/environments/churn").json()["properties"]
    assert (properties["latestVersion"], properties["nextVersion"]) == (None, "1")
    ask.put("churn", "1")
    assert ask("GET", "/environments/churn").json()["properties"]["description"] == "d"


def test_anonymous_environments_work_and_are_not_listed(ask: Client) -> None:
    name, version = "CliV2AnonymousEnvironment", "ab" * 32
    assert ask.put(name, version, isAnonymous=True).status == 201
    assert ask("GET", f"/environments/{name}/versions/{version}").json()["properties"]["isAnonymous"] is True
    assert ask.names("/environments", listViewType="All") == []
    assert ask.names(f"/environments/{name}/versions", listViewType="All") == []


@pytest.mark.parametrize("name", ["AzureML-x", "azuremlx", "Microsoft-x", "a" * 256, "a%20b", "a%2Fb", "%C3%A4", "-a"])
def test_names_that_the_service_refuses(ask: Client, name: str) -> None:
    assert ask.put(name, "1").status == 400
    assert ask.names("/environments", listViewType="All") == []


@pytest.mark.parametrize("version", ["a" * 256, "a%20b", "..", ".x", "1%2F2"])
def test_versions_that_the_service_refuses(ask: Client, version: str) -> None:
    assert ask.put("churn", version).status == 400


@pytest.mark.parametrize(
    "properties",
    [
        {"image": None},
        {"build": {"contextUri": "https://x/"}},
        {"image": None, "build": {"dockerfilePath": "Dockerfile"}},
        {"condaFile": "a: [b"},
        {"condaFile": "- just\n- a list\n"},
        {"condaFile": {"dependencies": []}},
        {"tags": {"a": 1}},
        {"tags": []},
        {"properties": {"a": ["b"]}},
        {"osType": "BeOS"},
        {"isArchived": "yes"},
        {"description": 1},
    ],
)
def test_bodies_that_the_service_refuses(ask: Client, properties: dict[str, Any]) -> None:
    response = ask.put("churn", "1", **properties)
    assert (response.status, response.json()["error"]["code"]) == (400, "UserError")
    assert ask("GET", "/environments/churn").status == 404


def test_a_body_without_properties_is_refused(ask: Client) -> None:
    assert ask("PUT", "/environments/churn/versions/1", {}).status == 400
