"""Long-running operations: an answer at once, and an address to ask how it goes.

Azure Resource Manager's asynchronous operations: ``Azure-AsyncOperation`` leads to the status, ``Location`` to the
result, both on the host that the client used. Here the work is done before the first answer; the status says
``InProgress`` once all the same, so that clients wait as they do in Azure.
"""

from __future__ import annotations

import uuid
from itertools import islice
from urllib.parse import urlencode

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.http import Json, Response, json_response
from amlpriv.local.plane.names import LOCATION, PROVIDER, SUBSCRIPTION
from amlpriv.local.plane.resources import not_found
from amlpriv.local.plane.routing import Call, Route
from amlpriv.local.plane.store import Record

__all__ = ["ROUTES", "answer", "fails", "state"]

KEPT = 100
"""Operations that can be asked for; older ones are forgotten."""

_WAIT = {"Retry-After": "1"}
_WAIT_SHORT = {"x-ms-retry-after-ms": "100"}
"""Milliseconds until the next question. Clients that do not know the field wait as long as they like."""

_BASE = f"/providers/{PROVIDER}/locations"


def fails(context: Context) -> bool:
    """Whether a test ordered operations to fail."""
    return context.switches.now.long_running == "fail"


def state(context: Context) -> str:
    """The provisioning state of what an operation makes or changes."""
    return "Failed" if fails(context) else "Succeeded"


def answer(context: Context, call: Call, *, status: int, body: Json | None, what: str) -> Response:
    """The answer to a request that takes time.

    ``body`` is the resource as it is when all is done (None when there is none), ``status`` 200 or 201 for a body that
    is sent at once, 202 for an empty answer. ``what`` names the thing, for the error of an operation that fails.
    """
    if context.switches.now.long_running == "immediate":
        if body is None:
            return Response(204 if call.request.method == "DELETE" else 200)
        return json_response(body, 200 if status == 202 else status)

    identifier = _remember(context, body, what)
    query = urlencode({"api-version": call.query("api-version") or ""})
    place = f"{call.request.base}/subscriptions/{SUBSCRIPTION}{_BASE}/{LOCATION}"
    headers = {
        "Azure-AsyncOperation": f"{place}/mfeOperationsStatus/{identifier}?{query}",
        "Location": f"{place}/mfeOperationResults/{identifier}?{query}",
        "x-ms-async-operation-timeout": "PT1H",
        **_WAIT,
    }
    if status == 202 or body is None:
        return Response(202, headers=headers)
    properties = {**body["properties"], "provisioningState": "Creating" if status == 201 else "Updating"}
    return json_response({**body, "properties": properties}, status, headers)


def _remember(context: Context, body: Json | None, what: str) -> str:
    identifier = str(uuid.uuid4())
    properties: Json = {"status": "Succeeded", "asked": 0, "result": body}
    if fails(context):
        message = f"{what} could not be provisioned: a test ordered this."
        properties |= {"status": "Failed", "error": {"code": "InternalServerError", "message": message}}
    with context.store.lock:
        assets = context.store.assets("operations")
        for old in [container.record.name for container in islice(assets.newest_first(), KEPT - 1, None)]:
            assets.delete(old)
        assets.put_container(identifier, properties)
    return identifier


def _ask(context: Context, call: Call) -> tuple[Record, bool]:
    """The operation, and whether it is over."""
    with context.store.lock:
        assets = context.store.assets("operations")
        found = assets.get(call["operation"])
        if found is None:
            raise not_found(f"There is no operation {call['operation']}.")
        record = found.record
        if record.properties["asked"] == 0:
            assets.put_container(record.name, {**record.properties, "asked": 1})
            return record, False
        return record, True


def _get_status(context: Context, call: Call) -> Response:
    record, over = _ask(context, call)
    body: Json = {"id": call.request.path, "name": record.name, "startTime": record.created}
    if not over:
        return json_response({**body, "status": "InProgress", "percentComplete": 50}, 200, _WAIT_SHORT)
    body |= {"status": record.properties["status"], "endTime": record.modified, "percentComplete": 100}
    if "error" in record.properties:
        body["error"] = record.properties["error"]
    return json_response(body)


def _get_result(context: Context, call: Call) -> Response:
    record, over = _ask(context, call)
    if not over:
        return Response(202, headers={"Location": f"{call.request.base}{call.request.path}?{_query(call)}", **_WAIT})
    if "error" in record.properties:
        return json_response({"error": record.properties["error"]}, 500)
    result = record.properties["result"]
    return Response(204) if result is None else json_response(result)


def _query(call: Call) -> str:
    return urlencode(dict(call.request.query))


_PATH = f"/subscriptions/{{subscription}}{_BASE}/{{location}}"

ROUTES = (
    Route("GET", f"{_PATH}/mfeOperationsStatus/{{operation}}", _get_status),
    Route("GET", f"{_PATH}/mfeOperationResults/{{operation}}", _get_result),
)
