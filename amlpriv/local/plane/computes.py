"""Computes (REST reference: Compute): every name means the machine that the local workspace runs on.

A compute that a client creates is remembered as it was written; one that nobody created is there all the same.
"""

from __future__ import annotations

import os

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.fields import properties_of, required
from amlpriv.local.plane.http import Json, Response, json_response
from amlpriv.local.plane.names import LOCATION, PROVIDER
from amlpriv.local.plane.resources import page, resource
from amlpriv.local.plane.routing import WORKSPACE_PATH, Call, Route
from amlpriv.local.plane.versioned import check_name

__all__ = ["ROUTES"]

_HERE = "local"
_NODES: Json = {
    "osType": "Linux",
    "vmSize": "LOCAL",
    "vmPriority": "Dedicated",
    "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 1, "nodeIdleTimeBeforeScaleDown": "PT2M"},
    "remoteLoginPortPublicAccess": "NotSpecified",
    "allocationState": "Steady",
    "currentNodeCount": 1,
    "targetNodeCount": 1,
    "nodeStateCounts": {
        "idleNodeCount": 1,
        "leavingNodeCount": 0,
        "preemptedNodeCount": 0,
        "preparingNodeCount": 0,
        "runningNodeCount": 0,
        "unusableNodeCount": 0,
    },
}


def _body(context: Context, name: str) -> Json:
    found = context.store.assets("computes").get(name)
    created = found.record.created if found else context.store.created
    modified = found.record.modified if found else created
    given = dict(found.record.properties) if found else {"properties": {"computeType": "AmlCompute"}}
    properties: Json = {
        "description": None,
        "disableLocalAuth": True,
        "isAttachedCompute": False,
        **given["properties"],
        "computeLocation": LOCATION,
        "createdOn": created,
        "modifiedOn": modified,
        "provisioningState": "Succeeded",
        "provisioningErrors": None,
        "resourceId": None,
    }
    if properties["computeType"] == "AmlCompute":
        nodes = {**_NODES, "allocationStateTransitionTime": modified}
        properties["properties"] = {**nodes, **(properties.get("properties") or {})}
    extra = {"location": LOCATION, "tags": given.get("tags"), "identity": given.get("identity")}
    body = resource(f"computes/{name}", "computes", properties, created=created, modified=modified)
    return {**body, **{field: value for field, value in extra.items() if value is not None}}


def _get(context: Context, call: Call) -> Response:
    check_name("compute", call["name"])
    with context.store.lock:
        return json_response(_body(context, call["name"]))


def _list(context: Context, call: Call) -> Response:
    with context.store.lock:
        names = [container.record.name for container in context.store.assets("computes").newest_first()]
        every = names if _HERE in names else [*names, _HERE]
        return page(call, (_body(context, name) for name in every), skip="$skip")


def _put(context: Context, call: Call) -> Response:
    check_name("compute", call["name"])
    document = call.document()
    required(properties_of(document), "computeType")
    kept = {field: document[field] for field in ("properties", "tags", "identity") if document.get(field) is not None}
    with context.store.lock:
        assets = context.store.assets("computes")
        known = assets.get(call["name"])
        assets.put_container(call["name"], kept)
        return json_response(_body(context, call["name"]), 200 if known else 201)


def _delete(context: Context, call: Call) -> Response:
    with context.store.lock:
        return Response(200 if context.store.assets("computes").delete(call["name"]) else 204)


def _list_nodes(_context: Context, _call: Call) -> Response:
    return json_response({"nodes": [], "nextLink": None})


def _list_sizes(_context: Context, _call: Call) -> Response:
    """The one size there is: this machine's. What is not known of it is zero."""
    size = {
        "name": _NODES["vmSize"],
        "family": "local",
        "vCPUs": os.cpu_count() or 1,
        "gpus": 0,
        "osVhdSizeMB": 0,
        "maxResourceVolumeMB": 0,
        "memoryGB": 0,
        "lowPriorityCapable": False,
        "premiumIO": False,
        "supportedComputeTypes": ["AmlCompute"],
    }
    return json_response({"value": [size]})


def _list_usages(_context: Context, _call: Call) -> Response:
    return json_response({"value": []})


_PATH = f"{WORKSPACE_PATH}/computes"
_LOCATION_PATH = f"/subscriptions/{{subscription}}/providers/{PROVIDER}/locations/{{location}}"

ROUTES = (
    Route("GET", _PATH, _list),
    Route("GET", f"{_PATH}/{{name}}", _get),
    Route("PUT", f"{_PATH}/{{name}}", _put),
    Route("DELETE", f"{_PATH}/{{name}}", _delete),
    Route("POST", f"{_PATH}/{{name}}/listNodes", _list_nodes),
    Route("GET", f"{_LOCATION_PATH}/vmSizes", _list_sizes),
    Route("GET", f"{_LOCATION_PATH}/usages", _list_usages),
)
