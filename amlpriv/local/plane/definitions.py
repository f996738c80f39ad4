"""SDK v1's environment definitions (``Environment.register``, ``get``, ``list``), as that SDK sends and reads them.

A version of an environment never changes. A definition that equals the latest one makes no new version. Environments of
SDK v1 and v2 are kept apart here; in Azure ML either SDK sees them all.
"""

from __future__ import annotations

from typing import Any

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.environment_content import check_name
from amlpriv.local.plane.http import ArmError, Json, Response, json_response
from amlpriv.local.plane.resources import not_found
from amlpriv.local.plane.routing import WORKSPACE_PATH, Access, Call, Route
from amlpriv.local.plane.store import Assets, Container

__all__ = ["ROUTES"]

_FIELDS = ("python", "environmentVariables", "docker", "spark", "inferencingStackVersion", "r")
_PAGE = 100


def _assets(context: Context) -> Assets:
    return context.store.assets("definitions")


def _find(context: Context, name: str) -> Container:
    found = _assets(context).get(name)
    if found is None or not found.versions:
        raise not_found(f"No environment exists for name: {name}")
    return found


def _body(container: Container, version: str) -> Json:
    record = container.versions[version]
    return {"name": record.name, "version": version, **record.properties}


def _put(context: Context, call: Call) -> Response:
    name, version = call["name"], call.parameters.get("version")
    check_name(name, version)
    definition = _definition(call.document())
    with context.store.lock:
        assets = _assets(context)
        container = assets.get(name)
        if version is None:
            version = _next_version(container, definition)
        known = container.versions.get(version) if container else None
        if container is not None and known is not None:
            if dict(known.properties) != definition:
                raise ArmError(409, "Conflict", f"Environment {name} with version {version} cannot be changed.")
            return json_response(_body(container, version))
        return json_response(_body(assets.put_version(name, version, definition), version))


def _definition(document: Json) -> Json:
    """The fields that make up a definition; the client writes some of their names with a capital letter."""
    given: dict[str, Any] = {key[:1].lower() + key[1:]: value for key, value in document.items()}
    return {field: given.get(field) for field in _FIELDS}


def _next_version(container: Container | None, definition: Json) -> str:
    if container is None or container.latest is None:
        return "1"
    if dict(container.versions[container.latest].properties) == definition:
        return container.latest
    return str(container.highest + 1)


def _get(context: Context, call: Call) -> Response:
    name, version = call["name"], call.parameters.get("version")
    with context.store.lock:
        container = _find(context, name)
        version = version or container.latest or ""
        if version not in container.versions:
            raise not_found(f"No environment exists for name: {name}, version: {version}")
        return json_response(_body(container, version))


def _list(context: Context, call: Call) -> Response:
    """The latest version of every environment, 100 at a time."""
    offset = call.number("continuation") or 0
    with context.store.lock:
        found = [item for item in _assets(context).newest_first() if item.latest is not None]
        value = [_body(item, item.latest or "") for item in found[offset : offset + _PAGE]]
    more = str(offset + _PAGE) if len(found) > offset + _PAGE else None
    return json_response({"value": value, "continuationToken": more})


_PATH = f"/environment/v1.0{WORKSPACE_PATH}/environments"

ROUTES = (
    Route("GET", _PATH, _list, Access.SERVICE),
    Route("GET", f"{_PATH}/{{name}}", _get, Access.SERVICE),
    Route("PUT", f"{_PATH}/{{name}}", _put, Access.SERVICE),
    Route("GET", f"{_PATH}/{{name}}/versions/{{version}}", _get, Access.SERVICE),
    Route("PUT", f"{_PATH}/{{name}}/versions/{{version}}", _put, Access.SERVICE),
)
