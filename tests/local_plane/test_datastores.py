"""Datastores and the secrets they hand out."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from amlpriv.local.plane.datastores import container_sas
from tests.local_plane.clients import KEY, Client, Clock

SECRETS = "/datastores/workspaceblobstore/listSecrets"


def test_the_default_datastore_is_blob_storage(ask: Client) -> None:
    (found,) = ask("GET", "/datastores", isDefault="true", count="30", orderByAsc="false").json()["value"]
    assert found["name"] == "workspaceblobstore"
    assert found["properties"]["datastoreType"] == "AzureBlob"
    assert found["properties"]["containerName"] == ask.plane.default_container
    assert found["properties"]["endpoint"] == "core.windows.net"
    assert found["properties"]["credentials"] == {"credentialsType": "AccountKey"}


def test_datastores_are_listed_in_pages(ask: Client) -> None:
    assert ask.names("/datastores") == ["workspaceblobstore", "workspaceartifactstore"]
    assert ask.names("/datastores", count="1") == ["workspaceblobstore"]
    assert ask.names("/datastores", skip="1") == ["workspaceartifactstore"]
    assert ask.names("/datastores", isDefault="false") == ["workspaceartifactstore"]
    assert ask.names("/datastores", names="workspaceartifactstore,other") == ["workspaceartifactstore"]


def test_one_datastore_and_none(ask: Client) -> None:
    assert ask("GET", "/datastores/WorkspaceArtifactStore").json()["properties"]["containerName"] == "azureml"
    assert ask("GET", "/datastores/other").status == 404
    assert ask("POST", "/datastores/other/listSecrets", {}).status == 404


@pytest.mark.parametrize(
    ("kind", "place"),
    [("AzureFile", "fileShareName"), ("AzureDataLakeGen2", "filesystem"), ("AzureBlob", "containerName")],
)
def test_the_default_datastore_can_be_something_else(ask: Client, kind: str, place: str) -> None:
    ask.control("PUT", "settings", {"datastore_type": kind})
    properties = ask("GET", "/datastores/workspaceblobstore").json()["properties"]
    assert properties["datastoreType"] == kind
    assert properties[place] == ask.plane.default_container


def test_an_account_key_is_given_when_no_expiring_secret_is_asked_for(ask: Client) -> None:
    assert ask("POST", SECRETS, {"expirableSecret": False}).json() == {"secretsType": "AccountKey", "key": KEY}
    assert ask("POST", SECRETS).json()["secretsType"] == "AccountKey"


def test_an_expiring_secret_is_a_container_sas_of_racwdl(ask: Client) -> None:
    answer = ask("POST", SECRETS, {"expirableSecret": True, "expireAfterHours": 3}).json()
    assert answer["secretsType"] == "Sas"
    fields = {name: values[0] for name, values in parse_qs(answer["sasToken"]).items()}
    assert fields.pop("sig")
    assert fields == {
        "sv": "2023-11-03",
        "st": "2026-11-20T11:50:00Z",
        "se": "2026-11-20T15:00:00Z",
        "sr": "c",
        "sp": "racwdl",
    }


def test_a_container_sas_is_signed_as_the_storage_sdk_signs_it(clock: Clock) -> None:
    token = container_sas("amlprivacct", "azureml", KEY, start=clock(), expiry=clock() + timedelta(hours=1))
    # What azure-storage-blob 12.31.1 makes of the same fields with its version set to 2023-11-03.
    assert parse_qs(token)["sig"] == ["1hIwhQWkiau1LzA4nc1MAxKmB12pMoIWNDvmyhDfvH4="]


def test_the_modes_of_a_datastore(ask: Client) -> None:
    ask.control("PUT", "settings", {"datastore_credentials": "Sas"})
    assert ask("POST", SECRETS, {"expirableSecret": False}).json()["secretsType"] == "Sas"
    ask.control("PUT", "settings", {"datastore_credentials": "None"})
    assert ask("POST", SECRETS, {"expirableSecret": True}).json() == {"secretsType": "None"}
    properties = ask("GET", "/datastores/workspaceblobstore").json()["properties"]
    assert properties["credentials"] == {"credentialsType": "None"}


def test_a_forbidden_secret_is_said_in_the_words_of_azure(ask: Client) -> None:
    ask.control("PUT", "settings", {"list_secrets": "forbidden"})
    response = ask("POST", SECRETS, {})
    assert response.status == 403
    error = response.json()["error"]
    assert error["code"] == "AuthorizationFailed"
    action = "Microsoft.MachineLearningServices/workspaces/datastores/listSecrets/action"
    assert f"does not have authorization to perform action '{action}'" in error["message"]


@pytest.mark.parametrize("hours", [-1, 169, "1", True, 1.5])
def test_a_lifetime_that_makes_no_sense_is_400(ask: Client, hours: object) -> None:
    assert ask("POST", SECRETS, {"expirableSecret": True, "expireAfterHours": hours}).status == 400


@pytest.mark.parametrize("value", ["true", "false", 1, 0, [], {}])
def test_expirable_secret_is_a_boolean(ask: Client, value: object) -> None:
    answer = ask("POST", "/datastores/workspaceblobstore/listSecrets", {"expirableSecret": value})
    assert answer.status == 400
    assert "expirableSecret" in answer.json()["error"]["message"]
