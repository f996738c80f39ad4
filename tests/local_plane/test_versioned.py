"""What all kinds of versioned assets do alike: the client's view of containers and versions."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.names import WORKSPACE_ID
from tests.local_plane.clients import Client

BODIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "codes": ({"codeUri": "https://a.test/c/src"}, {"codeUri": "https://a.test/d/src"}),
    "components": (
        {"componentSpec": {"type": "command", "command": "echo 1"}},
        {"componentSpec": {"type": "command", "command": "echo 2"}},
    ),
    "data": (
        {"dataType": "uri_file", "dataUri": "https://a.test/a"},
        {"dataType": "uri_folder", "dataUri": "https://a.test/a"},
    ),
    "models": ({"modelUri": "https://a.test/m"}, {"modelUri": "https://a.test/n"}),
}
"""By kind: the properties of a version, and others."""

KINDS = sorted(BODIES)


def put(ask: Client, kind: str, name: str = "churn", version: str = "1", **properties: Any) -> Any:
    body = {"properties": {**BODIES[kind][0], **properties}}
    return ask("PUT", f"/{kind}/{name}/versions/{version}", body)


@pytest.mark.parametrize("kind", KINDS)
def test_a_version_is_created_once_and_only_its_description_changes(ask: Client, kind: str) -> None:
    first = put(ask, kind, description="old", tags={"a": "b"}, properties={"n": 1})
    again = put(ask, kind, description="new", tags={}, isArchived=False, properties={"n": 1})
    assert (first.status, again.status) == (201, 200)
    body = again.json()
    assert body["id"] == f"{WORKSPACE_ID}/{kind}/churn/versions/1"
    assert (body["name"], body["type"].rpartition("workspaces/")[2]) == ("1", f"{kind}/versions")
    assert (body["properties"]["description"], body["properties"]["tags"]) == ("new", {})
    assert body["properties"]["properties"] == {"n": "1"}
    assert body["systemData"]["createdAt"] == first.json()["systemData"]["createdAt"]
    assert ask("GET", f"/{kind}/churn/versions/1").json() == body


@pytest.mark.parametrize("kind", KINDS)
def test_other_content_is_a_conflict_and_changes_nothing(ask: Client, kind: str) -> None:
    before = put(ask, kind).json()
    response = put(ask, kind, description="new", **BODIES[kind][1])
    assert (response.status, response.json()["error"]["code"]) == (409, "UserError")
    assert "churn with version 1 is already registered" in response.json()["error"]["message"]
    assert ask("GET", f"/{kind}/churn/versions/1").json() == before


@pytest.mark.parametrize("kind", KINDS)
def test_what_get_answers_can_be_put_back_archived(ask: Client, kind: str) -> None:
    put(ask, kind)
    put(ask, kind, version="2")
    body = ask("GET", f"/{kind}/churn/versions/2").json()
    body["properties"]["isArchived"] = True
    assert ask("PUT", f"/{kind}/churn/versions/2", body).status == 200
    path = f"/{kind}/churn/versions"
    assert ask.names(path) == ["1"]
    assert ask.names(path, listViewType="ArchivedOnly") == ["2"]
    assert ask.names(path, listViewType="All", **{"$orderBy": "createdtime asc"}) == ["1", "2"]
    assert ask.names(path, **{"$orderBy": "createdtime desc", "$top": "1"}) == ["1"]
    assert ask("GET", path, listViewType="Some").status == 400


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_can_be_asked_for_tags_properties_and_a_version(ask: Client, kind: str) -> None:
    put(ask, kind, version="1", tags={"stage": "test", "team": "a"})
    put(ask, kind, version="2", tags={"stage": "live"}, properties={"run": "x"})
    path = f"/{kind}/churn/versions"
    assert ask.names(path, tags="stage") == ["2", "1"]
    assert ask.names(path, tags="stage=test,team") == ["1"]
    assert ask.names(path, **{"$tags": "stage=other"}) == []
    assert ask.names(path, properties="run=x") == ["2"]
    assert ask.names(path, version="1") == ["1"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_container_counts_versions_and_can_be_archived(ask: Client, kind: str) -> None:
    put(ask, kind, version="7")
    put(ask, kind, version="c0ffee")
    container = ask("GET", f"/{kind}/churn").json()
    assert (container["properties"]["latestVersion"], container["properties"]["nextVersion"]) == ("c0ffee", "8")
    container["properties"]["isArchived"] = True
    assert ask("PUT", f"/{kind}/churn", container).status == 200
    assert (ask.names(f"/{kind}"), ask.names(f"/{kind}", listViewType="All")) == ([], ["churn"])
    assert ask.names(f"/{kind}/churn/versions") == []
    container["properties"]["isArchived"] = False
    ask("PUT", f"/{kind}/churn", container)
    assert ask.names(f"/{kind}/churn/versions") == ["c0ffee", "7"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there_is_404(ask: Client, kind: str) -> None:
    put(ask, kind)
    for path in (f"/{kind}/other", f"/{kind}/other/versions", f"/{kind}/churn/versions/2"):
        response = ask("GET", path)
        assert response.status == 404
        assert " exists for name: " in response.json()["error"]["message"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "properties",
    [{"tags": []}, {"description": 1}, {"isArchived": "no"}, {"isAnonymous": 1}, {"properties": {"a": []}}],
)
def test_bodies_that_the_service_refuses(ask: Client, kind: str, properties: dict[str, Any]) -> None:
    assert put(ask, kind, **properties).status == 400
    assert ask("GET", f"/{kind}/churn").status == 404


@pytest.mark.parametrize("kind", KINDS)
def test_names_and_bodies_without_sense_are_refused(ask: Client, kind: str) -> None:
    assert put(ask, kind, name="a%20b").status == 400
    assert put(ask, kind, version="-1").status == 400
    assert ask("PUT", f"/{kind}/churn/versions/1", {}).status == 400
    assert ask("PUT", f"/{kind}/churn/versions/1", {"properties": {}}).status == 400
    assert ask("PUT", f"/{kind}/{'a' * 256}", {"properties": {}}).status == 400


@pytest.mark.parametrize("kind", KINDS)
def test_a_restart_keeps_everything(ask: Client, make_plane: Callable[[], Plane], kind: str) -> None:
    put(ask, kind, tags={"a": "b"})
    put(ask, kind, version="2")
    before = [ask("GET", path).json() for path in (f"/{kind}", f"/{kind}/churn/versions")]
    again = Client(make_plane())
    assert [again("GET", path).json() for path in (f"/{kind}", f"/{kind}/churn/versions")] == before


@pytest.mark.parametrize("kind", KINDS)
def test_versions_and_containers_can_be_deleted(ask: Client, make_plane: Callable[[], Plane], kind: str) -> None:
    for version in ("1", "2", "3"):
        put(ask, kind, version=version)
    path = f"/{kind}/churn/versions/3"
    assert [ask(method, path).status for method in ("DELETE", "GET", "DELETE")] == [200, 404, 204]
    assert Client(make_plane()).names(f"/{kind}/churn/versions") == ["2", "1"]
    assert [ask(method, f"/{kind}/churn").status for method in ("DELETE", "GET", "DELETE")] == [200, 404, 204]
    assert Client(make_plane()).names(f"/{kind}") == []


def test_thousands_of_versions_do_not_slow_a_request_down(ask: Client) -> None:
    """The median of requests that look at one version or one page, among few versions and among 5,000."""

    def seconds(name: str) -> float:
        asked: list[Callable[[], Any]] = [
            lambda: ask("GET", f"/models/{name}/versions/1"),
            lambda: put(ask, "models", name, "1"),
            lambda: ask("GET", f"/models/{name}"),
            lambda: ask("GET", f"/models/{name}/versions", **{"$top": "5"}),
        ]
        times = []
        for _ in range(15):
            begin = time.perf_counter()
            assert all(call().status == 200 for call in asked)
            times.append(time.perf_counter() - begin)
        return sorted(times)[len(times) // 2]

    for number in range(10):
        put(ask, "models", "few", str(number))
    for number in range(5_000):
        put(ask, "models", "many", str(number))
    few, many = seconds("few"), seconds("many")
    assert many < 3 * few + 0.005
