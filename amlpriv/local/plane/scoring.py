"""Scoring: ``POST https://<endpoint>.<region>.inference.ml.azure.com/score``, passed to what `local serve` runs.

Status codes as "Troubleshoot online endpoints" lists them: 401 for a missing or wrong key, 404 when no deployment has
traffic, 408 when the model takes too long, 424 when it answers with anything but 200. A deployment that nothing runs
is 503, which Azure does not know.
"""

from __future__ import annotations

import hmac
import http.client
import random
import re
from collections.abc import Mapping
from functools import partial

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.control import PREFIX
from amlpriv.local.plane.deployments import find_deployment
from amlpriv.local.plane.endpoint_content import BATCH, ONLINE
from amlpriv.local.plane.endpoint_tokens import token_is_valid
from amlpriv.local.plane.endpoints import deployment_names, find_endpoint
from amlpriv.local.plane.http import ArmError, Response, json_response
from amlpriv.local.plane.names import LOCATION
from amlpriv.local.plane.resources import not_found
from amlpriv.local.plane.routing import Access, Call, Route
from amlpriv.local.plane.serving_files import deployment_version, served
from amlpriv.local.plane.store import Record

__all__ = ["ROUTES"]

DEPLOYMENT_HEADER = "azureml-model-deployment"
_PASSED = ("accept", "content-type", "x-ms-client-request-id", "x-ms-request-id", "x-request-id", "traceparent")
_RETURNED = ("content-type", "x-ms-client-request-id", "x-ms-request-id", "x-ms-run-function-failed")
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")
_SOON = {"x-ms-retry-after-ms": "50"}
"""Milliseconds: Azure's clients try 503 again three times, and would wait for seconds."""
_SUFFIX = f".{LOCATION}.inference.ml.azure.com"


def _endpoint_name(call: Call) -> str:
    """The first label of the host that was asked; ArmError (404) for a host that is no endpoint's."""
    host = call.request.host.partition(":")[0].lower()
    if not host.endswith(_SUFFIX):
        raise not_found(f"{host} is not the host of an endpoint in {LOCATION}.")
    return host.removesuffix(_SUFFIX)


def _forward(path: str, context: Context, call: Call) -> Response:
    name = _endpoint_name(call)
    with context.store.lock:
        endpoint = find_endpoint(context, ONLINE, name)
        _check_caller(context, call, endpoint)
        deployment, port = _choose(context, call, endpoint)
        settings = find_deployment(context, ONLINE, name, deployment).properties["properties"]["requestSettings"]
    return _ask(call, path, deployment, port, _seconds(settings))


def _check_caller(context: Context, call: Call, endpoint: Record) -> None:
    scheme, _, given = call.request.headers.get("authorization", "").partition(" ")
    given = given.strip() if scheme.lower() == "bearer" else ""
    mode, keys = endpoint.properties["properties"]["authMode"], endpoint.properties["keys"]
    if mode == "Key":
        allowed = any(hmac.compare_digest(given.encode(), key.encode()) for key in keys.values())
    elif mode == "AMLToken":
        allowed = token_is_valid(given, endpoint.name, keys["primary"], context.now())
    else:
        allowed = bool(given)  # a token of Microsoft Entra: as anywhere here, whoever has one may do everything
    if not allowed:
        what = "key" if mode == "Key" else "token"
        message = f"Access denied: the Authorization header has to be 'Bearer' and a valid {what} of the endpoint."
        raise ArmError(401, "Unauthorized", message, headers={"WWW-Authenticate": "Bearer"})


def _choose(context: Context, call: Call, endpoint: Record) -> tuple[str, int]:
    """A deployment and its port: the one in the header, else one with traffic. The split is among those that run."""
    name = endpoint.properties["name"]
    asked = call.request.headers.get(DEPLOYMENT_HEADER)
    if asked:
        find_deployment(context, ONLINE, name, asked)
        weights = {asked: 100}
    else:
        traffic = endpoint.properties["properties"]["traffic"]
        weights = {one: traffic[one] for one in deployment_names(context, ONLINE, name) if traffic.get(one)}
    if not weights:
        raise not_found(f"The endpoint {name} has no deployment with traffic. Name one in {DEPLOYMENT_HEADER}.")
    found = {one: served(context.root, name, one) for one in weights} if context.root else {}
    ports = {
        one: server.port for one, server in found.items() if server and server.version == _version(context, name, one)
    }
    if not ports:
        old = next((one for one, server in found.items() if server), None)
        raise _not_served(name, list(weights)) if old is None else _changed(f"{name}/{old}")
    chosen = random.choices(list(ports), [weights[one] for one in ports])[0]  # noqa: S311 - no secret
    return chosen, ports[chosen]


