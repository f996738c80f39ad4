"""Exceptions of the Azure libraries: each has one of ours, with the service's own words and no secret."""

from __future__ import annotations

import inspect
import json
from typing import Any

import azure.identity
import pytest
from azure.core import exceptions as azure_errors

from amlpriv.errors import (
    AmlprivError,
    AuthenticationError,
    ConflictError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    ServiceError,
    UnsupportedError,
)
from amlpriv.workspace.azure.errors import error_code, translated


class Answer:
    """As much of a response as the exceptions read."""

    reason = "because"
    content_type = "application/json"
    history = ()
    request = "a request"

    def __init__(self, status: int = 500, **error: str) -> None:
        self.status_code = status
        self._text = json.dumps({"error": error}) if error else ""

    def text(self, _encoding: str | None = None) -> str:
        return self._text


def _make(kind: type[Exception]) -> Exception:
    parameters = list(inspect.signature(kind.__init__).parameters)
    return kind(Answer()) if parameters[1] == "response" else kind("Something.")


PUBLIC: list[type[Exception]] = [
    kind
    for _, kind in inspect.getmembers(azure_errors, inspect.isclass)
    if issubclass(kind, Exception) and kind.__module__ == azure_errors.__name__
] + [azure.identity.CredentialUnavailableError]


@pytest.mark.parametrize("kind", PUBLIC, ids=lambda kind: kind.__name__)
def test_every_exception_of_azure_core_has_a_translation(kind: type[Exception]) -> None:
    foreign = _make(kind)
    with pytest.raises(AmlprivError, match=r"^trying: ") as caught, translated("trying"):
        raise foreign
    assert type(caught.value) is not AmlprivError
    assert caught.value.__cause__ is foreign


NETWORK = [
    azure_errors.IncompleteReadError,
    azure_errors.ServiceRequestError,
    azure_errors.ServiceRequestTimeoutError,
    azure_errors.ServiceResponseError,
    azure_errors.ServiceResponseTimeoutError,
]


@pytest.mark.parametrize("kind", NETWORK, ids=lambda kind: kind.__name__)
def test_no_answer_is_a_network_error(kind: type[Exception]) -> None:
    with pytest.raises(NetworkError, match="HTTPS_PROXY"), translated("trying"):
        raise kind("Connection refused")


STATUSES = [
    (400, "BadRequest", ServiceError),
    (401, "Unauthorized", AuthenticationError),
    (403, "AuthorizationFailed", PermissionDeniedError),
    (403, "KeyBasedAuthenticationNotPermitted", UnsupportedError),
    (404, "ResourceNotFound", NotFoundError),
    (409, "Conflict", ConflictError),
    (412, "ConditionNotMet", ConflictError),
    (429, "TooManyRequests", ServiceError),
    (500, "InternalError", ServiceError),
    (503, "ServerBusy", ServiceError),
]


def _http_error(status: int, code: str, message: str = "The reason.") -> azure_errors.HttpResponseError:
    answer: Any = Answer(status, code=code, message=message)
    return azure_errors.HttpResponseError(response=answer)


@pytest.mark.parametrize(("status", "code", "kind"), STATUSES)
def test_a_status_has_its_exception_with_the_services_words(status: int, code: str, kind: type[AmlprivError]) -> None:
    with pytest.raises(kind) as caught, translated("trying"):
        raise _http_error(status, code)
    assert caught.value.message == f"trying: the service answered {status} {code}: The reason."


def test_only_what_may_pass_by_itself_says_try_again() -> None:
    hints = {}
    for status in (400, 422, 408, 429, 500, 503):
        with pytest.raises(ServiceError) as caught, translated("trying"):
            raise _http_error(status, "X")
        hints[status] = caught.value.hint
    assert hints == {400: None, 422: None, **dict.fromkeys((408, 429, 500, 503), "Try again later.")}


def test_a_failed_sign_in_says_how_to_sign_in() -> None:
    words = "DefaultAzureCredential failed to retrieve a token.\nAttempted credentials: ..."
    with pytest.raises(AuthenticationError, match="az login") as caught, translated("asking"):
        raise azure_errors.ClientAuthenticationError(words)
    assert caught.value.message == "asking: sign-in failed: DefaultAzureCredential failed to retrieve a token."


def test_storage_calls_a_missing_role_a_failed_sign_in_and_we_do_not() -> None:
    answer: Any = Answer(403, code="AuthorizationPermissionMismatch", message="Not authorized.")
    with pytest.raises(PermissionDeniedError, match="AuthorizationPermissionMismatch"), translated("asking"):
        raise azure_errors.ClientAuthenticationError(response=answer)


def test_no_secret_gets_into_a_message() -> None:
    with pytest.raises(ServiceError) as caught, translated("trying"):
        raise _http_error(500, "X", "GET https://acct.blob.core.windows.net/c/b.whl?sv=1&sig=c2VjcmV0 failed")
    assert "c2VjcmV0" not in str(caught.value)


def test_our_own_exceptions_pass() -> None:
    with pytest.raises(ConflictError, match=r"^ours$"), translated("trying"):
        raise ConflictError("ours")


def test_the_code_is_found_where_each_library_keeps_it() -> None:
    class StorageError(Exception):
        error_code = "BlobNotFound"

    assert error_code(StorageError()) == "BlobNotFound"
    assert error_code(_http_error(404, "ResourceNotFound")) == "ResourceNotFound"
    assert error_code(ValueError("x")) == ""


def test_a_failed_sign_in_says_what_each_way_said() -> None:
    words = (
        "DefaultAzureCredential failed to retrieve a token from the included credentials.\n"
        "Attempted credentials:\n"
        "\tAzureCliCredential: Azure CLI not found on path\n"
        "\tManagedIdentityCredential: authentication unavailable. See the guide.\n"
        "To mitigate this issue, read the guide."
    )
    with pytest.raises(AuthenticationError) as caught, translated("asking"):
        raise azure_errors.ClientAuthenticationError(words)
    assert caught.value.message.splitlines()[1:] == [
        "  AzureCliCredential: Azure CLI not found on path",
        "  ManagedIdentityCredential: authentication unavailable",
    ]


def test_a_sign_in_service_out_of_reach_is_a_matter_of_the_network() -> None:
    words = "It failed.\nAttempted credentials:\n\tEnvironmentCredential: Failed to resolve 'login.example'"
    with (
        pytest.raises(NetworkError, match=r"was not reached: EnvironmentCredential: Failed to resolve"),
        translated("asking"),
    ):
        raise azure_errors.ClientAuthenticationError(words)
