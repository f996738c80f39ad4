"""Discovery: where a workspace's own services are. A workspace's ``discoveryUrl`` leads here; nobody signs in for it.

All services answer at one host here, so SDK v1 (which asks for ``history``, ``experimentation``, ``modelmanagement``,
...) and SDK v2 (``api``) find the same one.
"""

from __future__ import annotations

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.http import Response, json_response
from amlpriv.local.plane.names import LOCATION
from amlpriv.local.plane.routing import Access, Call, Route

__all__ = ["ROUTES", "SERVICE_HOST", "service_base"]

SERVICE_HOST = f"{LOCATION}.api.azureml.ms"
"""Where a workspace of this region has its services."""

_SERVICES = (
    "api",
    "assets",
    "catalog",
    "experimentation",
    "gallery",
    "history",
    "hyperdrive",
    "jasmine",
    "labeling",
    "modelmanagement",
    "notebooks",
    "pipelines",
)
_STUDIO = "https://ml.azure.com"
_PRODUCTION = ("management.azure.com", SERVICE_HOST)


def service_base(call: Call) -> str:
    """The address of the services: the production one, or the port that was asked, for clients without the proxy."""
    host = call.request.host.partition(":")[0].lower()
    return f"https://{SERVICE_HOST}" if host in _PRODUCTION else call.request.base


def _get(_context: Context, call: Call) -> Response:
    base = service_base(call)
    return json_response({**dict.fromkeys(_SERVICES, base), "studio": _STUDIO})


ROUTES = (
    Route("GET", "/discovery", _get, Access.OPEN),
    Route("GET", "/discovery/workspaces/{guid}", _get, Access.OPEN),
    Route("GET", "/discovery/v1.0", _get, Access.OPEN),
    Route("GET", "/discovery/v1.0/workspaces/{guid}", _get, Access.OPEN),
)
