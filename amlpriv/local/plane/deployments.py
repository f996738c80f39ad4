"""Deployments of online and batch endpoints (REST reference: Online Deployments, Batch Deployments).

They are stored, and run when `amlpriv local serve` is asked to.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from amlpriv.local.plane import operations
from amlpriv.local.plane.context import Context
from amlpriv.local.plane.deployment_content import read_deployment
from amlpriv.local.plane.endpoint_content import BATCH, ONLINE, Kind, check_name, merged
from amlpriv.local.plane.endpoints import find_endpoint
from amlpriv.local.plane.fields import refusal, text
from amlpriv.local.plane.http import ArmError, Json, Response, json_response
from amlpriv.local.plane.resources import not_found, page, resource
from amlpriv.local.plane.routing import WORKSPACE_PATH, Access, Call, Route
from amlpriv.local.plane.serving_files import serving_files
from amlpriv.local.plane.store import Record

__all__ = ["ROUTES", "find_deployment"]


def find_deployment(context: Context, kind: Kind, endpoint: str, name: str) -> Record:
    """The deployment's record; ArmError (404), also when there is no such endpoint."""
    find_endpoint(context, kind, endpoint)
    found = context.store.assets(kind.deployments).get(_key(endpoint, name))
    if found is None:
        raise not_found(f"The {kind.noun} {endpoint} has no deployment {name}.")
    return found.record


def _key(endpoint: str, name: str) -> str:
    return f"{endpoint.lower()}/{name.lower()}"


def _body(kind: Kind, endpoint: str, record: Record) -> Json:
    kept = record.properties
    properties = {**kept["properties"], "provisioningState": kept["state"]}
    path = f"{kind.segment}/{endpoint}/deployments/{kept['name']}"
    body = resource(path, f"{kind.segment}/deployments", properties, created=record.created, modified=record.modified)
    fields = {name: kept.get(name) for name in ("location", "kind", "tags", "identity", "sku")}
    return {**body, **fields}


def _get(kind: Kind, context: Context, call: Call) -> Response:
    with context.store.lock:
        record = find_deployment(context, kind, call["endpoint"], call["name"])
        return json_response(_body(kind, _spelled(context, kind, call), record))


def _spelled(context: Context, kind: Kind, call: Call) -> str:
    """The endpoint's name as it was made."""
    return str(find_endpoint(context, kind, call["endpoint"]).properties["name"])


def _put(kind: Kind, context: Context, call: Call) -> Response:
    document = call.document()
    check_name("deployment", call["name"])
    with context.store.lock:
        find_endpoint(context, kind, call["endpoint"])
        known = context.store.assets(kind.deployments).get(_key(call["endpoint"], call["name"]))
        body = _write(kind, context, call, document)
        return operations.answer(context, call, status=200 if known else 201, body=body, what="The deployment")


def _patch(kind: Kind, context: Context, call: Call) -> Response:
    document = call.document()
    with context.store.lock:
        known = find_deployment(context, kind, call["endpoint"], call["name"])
        body = _write(kind, context, call, merged(known.properties, document))
        return operations.answer(context, call, status=202, body=body, what="The deployment")


def _write(kind: Kind, context: Context, call: Call, document: Json) -> Json:
    assets = context.store.assets(kind.deployments)
    key = _key(call["endpoint"], call["name"])
    known = assets.get(key)
    name = known.record.properties["name"] if known else call["name"]
    record = {**read_deployment(context, kind, name, document), "state": operations.state(context)}
    return _body(kind, _spelled(context, kind, call), assets.put_container(key, record).record)


def _delete(kind: Kind, context: Context, call: Call) -> Response:
    endpoint, name = call["endpoint"], call["name"]
    with context.store.lock:
        assets = context.store.assets(kind.deployments)
        known = assets.get(_key(endpoint, name))
        if known is None:
            find_endpoint(context, kind, endpoint)
            return Response(204)
        used = find_endpoint(context, kind, endpoint).properties["properties"]
        _check_unused(used, known.record.properties["name"])
        if not operations.fails(context):
            assets.delete(_key(endpoint, name))
        return operations.answer(context, call, status=202, body=None, what=f"The deletion of {name}")


