"""The datastores (REST reference: Datastores), and the secrets that they hand out."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, urlencode

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.fields import flag
from amlpriv.local.plane.http import ArmError, Json, Response, json_response
from amlpriv.local.plane.names import (
    ARTIFACT_DATASTORE,
    DEFAULT_DATASTORE,
    RESOURCE_GROUP,
    STORAGE_SUFFIX,
    SUBSCRIPTION,
    WORKSPACE_ID,
)
from amlpriv.local.plane.resources import not_found, page, resource
from amlpriv.local.plane.routing import WORKSPACE_PATH, Call, Route
from amlpriv.local.plane.workspaces import forbidden

__all__ = ["BACKDATED", "ROUTES", "blob_sas", "container_sas", "datastores_of"]

SIGNED_VERSION = "2023-11-03"
BACKDATED = timedelta(minutes=10)
_LONGEST_HOURS = 24 * 7


def container_sas(account: str, container: str, key: str, *, start: datetime, expiry: datetime) -> str:
    """A service SAS over a container with racwdl, as Azure ML gives for expirable secrets."""
    return _service_sas(f"/blob/{account}/{container}", "c", key, "racwdl", start, expiry)


def blob_sas(
    account: str, container: str, path: str, key: str, *, permissions: str, start: datetime, expiry: datetime
) -> str:
    """A service SAS over one blob; ``permissions`` in the order ``racwd``."""
    return _service_sas(f"/blob/{account}/{container}/{path}", "b", key, permissions, start, expiry)


def _service_sas(name: str, kind: str, key: str, permissions: str, start: datetime, expiry: datetime) -> str:
    """String to sign: 'Create a service SAS', version 2020-12-06 and later."""
    st, se = (moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (start, expiry))
    # identifier, IP, protocol; version, kind; snapshot, encryption scope, rscc, rscd, rsce, rscl, rsct
    lines = [permissions, st, se, name, "", "", "", SIGNED_VERSION, kind, *[""] * 7]
    digest = hmac.new(base64.b64decode(key), "\n".join(lines).encode(), hashlib.sha256).digest()
    fields = {"sv": SIGNED_VERSION, "st": st, "se": se, "sr": kind, "sp": permissions}
    fields["sig"] = base64.b64encode(digest).decode()
    return urlencode(fields, quote_via=quote, safe="")


def datastores_of(context: Context) -> dict[str, Json]:
    """The resources, by name in small letters."""
    return {
        DEFAULT_DATASTORE: _datastore(context, DEFAULT_DATASTORE, context.container, default=True),
        ARTIFACT_DATASTORE: _datastore(context, ARTIFACT_DATASTORE, "azureml", default=False),
    }


def _datastore(context: Context, name: str, container: str, *, default: bool) -> Json:
    settings = context.switches.now
    kind = settings.datastore_type if default else "AzureBlob"
    place = {"AzureBlob": "containerName", "AzureFile": "fileShareName", "AzureDataLakeGen2": "filesystem"}[kind]
    properties: Json = {
        "description": None,
        "tags": {},
        "properties": None,
        "isDefault": default,
        "credentials": {"credentialsType": settings.datastore_credentials},
        "datastoreType": kind,
        "accountName": context.account,
        place: container,
        "endpoint": STORAGE_SUFFIX,
        "protocol": "https",
        "serviceDataAccessAuthIdentity": "None",
    }
    if settings.datastore_account == "named":
        properties |= {"subscriptionId": SUBSCRIPTION, "resourceGroup": RESOURCE_GROUP}
    return resource(f"datastores/{name}", "datastores", properties, created=context.store.created)


def _list(context: Context, call: Call) -> Response:
    wanted = (call.query("isDefault") or "").lower()
    names = [name.strip().lower() for name in (call.query("names") or "").split(",") if name.strip()]
    found = [
        item
        for name, item in datastores_of(context).items()
        if wanted in ("", str(item["properties"]["isDefault"]).lower()) and (not names or name in names)
    ]
    return page(call, found, top="count", skip="skip")


def _get(context: Context, call: Call) -> Response:
    return json_response(_find(context, call))


def _find(context: Context, call: Call) -> Json:
    found = datastores_of(context).get(call["name"].lower())
    if found is None:
        raise not_found(f"No datastore exists for name: {call['name']}")
    return found


def _list_secrets(context: Context, call: Call) -> Response:
    properties = _find(context, call)["properties"]
    settings = context.switches.now
    if settings.list_secrets == "forbidden":
        scope = f"{WORKSPACE_ID}/datastores/{call['name']}"
        raise forbidden("Microsoft.MachineLearningServices/workspaces/datastores/listSecrets/action", scope)

    body = call.document()
    expirable = flag(body, "expirableSecret")
    hours = body.get("expireAfterHours") or 1
    if isinstance(hours, bool) or not isinstance(hours, int) or not 1 <= hours <= _LONGEST_HOURS:
        raise ArmError(400, "UserError", f"expireAfterHours is a whole number from 1 to {_LONGEST_HOURS}.")

    if settings.datastore_credentials == "None":
        return json_response({"secretsType": "None"})
    if settings.datastore_credentials == "AccountKey" and not expirable:
        return json_response({"secretsType": "AccountKey", "key": context.account_key.reveal()})
    container = properties.get("containerName") or properties.get("filesystem") or properties.get("fileShareName")
    now = context.now()
    key = context.account_key.reveal()
    token = container_sas(context.account, container, key, start=now - BACKDATED, expiry=now + timedelta(hours=hours))
    return json_response({"secretsType": "Sas", "sasToken": token})


_PATH = f"{WORKSPACE_PATH}/datastores"

ROUTES = (
    Route("GET", _PATH, _list),
    Route("GET", f"{_PATH}/{{name}}", _get),
    Route("POST", f"{_PATH}/{{name}}/listSecrets", _list_secrets),
)
