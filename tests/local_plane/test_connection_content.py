"""Which credentials go with which sign-in and category."""

from __future__ import annotations

from typing import Any

import pytest

from amlpriv.local.plane.connection_content import check_connection_name, read_connection
from amlpriv.local.plane.http import ArmError

CANARY = "canary-secret-value"


def read(**properties: Any) -> Any:
    return read_connection({"properties": {"category": "PythonFeed", "target": "https://a.test/", **properties}})


@pytest.mark.parametrize(
    ("category", "auth_type", "credentials"),
    [
        ("PythonFeed", "PAT", {"pat": CANARY}),
        ("PythonFeed", "UsernamePassword", {"username": "", "password": CANARY}),
        ("pythonfeed", "none", None),
        ("Git", "PAT", {"pat": CANARY}),
        ("Git", "None", {}),
        ("Snowflake", "UsernamePassword", {"username": "u", "password": CANARY, "securityToken": CANARY}),
        ("AzureBlob", "SAS", {"sas": CANARY}),
        ("AzureBlob", "AccountKey", {"key": CANARY}),
        ("S3", "AccessKey", {"accessKeyId": "a", "secretAccessKey": CANARY}),
        ("ADLSGen2", "ServicePrincipal", {"clientId": "a", "clientSecret": CANARY, "tenantId": "t"}),
        ("ContainerRegistry", "ManagedIdentity", {"clientId": "a", "resourceId": "b"}),
        ("ContainerRegistry", "ManagedIdentity", None),
        ("CustomKeys", "CustomKeys", {"keys": {"a": CANARY}}),
        ("AzureOpenAI", "ApiKey", {"key": CANARY}),
        ("AzureOpenAI", "AAD", None),
        ("SomethingNew", "OAuth2", {"authUrl": "a", "refreshToken": CANARY}),
    ],
)
def test_credentials_that_fit(category: str, auth_type: str, credentials: dict[str, Any] | None) -> None:
    found = read(category=category, authType=auth_type, credentials=credentials)
    assert found.credentials == (credentials or None)
    assert CANARY not in str(found.properties)


@pytest.mark.parametrize("category", ["PythonFeed", "Git"])
@pytest.mark.parametrize(
    ("auth_type", "credentials"),
    [
        ("SAS", {"sas": CANARY}),
        ("ApiKey", {"key": CANARY}),
        ("AccessKey", {"secretAccessKey": CANARY}),
        ("AccountKey", {"key": CANARY}),
        ("ServicePrincipal", {"clientSecret": CANARY}),
        ("ManagedIdentity", {"clientId": CANARY}),
        ("CustomKeys", {"keys": {"a": CANARY}}),
        ("AAD", None),
    ],
)
def test_feeds_and_repositories_take_three_ways_to_sign_in(category: str, auth_type: str, credentials: Any) -> None:
    with pytest.raises(ArmError, match=f"one of PAT, UsernamePassword, None; not {auth_type}") as caught:
        read(category=category, authType=auth_type, credentials=credentials)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    "properties",
    [
        {"authType": "PAT"},
        {"authType": "PAT", "credentials": {"pat": None}},
        {"authType": "PAT", "credentials": {"pat": ""}},
        {"authType": "PAT", "credentials": {"pat": [CANARY]}},
        {"authType": "PAT", "credentials": {"pat": CANARY, "key": CANARY}},
        {"authType": "PAT", "credentials": CANARY},
        {"authType": "UsernamePassword", "credentials": {"pat": CANARY}},
        {"authType": "None", "credentials": {"pat": CANARY}},
        {"authType": CANARY},
        {"authType": None},
        {"authType": "None", "category": None},
        {"authType": "None", "target": None},
        {"authType": "None", "metadata": []},
        {"authType": "CustomKeys", "category": "Other", "credentials": {"keys": CANARY}},
    ],
)
def test_what_does_not_fit_is_refused_without_showing_it(properties: dict[str, Any]) -> None:
    with pytest.raises(ArmError) as caught:
        read(**properties)
    assert caught.value.status == 400
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("name", ["abc", "A1_-", "a" * 33])
def test_names(name: str) -> None:
    check_connection_name(name)


@pytest.mark.parametrize("name", ["", "ab", "-abc", "_abc", "a" * 34, "a.b", "a b", "abc\n", "äbc"])
def test_names_that_the_service_refuses(name: str) -> None:
    with pytest.raises(ArmError, match="name is not valid"):
        check_connection_name(name)


def test_sharing_is_the_default_and_metadata_is_kept() -> None:
    found = read(authType="None", metadata={"a": "b"}, expiryTime="2030-01-01T00:00:00Z", value=CANARY).properties
    assert (found["isSharedToAll"], found["metadata"]) == (True, {"a": "b"})
    assert found["expiryTime"] == "2030-01-01T00:00:00Z"
    assert "value" not in found
    assert read(authType="None", isSharedToAll=False).properties["isSharedToAll"] is False


def test_the_one_secret_of_sdk_v1_has_no_name() -> None:
    given = {"category": "PythonFeed", "target": "https://feed.example", "authType": "PAT", "value": "token"}
    assert read_connection({"properties": given}).credentials == {"pat": "token"}
    with pytest.raises(ArmError):
        read_connection({"properties": {**given, "authType": "UsernamePassword"}})