def _version(context: Context, endpoint: str, deployment: str) -> str:
    record = find_deployment(context, ONLINE, endpoint, deployment)
    return deployment_version(record.created, record.properties["properties"])


def _not_served(endpoint: str, deployments: list[str]) -> ArmError:
    one = f"{endpoint}/{deployments[0]}" if len(deployments) == 1 else endpoint
    message = (
        f"The local workspace runs no deployment of {endpoint} by itself. Run: amlpriv local serve {one} "
        "(if that runs already, it is still starting)"
    )
    return ArmError(503, "NotServedByLocalWorkspace", message, headers=_SOON)


def _changed(one: str) -> ArmError:
    message = (
        f"{one} was changed after it was served, and the old one does not answer for it. 'amlpriv local serve' "
        f"restarts it within seconds; where that has ended, serve it again: amlpriv local serve {one}"
    )
    return ArmError(503, "NotServedByLocalWorkspace", message, headers=_SOON)


def _versions(context: Context, call: Call) -> Response:
    """What `local serve` looks at from time to time: whether its deployments are still the same."""
    name = call["endpoint"]
    with context.store.lock:
        names = deployment_names(context, ONLINE, name)
        return json_response({"versions": {one: _version(context, name, one) for one in names}})


def _seconds(settings: Mapping[str, str]) -> float:
    """``requestTimeout`` of a deployment, an ISO 8601 duration."""
    match = _DURATION.fullmatch(settings.get("requestTimeout") or "")
    hours, minutes, seconds = (float(part or 0) for part in match.groups()) if match else (0.0, 0.0, 0.0)
    return hours * 3600 + minutes * 60 + seconds or 5.0


def _ask(call: Call, path: str, deployment: str, port: int, timeout: float) -> Response:
    headers = {name: call.request.headers[name] for name in _PASSED if name in call.request.headers}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(call.request.method, path, call.request.body or None, headers)
        answer = connection.getresponse()
        body = answer.read()
    except TimeoutError:
        message = f"The deployment {deployment} took longer than its requestTimeout, {timeout:g} seconds."
        raise ArmError(408, "RequestTimeout", message) from None
    except (OSError, http.client.HTTPException):
        message = f"The server of the deployment {deployment} did not answer; see the window with 'local serve'."
        raise ArmError(503, "NotServedByLocalWorkspace", message, headers=_SOON) from None
    finally:
        connection.close()
    kept = {name: value for name, value in answer.getheaders() if name.lower() in _RETURNED}
    kept[DEPLOYMENT_HEADER] = deployment
    if answer.status == 200:
        return Response(200, body, kept)
    reason = {"ms-azureml-model-error-statuscode": str(answer.status), "ms-azureml-model-error-reason": "model_error"}
    return Response(424, body, {**kept, **reason})


def _invoke_batch(context: Context, call: Call) -> Response:
    name = _endpoint_name(call)
    with context.store.lock:
        find_endpoint(context, BATCH, name)
    message = f"The local workspace stores batch endpoints and does not run them: {name} was not invoked."
    raise ArmError(501, "NotImplementedByLocalWorkspace", message)


ROUTES = (
    Route("GET", f"{PREFIX}deployments/{{endpoint}}", _versions, Access.CONTROL),
    Route("POST", "/score", partial(_forward, "/score"), Access.OPEN),
    Route("GET", "/score", partial(_forward, "/score"), Access.OPEN),
    Route("GET", "/swagger.json", partial(_forward, "/swagger.json"), Access.OPEN),
    Route("POST", "/jobs", _invoke_batch, Access.OPEN),
)
