"""Which addresses are Azure Storage, whose login goes there, and what the service's refusals mean."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError

from amlpriv.errors import (
    AmlprivError,
    AuthenticationError,
    ConflictError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    UsageError,
)
from amlpriv.secret import Secret
from amlpriv.workspace.azure.storage_places import StoragePlace, storage_place
from amlpriv.workspace.azure.storage_refusals import Way, refused
from amlpriv.workspace.azure.storage_variables import find_login, find_place, sas_variable

BLOB = "https://contosodata.blob.core.windows.net/wheels/team/a%2Bb.whl"
NOW = datetime(2026, 11, 20, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("url", "cloud", "container", "blob"),
    [
        (BLOB, "AzureCloud", "wheels", "team/a+b.whl"),
        ("https://contosodata.dfs.core.windows.net/wheels/a.whl", "AzureCloud", "wheels", "a.whl"),
        ("https://ContosoData.Blob.Core.Windows.Net:443/wheels/a.whl", "AzureCloud", "wheels", "a.whl"),
        ("https://contosodata-secondary.blob.core.windows.net/wheels/a.whl", "AzureCloud", "wheels", "a.whl"),
        ("https://contosodata.blob.core.windows.net/a.whl", "AzureCloud", "$root", "a.whl"),
        ("https://contosodata.z21.blob.storage.azure.net/wheels/a.whl", "AzureCloud", "wheels", "a.whl"),
        ("https://contosodata.blob.core.chinacloudapi.cn/wheels/a.whl", "AzureChinaCloud", "wheels", "a.whl"),
        ("https://contosodata.blob.core.usgovcloudapi.net/wheels/a.whl", "AzureUSGovernment", "wheels", "a.whl"),
    ],
)
def test_addresses_of_azure_storage(url: str, cloud: str, container: str, blob: str) -> None:
    place = storage_place(url)
    assert place is not None
    assert place.cloud is not None
    assert (place.cloud.name, place.account, place.container, place.blob) == (cloud, "contosodata", container, blob)
    assert ".dfs." not in place.endpoint


@pytest.mark.parametrize(
    "url",
    [
        "https://contosodata.blob.core.windows.net.example.org/wheels/a.whl",
        "https://example.org/contosodata.blob.core.windows.net/a.whl",
        "https://contosodata.blob.core.windows.net@example.org/wheels/a.whl",
        "https://me:it@contosodata.blob.core.windows.net/wheels/a.whl",
        "https://contosodata.blob.core.windows.net:8443/wheels/a.whl",
        "http://contosodata.blob.core.windows.net/wheels/a.whl",
        "https://contosodata.file.core.windows.net/share/a.whl",
        "https://con-toso.blob.core.windows.net/wheels/a.whl",
        "https://[::1/a.whl",
        "",
    ],
)
def test_no_token_goes_to_any_other_address(url: str) -> None:
    assert storage_place(url) is None


def place_of(url: str = BLOB) -> StoragePlace:
    found = storage_place(url)
    assert found is not None
    return found


def test_our_own_variable_goes_before_the_azure_clis() -> None:
    environ = {
        sas_variable("contosodata"): "sv=1&sig=ours",
        "AZURE_STORAGE_ACCOUNT": "contosodata",
        "AZURE_STORAGE_SAS_TOKEN": "sv=1&sig=theirs",
        "AZURE_STORAGE_KEY": "a2V5",
    }
    login = find_login(place_of(), environ)
    assert login is not None
    assert login.sas == Secret("sv=1&sig=ours")
    del environ["AMLPRIV_SAS_CONTOSODATA"]
    login = find_login(place_of(), environ)
    assert login is not None
    assert (login.sas, login.key) == (Secret("sv=1&sig=theirs"), None)
    assert "theirs" not in repr(login)


def test_what_belongs_to_another_account_is_not_taken() -> None:
    others = {
        "AMLPRIV_SAS_OTHERDATA": "sv=1&sig=x",
        "AZURE_STORAGE_ACCOUNT": "otherdata",
        "AZURE_STORAGE_KEY": "a2V5",
        "AZURE_STORAGE_CONNECTION_STRING": "AccountName=otherdata;AccountKey=a2V5",
    }
    assert find_login(place_of(), others) is None
    assert find_login(place_of(), {"AZURE_STORAGE_KEY": "a2V5"}) is None


def test_a_connection_string_with_an_endpoint_makes_it_storage() -> None:
    text = "AccountName=contosodata;AccountKey=a2V5;BlobEndpoint=https://files.example.org"
    environ = {"AZURE_STORAGE_CONNECTION_STRING": text}
    place = find_place("https://files.example.org/wheels/a.whl", environ)
    assert place is not None
    assert (place.account, place.container, place.blob, place.cloud) == ("contosodata", "wheels", "a.whl", None)
    assert find_place("https://files.example.org.evil.example.org/wheels/a.whl", environ) is None


def test_a_text_without_a_signature_is_no_sas() -> None:
    with pytest.raises(UsageError, match="no 'sig='") as caught:
        find_login(place_of(), {"AMLPRIV_SAS_CONTOSODATA": "s3cr3t"})
    assert "s3cr3t" not in str(caught.value)


class RefusedError(HttpResponseError):
    """What azure-storage-blob raises."""

    def __init__(self, status: int, code: str, message: str = "no") -> None:
        super().__init__(message)
        self.status_code = status
        self.error_code = code


ENTRA = Way("Microsoft Entra", object())
KEY = Way("the variable AZURE_STORAGE_KEY", {"account_name": "contosodata", "account_key": "a2V5"}, named=True)
NOTHING = Way("", None)


def sas(query: str = "sv=1&se=2027-01-01&sp=r&sig=s3cr3t") -> Way:
    return Way("the variable AMLPRIV_SAS_CONTOSODATA", query, sas=Secret(query), named=True)


@pytest.mark.parametrize(
    ("way", "status", "code", "kind", "words"),
    [
        (ENTRA, 403, "AuthorizationPermissionMismatch", PermissionDeniedError, "Storage Blob Data Reader"),
        (ENTRA, 403, "AuthorizationFailure", PermissionDeniedError, "firewall"),
        (ENTRA, 401, "InvalidAuthenticationInfo", AuthenticationError, "az login --tenant"),
        (ENTRA, 403, "AccountIsDisabled", PermissionDeniedError, "is disabled"),
        (ENTRA, 404, "BlobNotFound", NotFoundError, "the blob does not exist"),
        (ENTRA, 404, "ContainerNotFound", NotFoundError, "the container does not exist"),
        (ENTRA, 409, "BlobArchived", ConflictError, "Rehydrate"),
        (KEY, 403, "KeyBasedAuthenticationNotPermitted", PermissionDeniedError, "az login"),
        (KEY, 403, "AuthenticationFailed", AuthenticationError, "rotated"),
        (sas(), 403, "KeyBasedAuthenticationNotPermitted", PermissionDeniedError, "nor what they sign"),
        (sas(), 403, "AuthorizationFailure", PermissionDeniedError, "firewall"),
        (sas(), 403, "AuthenticationFailed", AuthenticationError, "not accepted"),
        (sas("se=2026-11-01T10:00Z&sig=x"), 403, "AuthenticationFailed", AuthenticationError, "2026-11-01 10:00 UTC"),
        (sas("st=2026-12-01&sig=x"), 403, "AuthenticationFailed", AuthenticationError, "from 2026-12-01 00:00 UTC"),
        (sas(), 403, "AuthorizationSourceIPMismatch", PermissionDeniedError, "other addresses"),
        (sas("sp=cw&sig=x"), 403, "AuthorizationPermissionMismatch", PermissionDeniedError, "grants 'cw'"),
        (NOTHING, 409, "PublicAccessNotPermitted", AuthenticationError, "AMLPRIV_SAS_CONTOSODATA"),
        (NOTHING, 404, "ResourceNotFound", AuthenticationError, "Storage Blob Data Reader"),
        (NOTHING, 404, "BlobNotFound", NotFoundError, "the blob does not exist"),
        (NOTHING, 401, "NoAuthenticationInformation", AuthenticationError, "it is not public"),
    ],
)
def test_each_refusal_says_what_to_do(way: Way, status: int, code: str, kind: type[AmlprivError], words: str) -> None:
    with pytest.raises(kind) as caught, refused(place_of(), way, now=NOW):
        raise RefusedError(status, code)
    assert words in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_what_is_not_known_stays_what_it_is_everywhere() -> None:
    with pytest.raises(ConflictError, match="412 ConditionNotMet"), refused(place_of(), ENTRA):
        raise RefusedError(412, "ConditionNotMet")


@pytest.mark.parametrize("text", ["Failed to resolve 'x' ([Errno -2] Name or service not known)", "refused"])
def test_a_host_that_does_not_exist_is_told_apart(text: str) -> None:
    error: Any = ServiceRequestError(text)
    with pytest.raises(NetworkError) as caught, refused(place_of(), ENTRA):
        raise error
    assert ("there is no host" in str(caught.value)) == text.startswith("Failed")
