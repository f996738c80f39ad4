"""Why storage does not give a file, told apart by the service's codes (REST reference: Blob Storage error codes)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qs

from amlpriv.errors import (
    AmlprivError,
    AuthenticationError,
    ConflictError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
)
from amlpriv.secret import Secret
from amlpriv.workspace.azure.errors import error_code, translated
from amlpriv.workspace.azure.storage_places import StoragePlace
from amlpriv.workspace.azure.storage_variables import sas_variable

__all__ = ["Way", "another_may_help", "refused"]

_ROLE = "Storage Blob Data Reader"
_NO_HOST = ("Failed to resolve", "Name or service not known", "getaddrinfo", "nodename nor servname")


@dataclass(frozen=True, slots=True)
class Way:
    """A credential with which a file is asked for."""

    words: str
    """Where it is from; empty for none."""
    credential: Any = field(default=None, repr=False)
    """As azure-storage-blob takes it."""
    sas: Secret | None = None
    named: bool = False
    """Whether the user set it expressly: then no other is tried."""


def another_may_help(error: AmlprivError) -> bool:
    """Whether it was the credential that was refused, and not the file that is missing."""
    return isinstance(error, AuthenticationError | PermissionDeniedError)


@contextmanager
def refused(place: StoragePlace, way: Way, *, now: datetime | None = None) -> Iterator[None]:
    """Turn what storage refuses inside into ``amlpriv.errors``."""
    from azure.core.exceptions import HttpResponseError, ServiceRequestError

    doing = f"reading {place.shown}"
    with translated(doing):
        try:
            yield
        except ServiceRequestError as error:
            if any(words in str(error) for words in _NO_HOST):
                raise _no_account(place) from error
            raise
        except HttpResponseError as error:
            found = _refusal(error, place, way, now or datetime.now(timezone.utc))
            if found is None:
                raise
            raise found from error


def _no_account(place: StoragePlace) -> NetworkError:
    host = place.endpoint.partition("://")[2]
    hint = "Check the account's name, and the network: an account with a private endpoint is known inside it only."
    return NetworkError(f"reading {place.shown}: there is no host {host} as far as this machine can tell.", hint=hint)


def _refusal(error: Any, place: StoragePlace, way: Way, now: datetime) -> AmlprivError | None:
    """Our error for the answers that are worth words of their own; None for all others."""
    status, code = getattr(error, "status_code", None), error_code(error)
    said = f"{place.shown}: storage answers {status} {code}".rstrip()
    if status is None:  # the sign-in itself
        return None
    if code == "BlobArchived":
        hint = "Rehydrate it to the hot or cool tier, which takes hours, or copy it there."
        return ConflictError(f"{said}: the blob is in the archive tier.", hint=hint)
    if status == 404 and (way.credential is not None or code in ("BlobNotFound", "ContainerNotFound")):
        what = "the container" if code == "ContainerNotFound" else "the blob"
        hint = "Check the address; names are case-sensitive."
        return NotFoundError(f"{said}: {what} does not exist.", hint=hint, code=code)
    if way.credential is None:
        return _nothing_given(status, said, place)
    if status not in (401, 403) and code != "InvalidAuthenticationInfo":
        return None
    if "failed to authenticate" in str(error):  # Azurite says so under the code of a firewall's refusal
        code = "AuthenticationFailed"
    if code == "KeyBasedAuthenticationNotPermitted":
        hint = f"Sign in instead (az login) with the role {_ROLE}, and unset the variable."
        return PermissionDeniedError(f"{said}: the account takes no account keys, nor what they sign.", hint=hint)
    if code == "AuthorizationFailure":
        # With a token, a key and a signature alike ('Common REST API error codes').
        hint = (
            "The account's firewall refuses this machine, or a private endpoint is the only way in: work from a "
            "network that it allows, or let its owner add this one."
        )
        return PermissionDeniedError(f"{said}: the account refuses requests from here.", hint=hint)
    if code == "AccountIsDisabled":
        return PermissionDeniedError(f"{said}: the storage account is disabled.", hint="Ask its owner.")
    return _of_signature(said, code, way, now) if way.sas is not None else _of_identity(said, code, way)


def _nothing_given(status: int, said: str, place: StoragePlace) -> AmlprivError | None:
    if status not in (401, 403, 404, 409):
        return None
    ways = f"Set {sas_variable(place.account)} to a SAS token that may read it, or AZURE_STORAGE_CONNECTION_STRING."
    if place.cloud is not None:
        ways = f"Run 'az login' as somebody with the role {_ROLE}. Or: {ways[0].lower()}{ways[1:]}"
    return AuthenticationError(f"{said}: it is not public, and there is no credential for it.", hint=ways)


def _of_signature(said: str, code: str, way: Way, now: datetime) -> AmlprivError:
    fields = {name: values[0] for name, values in parse_qs(way.sas.reveal() if way.sas else "").items()}
    expiry, start = _time(fields.get("se")), _time(fields.get("st"))
    begin = f"{said}: {way.words}"
    if expiry is not None and expiry <= now:
        return AuthenticationError(f"{begin} expired on {expiry:%Y-%m-%d %H:%M} UTC.", hint="Make a new one.")
    if start is not None and start > now:
        hint = "Wait, or compare this machine's clock."
        return AuthenticationError(f"{begin} is valid from {start:%Y-%m-%d %H:%M} UTC on.", hint=hint)
    if code == "AuthenticationFailed":
        hint = "It may be cut off or quoted, of another account, made by a key that was rotated, or its policy is gone."
        return AuthenticationError(f"{begin} is not accepted.", hint=hint)
    if code == "AuthorizationSourceIPMismatch":
        hint = "Ask for one without 'sip', or with the address of this machine."
        return PermissionDeniedError(f"{begin} is for other addresses than this machine's.", hint=hint)
    permissions = fields.get("sp")
    granted = f" It grants {permissions!r}." if permissions else ""
    hint = f"It has to grant 'r' (read) on blobs of this container.{granted}"
    return PermissionDeniedError(f"{begin} does not allow to read it.", hint=hint)


def _of_identity(said: str, code: str, way: Way) -> AmlprivError:
    if code == "AuthorizationPermissionMismatch":
        hint = (
            f"Ask for the role {_ROLE} on the container or the account; Owner and Contributor do not include it. "
            "A new assignment takes up to ten minutes."
        )
        return PermissionDeniedError(f"{said}: the identity may not read its data ({way.words}).", hint=hint)
    if isinstance(way.credential, dict):
        hint = "Copy the key again from the portal (Access keys): it may have been rotated. Or this clock is wrong."
        return AuthenticationError(f"{said}: the account key is not accepted ({way.words}).", hint=hint)
    hint = "Sign in to the tenant of the storage account: az login --tenant TENANT, or AZURE_TENANT_ID."
    return AuthenticationError(f"{said}: the token is not accepted ({way.words}).", hint=hint)


def _time(text: str | None) -> datetime | None:
    """A time of a signature, which has one of several forms of ISO 8601 ('Create a service SAS')."""
    whole = (text or "").rstrip("Z").partition(".")[0]
    for form in ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"):
        try:
            return datetime.strptime(whole, form).replace(tzinfo=timezone.utc)
        except ValueError:
            continue
    return None
