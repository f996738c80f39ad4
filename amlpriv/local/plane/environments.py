"""Environments and their versions (REST reference: Environment Containers, Environment Versions).

Not documented, and assumed here: conda files are compared as YAML, not as text; an archived environment makes all its
versions count as archived until it is restored itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.environment_content import (
    check_name,
    content_of,
    immutable,
    read_container,
    read_version,
)
from amlpriv.local.plane.http import ArmError, Json, Response, json_response
from amlpriv.local.plane.resources import is_listed, not_found, page, resource
from amlpriv.local.plane.routing import WORKSPACE_PATH, Call, Route
from amlpriv.local.plane.store import Assets, Container, Record

__all__ = ["ROUTES"]

ANONYMOUS = "CliV2AnonymousEnvironment"
"""The name under which SDK v2 keeps environments that have none."""


def _assets(context: Context) -> Assets:
    return context.store.assets("environments")


def _container(context: Context, call: Call) -> Container:
    found = _assets(context).get(call["name"])
    if found is None:
        raise not_found(f"No environment exists for name: {call['name']}")
    return found


def _version_body(container: Container, record: Record) -> Json:
    properties = {**record.properties, "environmentType": "UserCreated", "provisioningState": "Succeeded"}
    properties["isArchived"] = _is_archived(container, record)
    path = f"environments/{record.name}/versions/{record.version}"
    return resource(path, "environments/versions", properties, created=record.created, modified=record.modified)


def _container_body(container: Container) -> Json:
    record = container.record
    properties = {
        "description": None,
        "tags": {},
        "properties": {},
        "isArchived": False,
        **record.properties,
        "latestVersion": container.latest,
        "nextVersion": str(container.highest + 1),
        "provisioningState": "Succeeded",
    }
    path = f"environments/{record.name}"
    return resource(path, "environments", properties, created=record.created, modified=record.modified)


def _is_archived(container: Container, record: Record) -> bool:
    return bool(record.properties.get("isArchived") or container.record.properties.get("isArchived"))


def _get_version(context: Context, call: Call) -> Response:
    with context.store.lock:
        found = _assets(context).get(call["name"])
        record = found.versions.get(call["version"]) if found else None
        if found is None or record is None:
            raise not_found(f"No environment exists for name: {call['name']}, version: {call['version']}")
        return json_response(_version_body(found, record))


def _put_version(context: Context, call: Call) -> Response:
    name, version = call["name"], call["version"]
    check_name(name, version)
    properties = read_version(call.document())

    with context.store.lock:
        assets = _assets(context)
        container = assets.get(name)
        known = container.versions.get(version) if container else None
        if known is not None:
            if content_of(known.properties) != content_of(properties):
                message = f"Environment {name} with version {version} is already registered and cannot be changed."
                raise ArmError(409, "UserError", message)
            properties = {**properties, **immutable(known.properties)}
        written = assets.put_version(name, version, properties)
        return json_response(_version_body(written, written.versions[version]), 200 if known else 201)


def _list_versions(context: Context, call: Call) -> Response:
    order = (call.query("$orderBy") or "createdtime desc").lower().split()
    if order not in (["createdtime"], ["createdtime", "asc"], ["createdtime", "desc"]):
        raise ArmError(400, "BadArgument", "$orderBy is 'createdtime asc' or 'createdtime desc' here.")
    with context.store.lock:
        container = _container(context, call)
        records = container.versions.values()
        ordered = reversed(records) if order[-1] == "desc" else iter(records)
        return page(call, _visible_versions(call, container, ordered))


def _visible_versions(call: Call, container: Container, records: Iterator[Record]) -> Iterator[Json]:
    for record in records:
        if not record.properties.get("isAnonymous") and is_listed(call, archived=_is_archived(container, record)):
            yield _version_body(container, record)


def _get_container(context: Context, call: Call) -> Response:
    with context.store.lock:
        return json_response(_container_body(_container(context, call)))


def _put_container(context: Context, call: Call) -> Response:
    check_name(call["name"])
    properties = read_container(call.document())
    with context.store.lock:
        known = _assets(context).get(call["name"])
        container = _assets(context).put_container(call["name"], properties)
        return json_response(_container_body(container), 200 if known else 201)


def _list_containers(context: Context, call: Call) -> Response:
    with context.store.lock:
        return page(call, _visible_containers(call, _assets(context).newest_first()))


def _visible_containers(call: Call, containers: Iterator[Container]) -> Iterator[Json]:
    for container in containers:
        archived = bool(container.record.properties.get("isArchived"))
        if container.record.name != ANONYMOUS and is_listed(call, archived=archived):
            yield _container_body(container)


_PATH = f"{WORKSPACE_PATH}/environments"

ROUTES = (
    Route("GET", _PATH, _list_containers),
    Route("GET", f"{_PATH}/{{name}}", _get_container),
    Route("PUT", f"{_PATH}/{{name}}", _put_container),
    Route("GET", f"{_PATH}/{{name}}/versions", _list_versions),
    Route("GET", f"{_PATH}/{{name}}/versions/{{version}}", _get_version),
    Route("PUT", f"{_PATH}/{{name}}/versions/{{version}}", _put_version),
)
