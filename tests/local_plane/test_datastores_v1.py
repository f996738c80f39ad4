"""The datastore service of SDK v1: the datastores, and their credentials as a test orders them."""

from __future__ import annotations

from typing import Any

import pytest

from amlpriv.local.plane.names import WORKSPACE_ID
from tests.local_plane.clients import KEY, Client

SERVICE = f"//datastore/v1.0{WORKSPACE_ID}"


def section(ask: Client, path: str = "/default") -> Any:
    answer = ask("GET", f"{SERVICE}{path}", **{"api-version": ""})
    assert answer.status == 200
    return answer.json()["azureStorageSection"]


def test_the_default_datastore_comes_with_its_key(ask: Client) -> None:
    default = ask("GET", f"{SERVICE}/default").json()
    assert (default["name"], default["dataStoreType"]) == ("workspaceblobstore", "AzureBlob")
    assert section(ask)["containerName"] == ask.plane.default_container
    assert (section(ask)["credentialType"], section(ask)["accountKey"]) == ("AccountKey", KEY)


def test_datastores_are_found_by_name_in_any_case(ask: Client) -> None:
    assert section(ask, "/datastores/WorkspaceArtifactStore")["containerName"] == "azureml"
    refused = ask("GET", f"{SERVICE}/datastores/nope")
    assert (refused.status, "nope" in refused.json()["error"]["message"]) == (404, True)


@pytest.mark.parametrize(("query", "shown"), [({}, False), ({"includeSecret": "true"}, True)])
def test_a_list_has_credentials_only_when_it_is_asked_to(ask: Client, query: dict[str, str], shown: bool) -> None:
    answer = ask("GET", f"{SERVICE}/datastores", **query)
    assert [item["name"] for item in answer.json()["value"]] == ["workspaceblobstore", "workspaceartifactstore"]
    assert (KEY in str(answer.json())) is shown


def test_a_list_can_be_asked_for_names(ask: Client) -> None:
    answer = ask("GET", f"{SERVICE}/datastores", dataStoreNames="WorkspaceBlobStore,other")
    assert [item["name"] for item in answer.json()["value"]] == ["workspaceblobstore"]


def test_credentials_are_those_that_a_test_orders(ask: Client) -> None:
    ask.control("PUT", "settings", {"datastore_credentials": "Sas"})
    assert (section(ask)["credentialType"], "sig=" in section(ask)["sasToken"]) == ("Sas", True)
    ask.control("PUT", "settings", {"datastore_credentials": "None"})
    assert section(ask)["credentialType"] == "None"
    ask.control("PUT", "settings", {"datastore_credentials": "AccountKey", "list_secrets": "forbidden"})
    assert KEY not in str(section(ask))


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/datastores"), ("PUT", "/default/x"), ("DELETE", "/datastores/x")]
)
def test_what_changes_datastores_is_refused_by_name(ask: Client, method: str, path: str) -> None:
    answer = ask(method, f"{SERVICE}{path}")
    assert answer.json()["error"]["code"] == "NotImplementedByLocalWorkspace"
