"""The datastore service of SDK v1: ``Workspace.get_default_datastore``, ``Workspace.datastores``, ``Datastore.get``.

Not in the REST reference: the shapes are those that azureml-core's own client declares (``azureml._restclient``).
Unlike Azure Resource Manager the service hands out the credential with the datastore; in a list when it is asked to.
Datastores are read only here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.datastores import BACKDATED, container_sas, datastores_of
from amlpriv.local.plane.http import Json, Response, json_response
from amlpriv.local.plane.names import RESOURCE_GROUP, SUBSCRIPTION
from amlpriv.local.plane.resources import not_found
from amlpriv.local.plane.routing import WORKSPACE_PATH, Access, Call, Route

__all__ = ["ROUTES"]

_LIFETIME = timedelta(hours=24)


def _body(context: Context, datastore: Json, *, secret: bool) -> Json:
    properties = datastore["properties"]
    container = properties.get("containerName") or properties.get("filesystem") or properties.get("fileShareName")
    section: dict[str, Any] = {
        "accountName": properties["accountName"],
        "containerName": container,
        "endpoint": properties["endpoint"],
        "protocol": properties["protocol"],
        "credentialType": "None",
        "serviceDataAccessAuthIdentity": properties["serviceDataAccessAuthIdentity"],
        "subscriptionId": SUBSCRIPTION,
        "resourceGroup": RESOURCE_GROUP,
        **(_credential(context, container) if secret else {}),
    }
    return {
        "name": datastore["name"],
        "dataStoreType": properties["datastoreType"],
        "hasBeenValidated": True,
        "isDefault": properties["isDefault"],
        "tags": {},
        "azureStorageSection": section,
    }


def _credential(context: Context, container: str) -> Json:
    """What the account lets in: its key, a signature over the container, or nothing where a test takes them away."""
    settings = context.switches.now
    kind = "None" if settings.list_secrets == "forbidden" else settings.datastore_credentials
    key = context.account_key.reveal()
    if kind == "AccountKey":
        return {"credentialType": "AccountKey", "credential": key, "accountKey": key, "isSas": False}
    if kind == "None":
        return {}
    now = context.now()
    token = container_sas(context.account, container, key, start=now - BACKDATED, expiry=now + _LIFETIME)
    return {"credentialType": "Sas", "credential": token, "sasToken": token, "isSas": True}


def _list(context: Context, call: Call) -> Response:
    wanted = [name for name in (call.query("dataStoreNames") or "").lower().split(",") if name]
    found = [item for name, item in datastores_of(context).items() if not wanted or name in wanted]
    secret = (call.query("includeSecret") or "").lower() == "true"
    value = [_body(context, item, secret=secret) for item in found]
    return json_response({"value": value, "continuationToken": None, "nextLink": None})


def _get(context: Context, call: Call) -> Response:
    found = datastores_of(context).get(call["name"].lower())
    if found is None:
        raise not_found(f"No datastore exists for name: {call['name']}")
    return json_response(_body(context, found, secret=True))


def _get_default(context: Context, _call: Call) -> Response:
    default = next(item for item in datastores_of(context).values() if item["properties"]["isDefault"])
    return json_response(_body(context, default, secret=True))


_PATH = f"/datastore/v1.0{WORKSPACE_PATH}"

ROUTES = (
    Route("GET", f"{_PATH}/datastores", _list, Access.SERVICE),
    Route("GET", f"{_PATH}/datastores/{{name}}", _get, Access.SERVICE),
    Route("GET", f"{_PATH}/default", _get_default, Access.SERVICE),
)
