"""What the environment says about storage accounts: one variable of ours, and those of the Azure CLI.

Each belongs to one account: a signature or a key of one account is never sent to another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from amlpriv.errors import UsageError
from amlpriv.secret import Secret
from amlpriv.workspace.azure.storage_places import StoragePlace, storage_place

__all__ = ["SAS_VARIABLE", "StorageLogin", "find_login", "find_place", "sas_variable"]

SAS_VARIABLE = "AMLPRIV_SAS_"
"""With the account's name in capitals behind it: a shared access signature for that storage account."""

_CONNECTION = "AZURE_STORAGE_CONNECTION_STRING"
_ACCOUNT = "AZURE_STORAGE_ACCOUNT"
_SAS = "AZURE_STORAGE_SAS_TOKEN"
_KEYS = ("AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCESS_KEY")
"""The Azure CLI's own one ('az storage', environment variables), and its older name."""


@dataclass(frozen=True, slots=True)
class StorageLogin:
    """A signature or an account key, and where it is from."""

    origin: str
    """For people: ``the variable AZURE_STORAGE_KEY``."""
    sas: Secret | None = None
    key: Secret | None = None


def sas_variable(account: str) -> str:
    """The variable for the signature of this account."""
    return f"{SAS_VARIABLE}{account.upper()}"


def find_place(url: str, environ: Mapping[str, str]) -> StoragePlace | None:
    """The blob that an address means, at Azure or at the endpoint of the connection string; None for others."""
    fields = _connection_string(environ)
    endpoint, account = fields.get("blobendpoint", ""), fields.get("accountname", "")
    return storage_place(url, endpoint=endpoint, account=account)


def find_login(place: StoragePlace, environ: Mapping[str, str]) -> StorageLogin | None:
    """What the environment has for the account of ``place``. UsageError for a connection string that is none."""
    if place.signature:
        return StorageLogin("the signature in the address", sas=Secret(place.signature))
    own = sas_variable(place.account)
    if text := environ.get(own):
        return StorageLogin(f"the variable {own}", sas=_sas(text, own))
    fields = _connection_string(environ)
    if fields.get("accountname") == place.account:
        origin = f"the variable {_CONNECTION}"
        if key := fields.get("accountkey"):
            return StorageLogin(origin, key=Secret(key))
        if sas := fields.get("sharedaccesssignature"):
            return StorageLogin(origin, sas=_sas(sas, _CONNECTION))
    if environ.get(_ACCOUNT) != place.account:
        return None
    if text := environ.get(_SAS):
        return StorageLogin(f"the variable {_SAS}", sas=_sas(text, _SAS))
    name = next((name for name in _KEYS if environ.get(name)), None)
    return StorageLogin(f"the variable {name}", key=Secret(environ[name])) if name else None


def _sas(text: str, variable: str) -> Secret:
    """The query alone, of a whole address too: people copy either from the portal."""
    query = text.strip().rpartition("?")[2]
    if "sig=" not in query.lower():
        raise UsageError(
            f"The variable {variable} holds no shared access signature: it has no 'sig='.",
            hint="Give it the text that begins with 'sv=' or '?sv=' in the portal.",
        )
    return Secret(query)


def _connection_string(environ: Mapping[str, str]) -> dict[str, str]:
    """Its fields by name in lower case ('Configure Azure Storage connection strings')."""
    pairs = (part.partition("=") for part in environ.get(_CONNECTION, "").split(";"))
    fields = {name.strip().lower(): value.strip() for name, _, value in pairs if value}
    if "accountname" not in fields and (place := _place_of(fields.get("blobendpoint", ""))):
        fields["accountname"] = place.account  # those with a signature have endpoints only
    return fields


def _place_of(endpoint: str) -> StoragePlace | None:
    return storage_place(f"{endpoint.rstrip('/')}/container/blob") if endpoint else None
