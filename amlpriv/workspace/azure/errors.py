"""The only place where exceptions of the Azure libraries become ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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
from amlpriv.secret import redact

__all__ = ["error_code", "error_of_response", "translated"]

_ATTEMPT = re.compile(r"\w+Credential: ")
"""A line of DefaultAzureCredential's summary: the way of signing in, and what it said."""
_UNREACHED = re.compile(
    r"Failed to resolve|Name or service not known|getaddrinfo|Connection refused|Max retries|timed out"
)
_KEYLESS = "KeyBasedAuthenticationNotPermitted"
_FORBIDDEN = {
    "AuthorizationFailed": "Ask for the role that the message names, or use another identity.",
    "AuthorizationFailure": "A firewall of the storage account refuses this machine: work from a network it allows.",
    "AuthorizationPermissionMismatch": "The identity needs the role Storage Blob Data Contributor on the account.",
}
"""What to do about a 403, by the service's code (REST reference: Common error codes)."""

_BUSY = (408, 429)
_UNREADABLE = (json.JSONDecodeError, UnicodeDecodeError)


def error_code(error: Any) -> str:
    """The service's own code of an HttpResponseError, or an empty text."""
    code = getattr(error, "error_code", None)
    if code:
        return str(getattr(code, "value", code))
    inner = getattr(error, "error", None)
    return str(getattr(inner, "code", "") or "")


def _message(error: Any) -> str:
    """The service's own words, on one line, without the library's decoration."""
    inner = getattr(error, "error", None)
    text = str(getattr(inner, "message", "") or "")
    if not text:
        text = str(getattr(error, "message", "") or error)
    line = next((line for line in text.splitlines() if line.strip()), "no message")
    return redact(line.strip())[:600]


def error_of_response(error: Any, doing: str) -> AmlprivError:
    """Our exception for an azure.core HttpResponseError."""
    status = getattr(error, "status_code", None)
    code, words = error_code(error), _message(error)
    if status is None:
        return ServiceError(f"{doing}: {words}")
    said = f"{doing}: the service answered {status}{f' {code}' if code else ''}: {words}"
    if status == 401:
        return AuthenticationError(said, hint="Sign in again (az login), and check the tenant (AZURE_TENANT_ID).")
    if status == 403 and code == _KEYLESS:
        return UnsupportedError(said, hint="The storage account does not accept account keys.")
    if status == 403:
        return PermissionDeniedError(said, hint=_FORBIDDEN.get(code, _FORBIDDEN["AuthorizationFailed"]))
    if status == 404:
        return NotFoundError(said, hint="Check subscription, resource group and names.", code=code)
    if status in (409, 412):
        return ConflictError(said)
    return ServiceError(said, hint="Try again later." if status in _BUSY or status >= 500 else None)


def _sign_in_error(error: Any, doing: str) -> AmlprivError:
    """What each way of signing in said, in a line; NetworkError when the sign-in service was not reached at all."""
    lines = [line.strip() for line in str(getattr(error, "message", "") or error).splitlines()]
    tried = [line for line in lines if _ATTEMPT.match(line)]
    if unreached := next((line for line in tried or lines if _UNREACHED.search(line)), None):
        return NetworkError(
            f"{doing}: the sign-in service was not reached: {redact(unreached)}",
            hint="Check the network, the proxy (HTTPS_PROXY) and the certificates (REQUESTS_CA_BUNDLE).",
        )
    said = "".join(f"\n  {redact(line.partition('. ')[0])}" for line in tried)
    return AuthenticationError(
        f"{doing}: sign-in failed: {_message(error)}{said}",
        hint="Run 'az login', or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.",
    )


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn what azure-core raises inside into ``amlpriv.errors``; ``doing`` begins the message."""
    from azure.core import exceptions as azure

    try:
        yield
    except azure.ClientAuthenticationError as error:
        if getattr(error, "status_code", None) == 403:
            raise error_of_response(error, doing) from error
        raise _sign_in_error(error, doing) from error
    except (azure.ServiceRequestError, azure.ServiceResponseError, azure.IncompleteReadError) as error:
        raise NetworkError(
            f"{doing}: no answer: {_message(error)}",
            hint="Check the network, the proxy (HTTPS_PROXY) and the certificates (REQUESTS_CA_BUNDLE).",
        ) from error
    except azure.HttpResponseError as error:
        raise error_of_response(error, doing) from error
    except (azure.AzureError, *_UNREADABLE, azure.DeserializationError, azure.SerializationError) as error:
        raise ServiceError(f"{doing}: {_message(error)}") from error
