"""The body of a connection: which credentials go with which way to sign in, and with which category.

Sources: REST reference, Workspace Connections (the kinds of WorkspaceConnectionPropertiesV2); for some categories the
credentials that SDK v2 means to allow (for feeds, Git repositories and registries its own check compares other
spellings and never refuses; what it does refuse, it refuses when it reads: one such connection breaks its list).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from amlpriv.local.plane.fields import flag, mapping, properties_of, refusal, required, text
from amlpriv.local.plane.http import Json
from amlpriv.secret import redact

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

_SOURCES = ("PAT", "UsernamePassword", "None")
_ALLOWED = {
    "ADLSGen2": ("ServicePrincipal", "AAD", "ManagedIdentity"),
    "ApiKey": ("ApiKey",),
    "ContainerRegistry": ("ManagedIdentity", "UsernamePassword"),
    "Git": _SOURCES,
    "OpenAI": ("ApiKey",),
    "PythonFeed": _SOURCES,
    "Serp": ("ApiKey",),
    "Serverless": ("ApiKey",),
}
_SPELLINGS = {name.lower(): name for name in _ALLOWED}
_WITH_TARGET = ("Git", "PythonFeed")

_TEXTS = ("expiryTime", "group", "peRequirement")
_OTHER_FIELDS = (*_TEXTS, "sharedUserList", "useWorkspaceManagedIdentity")

_USERINFO = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:)?[/\\]{2}[^/\\?#]*@|[^@/?#\s]+:[^@/?#]*@", re.IGNORECASE)
_SSH = re.compile(r"ssh://[^@/:]+@[^@/]+/[^@]*", re.IGNORECASE)
"""``ssh://git@host/path``: the account's name is part of every such address, and no secret."""


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
    category = _SPELLINGS.get(category.lower(), category)
    allowed = _ALLOWED.get(category)
    if allowed is not None and auth_type not in allowed:
        raise refusal(f"The authType of a {category} connection is one of {', '.join(allowed)}; not {auth_type}.")
    if category in _WITH_TARGET:
        required(given, "target")

    properties: Json = {
        "authType": auth_type,
        "category": category,
        "target": _target(given),
        "metadata": _metadata(given),
        "isSharedToAll": given.get("isSharedToAll") is None or flag(given, "isSharedToAll"),
    }
    return Connection({**_others(given), **properties}, _credentials(auth_type, _given_credentials(auth_type, given)))


def _target(given: Json) -> str | None:
    """What everybody may read must not hold what nobody may."""
    target = text(given, "target")
    if target and not _SSH.fullmatch(target) and (_USERINFO.match(target) or redact(target) != target):
        raise refusal("target has a user name, a password or a token in it: put them into the credentials.")
    return target


def _others(given: Json) -> Json:
    for name in _TEXTS:
        text(given, name)
    flag(given, "useWorkspaceManagedIdentity")
    users = given.get("sharedUserList")
    if users is not None and not (isinstance(users, list) and all(isinstance(user, str) for user in users)):
        raise refusal("sharedUserList is not a list of strings.")
    return {name: given[name] for name in _OTHER_FIELDS if given.get(name) is not None}


def _given_credentials(auth_type: str, given: Json) -> Any:
    """SDK v1 sends credentials as ``value``: a JSON object in a string, or the secret itself where there is one."""
    fields = _FIELDS[auth_type]
    value = text(given, "value")
    if given.get("credentials") is not None or value is None:
        return given.get("credentials")
    try:
        document = json.loads(value)
    except (ValueError, RecursionError):
        document = None
    spelled = {one.lower(): one for one in fields}
    if isinstance(document, dict) and document and all(name.lower() in spelled for name in document):
        return {spelled[name.lower()]: item for name, item in document.items()}
    return {fields[0]: value} if len(fields) == 1 else None


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
    metadata = mapping(given, "metadata") or {}
    if any(isinstance(item, (dict, list)) for item in metadata.values()):
        raise refusal("metadata is not an object of strings.")
    return metadata
