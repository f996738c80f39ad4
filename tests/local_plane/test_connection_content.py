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


@pytest.mark.parametrize(
    ("auth_type", "value", "credentials"),
    [
        ("PAT", '{"pat": "token"}', {"pat": "token"}),
        ("PAT", '{"PAT": "token"}', {"pat": "token"}),
        ("PAT", '{"other": "token"}', {"pat": '{"other": "token"}'}),
        ("PAT", "{", {"pat": "{"}),
        ("PAT", "[1]", {"pat": "[1]"}),
        ("UsernamePassword", '{"username": "u", "password": "p"}', {"username": "u", "password": "p"}),
    ],
)
def test_sdk_v1_sends_credentials_as_json_in_a_string(auth_type: str, value: str, credentials: Any) -> None:
    assert read(authType=auth_type, value=value).credentials == credentials


@pytest.mark.parametrize(
    "properties",
    [
        {"value": 5},
        {"value": '{"pat": 5}'},
        {"isSharedToAll": "yes"},
        {"isSharedToAll": 0},
        {"metadata": "text"},
        {"metadata": {"a": {"b": "c"}}},
        {"expiryTime": 5},
        {"group": {}},
        {"peRequirement": []},
        {"sharedUserList": "me"},
        {"sharedUserList": [1]},
        {"useWorkspaceManagedIdentity": "no"},
        {"target": 5},
        {"category": ["PythonFeed"]},
        {"authType": 5},
    ],
)
def test_values_of_the_wrong_type_are_refused(properties: dict[str, Any]) -> None:
    given = {"authType": "PAT", "credentials": None if "value" in properties else {"pat": CANARY}}
    with pytest.raises(ArmError) as caught:
        read(**{**given, **properties})
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "target",
    [
        f"https://user:{CANARY}@feed.test/simple/",
        f"https://{CANARY}@feed.test/simple/",
        f" HTTPS://{CANARY}@feed.test",
        f"https:\\\\{CANARY}@feed.test",
        f"//{CANARY}@feed.test",
        f"user:{CANARY}@feed.test",
        f"ssh://git:{CANARY}@host.test/repo",
        f"https://acct.blob.core.windows.net/c?sv=1&sig={CANARY}",
    ],
)
def test_a_target_holds_no_secret(target: str) -> None:
    with pytest.raises(ArmError, match="put them into the credentials") as caught:
        read(authType="None", target=target)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    "target", ["git@host.test:org/repo", "ssh://git@host.test/org/repo", "https://a.test/@scope/b"]
)
def test_targets_with_an_at_sign_that_holds_no_secret(target: str) -> None:
    assert read(authType="None", target=target).properties["target"] == target


@pytest.mark.parametrize(
    ("category", "auth_type", "credentials", "allowed"),
    [
        ("ADLSGen2", "SAS", {"sas": CANARY}, "ServicePrincipal, AAD, ManagedIdentity"),
        ("ApiKey", "PAT", {"pat": CANARY}, "ApiKey"),
        ("serverless", "AAD", None, "ApiKey"),
        ("Serp", "None", None, "ApiKey"),
        ("OpenAI", "AAD", None, "ApiKey"),
        ("ContainerRegistry", "PAT", {"pat": CANARY}, "ManagedIdentity, UsernamePassword"),
    ],
)
def test_what_the_sdk_could_not_read_back_is_refused(
    category: str, auth_type: str, credentials: Any, allowed: str
) -> None:
    with pytest.raises(ArmError, match=f"is one of {allowed}; not {auth_type}"):
        read(category=category, authType=auth_type, credentials=credentials)
