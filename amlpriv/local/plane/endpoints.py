"""Online and batch endpoints (REST reference: Online Endpoints, Batch Endpoints).

Names compare without regard to case: they become host names. An endpoint takes its deployments along when it goes.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from functools import partial

from amlpriv.local.plane import operations
from amlpriv.local.plane.context import Context
from amlpriv.local.plane.endpoint_content import (
    BATCH,
    ONLINE,
    Kind,
    check_traffic,
    merged,
    read_endpoint,
    shown,
)
from amlpriv.local.plane.endpoint_tokens import issue_token
from amlpriv.local.plane.fields import mapping, refusal, text
from amlpriv.local.plane.http import Json, Response, json_response
from amlpriv.local.plane.resources import not_found, page, resource
from amlpriv.local.plane.routing import WORKSPACE_PATH, Call, Route
from amlpriv.local.plane.store import Record

__all__ = ["ROUTES", "deployment_names", "find_endpoint"]


def find_endpoint(context: Context, kind: Kind, name: str) -> Record:
    """The endpoint's record; ArmError (404)."""
    found = context.store.assets(kind.segment).get(name.lower())
    if found is None:
        raise not_found(f"The {kind.noun} {name} does not exist in this workspace.")
    return found.record


def deployment_names(context: Context, kind: Kind, endpoint: str) -> list[str]:
    """Names of the endpoint's deployments, in the spelling that they were made with."""
    prefix = f"{endpoint.lower()}/"
    records = [container.record for container in context.store.assets(kind.deployments).newest_first()]
    return [record.properties["name"] for record in records if record.name.startswith(prefix)]


def _body(kind: Kind, record: Record) -> Json:
    own = shown(kind, record.properties)
    path = f"{kind.segment}/{record.properties['name']}"
    body = resource(path, kind.segment, own["properties"], created=record.created, modified=record.modified)
    return {**body, **own}


def _get(kind: Kind, context: Context, call: Call) -> Response:
    with context.store.lock:
        return json_response(_body(kind, find_endpoint(context, kind, call["name"])))


def _put(kind: Kind, context: Context, call: Call) -> Response:
    document = call.document()
    with context.store.lock:
        known = context.store.assets(kind.segment).get(call["name"].lower())
        body = _write(kind, context, call["name"], document)
        return operations.answer(context, call, status=200 if known else 201, body=body, what=f"The {kind.noun}")


def _patch(kind: Kind, context: Context, call: Call) -> Response:
    document = call.document()
    with context.store.lock:
        known = find_endpoint(context, kind, call["name"]).properties
        body = _write(kind, context, known["name"], merged(known, document))
        return operations.answer(context, call, status=202, body=body, what=f"The {kind.noun}")


def _write(kind: Kind, context: Context, name: str, document: Json) -> Json:
    assets = context.store.assets(kind.segment)
    known = assets.get(name.lower())
    wanted = read_endpoint(kind, name, document)
    properties = wanted["properties"]
    present = deployment_names(context, kind, name)
    if kind is ONLINE:
        check_traffic(properties, present)
    else:
        _check_default(properties, present)
    if known is not None:
        wanted["name"] = known.record.properties["name"]
        if known.record.properties["properties"]["authMode"] != properties["authMode"]:
            raise refusal("The authMode of an endpoint cannot be changed.")
    given = mapping(document["properties"], "keys") or {}
    keys = known.record.properties["keys"] if known is not None else _first_keys(given)
    record = {**wanted, "keys": keys, "state": operations.state(context)}
    return _body(kind, assets.put_container(name.lower(), record).record)


def _check_default(properties: Json, present: list[str]) -> None:
    default = text(properties["defaults"] or {}, "deploymentName")
    if default and default not in present:
        raise refusal(f"defaults.deploymentName is '{default}', and there is no such deployment.")


def _first_keys(given: Json) -> dict[str, str]:
    """The caller's own, or new ones."""
    primary, secondary = text(given, "primaryKey"), text(given, "secondaryKey")
    return {"primary": primary or _new_key(), "secondary": secondary or _new_key()}


def _new_key() -> str:
    return secrets.token_urlsafe(24)


def _delete(kind: Kind, context: Context, call: Call) -> Response:
    name = call["name"].lower()
    with context.store.lock:
        if context.store.assets(kind.segment).get(name) is None:
            return Response(204)
        if not operations.fails(context):
            deployments = context.store.assets(kind.deployments)
            for deployment in deployment_names(context, kind, name):
                deployments.delete(f"{name}/{deployment.lower()}")
            context.store.assets(kind.segment).delete(name)
        return operations.answer(context, call, status=202, body=None, what=f"The deletion of {call['name']}")


def _list(kind: Kind, context: Context, call: Call) -> Response:
    with context.store.lock:
        return page(call, _wanted(kind, context, call), top="count")


def _wanted(kind: Kind, context: Context, call: Call) -> Iterator[Json]:
    name = call.query("name")
    for container in context.store.assets(kind.segment).newest_first():
        if name is None or container.record.name == name.lower():
            yield _body(kind, container.record)


def _list_keys(kind: Kind, context: Context, call: Call) -> Response:
    with context.store.lock:
        record = find_endpoint(context, kind, call["name"])
        if record.properties["properties"]["authMode"] != "Key":
            raise refusal(f"The {kind.noun} {call['name']} does not use keys for authentication.")
        keys = record.properties["keys"]
        return json_response({"primaryKey": keys["primary"], "secondaryKey": keys["secondary"]})


def _regenerate_keys(kind: Kind, context: Context, call: Call) -> Response:
    document = call.document()
    which = (text(document, "keyType") or "").lower()
    if which not in ("primary", "secondary"):
        raise refusal("keyType is 'Primary' or 'Secondary'.")
    with context.store.lock:
        record = find_endpoint(context, kind, call["name"])
        if record.properties["properties"]["authMode"] != "Key":
            raise refusal(f"The {kind.noun} {call['name']} does not use keys for authentication.")
        keys = record.properties["keys"]
        wanted = text(document, "keyValue")
        # SDK v2 sends the key as it is, and expects another one.
        keys = {**keys, which: wanted if wanted and wanted != keys[which] else _new_key()}
        context.store.assets(kind.segment).put_container(record.name, {**record.properties, "keys": keys})
        return operations.answer(context, call, status=202, body=None, what=f"The {which} key")


def _token(kind: Kind, context: Context, call: Call) -> Response:
    with context.store.lock:
        record = find_endpoint(context, kind, call["name"])
    if record.properties["properties"]["authMode"] != "AMLToken":
        raise refusal(f"The {kind.noun} {call['name']} does not use tokens of Azure Machine Learning.")
    return json_response(issue_token(record.name, record.properties["keys"]["primary"], context.now()))


def _routes(kind: Kind) -> Iterator[Route]:
    path = f"{WORKSPACE_PATH}/{kind.segment}"
    yield Route("GET", path, partial(_list, kind))
    for method, handler in (("GET", _get), ("PUT", _put), ("PATCH", _patch), ("DELETE", _delete)):
        yield Route(method, f"{path}/{{name}}", partial(handler, kind))
    yield Route("POST", f"{path}/{{name}}/listKeys", partial(_list_keys, kind))
    yield Route("POST", f"{path}/{{name}}/regenerateKeys", partial(_regenerate_keys, kind))
    yield Route("POST", f"{path}/{{name}}/token", partial(_token, kind))


ROUTES = (*_routes(ONLINE), *_routes(BATCH))
