"""The body of a connection: which credentials go with which way to sign in, and with which category.

Sources: REST reference, Workspace Connections (the kinds of WorkspaceConnectionPropertiesV2); for feeds and Git
repositories the credentials that SDK v2 means to allow (its own check compares other spellings and never refuses).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from amlpriv.local.plane.fields import properties_of, refusal, required, text
from amlpriv.local.plane.http import Json

__all__ = ["Connection", "check_connection_name", "read_connection"]

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}")

_FIELDS: dict[str, tuple[str, ...]] = {
    "AAD": (),
    "AccessKey": ("accessKeyId", "secretAccessKey"),
    "AccountKey": ("key",),
    "ApiKey": ("key",),
    "CustomKeys": ("keys",),
    "DelegatedSAS": (),
    "ManagedIdentity": ("clientId", "resourceId"),
    "None": (),
    "OAuth2": (
        "authUrl",
        "clientId",
        "clientSecret",
        "developerToken",
        "password",
        "refreshToken",
        "tenantId",
        "username",
    ),
    "PAT": ("pat",),
    "ProjectManagedIdentity": (),
    "SAS": ("sas",),
    "ServicePrincipal": ("clientId", "clientSecret", "tenantId"),
    "UsernamePassword": ("username", "password", "securityToken"),
}
_MAY_BE_EMPTY = frozenset({"ManagedIdentity"})
_AUTH_TYPES = {name.lower(): name for name in _FIELDS}

_ALLOWED = {"git": ("PAT", "UsernamePassword", "None"), "pythonfeed": ("PAT", "UsernamePassword", "None")}
_SPELLINGS = {"git": "Git", "pythonfeed": "PythonFeed"}

_OTHER_FIELDS = ("expiryTime", "group", "peRequirement", "sharedUserList", "useWorkspaceManagedIdentity")


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection, what may be read apart from what may not."""

    properties: Json
    credentials: Json | None


def check_connection_name(name: str) -> None:
    """ArmError (400) when it is not the pattern of the REST reference."""
    if not _NAME.fullmatch(name):
        raise refusal(
            "The connection name is not valid: 3 to 33 letters, digits, '-' and '_', a letter or digit first."
        )


def read_connection(document: Json) -> Connection:
    """``{"properties": {...}}`` of a request; ArmError (400), which never repeats a value of the credentials."""
    given = properties_of(document)
    auth_type = _AUTH_TYPES.get(required(given, "authType").lower())
    if auth_type is None:
        raise refusal(f"authType is one of {', '.join(_FIELDS)}.")
    category = required(given, "category")
    allowed = _ALLOWED.get(category.lower())
    if allowed is not None and auth_type not in allowed:
        raise refusal(f"The authType of a {category} connection is one of {', '.join(allowed)}; not {auth_type}.")
    if allowed is not None:
        required(given, "target")

    properties: Json = {
        "authType": auth_type,
        "category": _SPELLINGS.get(category.lower(), category),
        "target": text(given, "target"),
        "metadata": _metadata(given),
        "isSharedToAll": given.get("isSharedToAll") is not False,
    }
    others = {name: given[name] for name in _OTHER_FIELDS if given.get(name) is not None}
    return Connection({**others, **properties}, _credentials(auth_type, _given_credentials(auth_type, given)))


def _given_credentials(auth_type: str, given: Json) -> Any:
    """SDK v1 sends the one secret that a PAT or a key consists of as ``value``, without a name."""
    fields = _FIELDS[auth_type]
    if given.get("credentials") is None and isinstance(given.get("value"), str) and len(fields) == 1:
        return {fields[0]: given["value"]}
    return given.get("credentials")


def _credentials(auth_type: str, given: Any) -> Json | None:
    fields = _FIELDS[auth_type]
    if given is not None and not isinstance(given, dict):
        raise refusal("credentials is not an object.")
    values = {name: value for name, value in (given or {}).items() if value is not None}
    strange = sorted(set(values) - set(fields))
    if strange:
        has = f"has the credentials {', '.join(fields)}" if fields else "has no credentials"
        raise refusal(f"A connection with the authType {auth_type} {has}; not {', '.join(strange)}.")
    if auth_type == "CustomKeys":
        keys = values.get("keys")
        if not isinstance(keys, dict) or not all(isinstance(item, (str, dict)) for item in keys.values()):
            raise refusal("credentials.keys is not an object of strings.")
    elif not all(isinstance(value, str) for value in values.values()):
        raise refusal("credentials is not an object of strings.")
    if fields and auth_type not in _MAY_BE_EMPTY and not any(values.values()):
        raise refusal(f"A connection with the authType {auth_type} needs credentials: {', '.join(fields)}.")
    return values or None


def _metadata(given: Json) -> Json:
    metadata = given.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        raise refusal("metadata is not an object.")
    return metadata or {}