def _check_unused(endpoint: Json, name: str) -> None:
    for field in ("traffic", "mirrorTraffic"):
        share = (endpoint.get(field) or {}).get(name)
        if share:
            message = f"The deployment {name} has {share} percent of the endpoint's {field}; set that to 0 first."
            raise ArmError(409, "UserError", message)
    if (endpoint.get("defaults") or {}).get("deploymentName") == name:
        raise ArmError(409, "UserError", f"The deployment {name} is the default of its endpoint; name another first.")


def _list(kind: Kind, context: Context, call: Call) -> Response:
    with context.store.lock:
        return page(call, _wanted(kind, context, call))


def _wanted(kind: Kind, context: Context, call: Call) -> Iterator[Json]:
    endpoint = _spelled(context, kind, call)
    for container in context.store.assets(kind.deployments).newest_first():
        if container.record.name.startswith(_key(endpoint, "")):
            yield _body(kind, endpoint, container.record)


def _list_skus(context: Context, call: Call) -> Response:
    with context.store.lock:
        record = find_deployment(context, ONLINE, call["endpoint"], call["name"])
    sku = record.properties["sku"]
    capacity = {"default": 1, "minimum": 1, "maximum": 20, "scaleType": "Manual"}
    kind = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments"
    return json_response({"value": [{"resourceType": kind, "capacity": capacity, "sku": sku}]})


def _list_jobs(context: Context, call: Call) -> Response:
    """Batch endpoints are not run here, so there are none."""
    with context.store.lock:
        if "name" in call.parameters:
            find_deployment(context, BATCH, call["endpoint"], call["name"])
        find_endpoint(context, BATCH, call["endpoint"])
    return json_response({"value": []})


def _get_logs(context: Context, call: Call) -> Response:
    """The last lines that the inference server printed while `local serve` ran it."""
    document = call.document()
    tail = document.get("tail")
    if tail is not None and (isinstance(tail, bool) or not isinstance(tail, int) or tail < 1):
        raise refusal("tail is the number of lines: a whole number from 1.")
    if text(document, "containerType") not in (None, "StorageInitializer", "InferenceServer"):
        raise refusal("containerType is 'StorageInitializer' or 'InferenceServer'.")
    with context.store.lock:
        record = find_deployment(context, ONLINE, call["endpoint"], call["name"])
    endpoint, _, name = record.name.partition("/")
    if text(document, "containerType") == "StorageInitializer":
        return json_response({"content": "The local workspace has no storage initializer.\n"})
    log = serving_files(context.root, endpoint, name).log if context.root else None
    advice = f"Nothing has run {call['name']} yet: amlpriv local serve {call['endpoint']}/{call['name']}\n"
    return json_response({"content": _tail(log, tail or 500) or advice})


def _tail(log: Path | None, lines: int) -> str:
    if log is None:
        return ""
    try:
        with log.open(encoding="utf-8", errors="replace") as stream:
            return "".join(deque(stream, maxlen=lines))
    except FileNotFoundError:
        return ""


def _routes(kind: Kind) -> Iterator[Route]:
    path = f"{WORKSPACE_PATH}/{kind.segment}/{{endpoint}}/deployments"
    yield Route("GET", path, partial(_list, kind))
    for method, handler in (("GET", _get), ("PUT", _put), ("PATCH", _patch), ("DELETE", _delete)):
        yield Route(method, f"{path}/{{name}}", partial(handler, kind))


_ONLINE = f"{WORKSPACE_PATH}/{ONLINE.segment}/{{endpoint}}/deployments/{{name}}"
_JOBS = f"/mferp/managementfrontend{WORKSPACE_PATH}/{BATCH.segment}/{{endpoint}}"

ROUTES = (
    *_routes(ONLINE),
    Route("GET", f"{_ONLINE}/skus", _list_skus),
    Route("POST", f"{_ONLINE}/getLogs", _get_logs),
    *_routes(BATCH),
    Route("GET", f"{_JOBS}/jobs", _list_jobs, Access.SERVICE),
    Route("GET", f"{_JOBS}/deployments/{{name}}/jobs", _list_jobs, Access.SERVICE),
)
