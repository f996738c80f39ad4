"""amlpriv's own questions about the feeds, below ``/_amlpriv/feeds``: what `amlpriv local feed` and tests ask."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from packaging.utils import canonicalize_version
from packaging.version import InvalidVersion, Version

from amlpriv.errors import AmlprivError, ConflictError, InputError, NotFoundError
from amlpriv.local.feed.feeds import ORGANISATION, PROJECT, Feed
from amlpriv.local.feed.packages import VIEWS, Package, Packages, normalised
from amlpriv.local.feed.service import FeedService
from amlpriv.local.plane.context import Context
from amlpriv.local.plane.http import ArmError, Json, Response, json_response
from amlpriv.local.plane.routing import Access, Call, Handler, Route

__all__ = ["ROUTES"]

_STATUS = {ConflictError: 409, InputError: 400, NotFoundError: 404}


def _list(context: Context, _call: Call) -> Response:
    service = _service(context)
    return json_response({"value": [_shown(service, feed) for feed in service.feeds.all]})


def _create(context: Context, call: Call) -> Response:
    asked, service = call.document(), _service(context)
    project = asked.get("project", PROJECT)
    made = service.feeds.create(
        str(asked.get("name", "")),
        organisation=str(asked.get("organisation", ORGANISATION)),
        project=None if project is None else str(project),
        upstream=bool(asked.get("upstream", True)),
        redirect_to=str(asked.get("redirect_to", "")),
    )
    return json_response(_shown(service, made))


def _change(context: Context, call: Call) -> Response:
    service = _service(context)
    return json_response(_shown(service, service.feeds.change(service.feeds.named(call["feed"]), call.document())))


def _delete(context: Context, call: Call) -> Response:
    packages, version = _packages(context, call), _version(call)
    if not packages.delete(call["package"], version):
        raise _no_version(call)
    return json_response({"deleted": version})


def _promote(context: Context, call: Call) -> Response:
    """A version stands in a view from now on; the service has no way back (Azure Artifacts, "Feed views")."""
    packages, version = _packages(context, call), _version(call)
    view = next((one for one in VIEWS if one.lower() == call["view"].lower()), None)
    if view is None:
        raise InputError(f"There is no view {call['view']!r}. The views are {', '.join(VIEWS)}.")
    with packages.hold(call["package"]):
        package = packages.read(call["package"])
        if not (files := package.of_version(version)):
            raise _no_version(call)
        version = files[0].version
        if (version, view) not in package.views:
            package = packages.save(replace(package, views=(*package.views, (version, view))))
    return json_response(_package(package))


def _allow_external(context: Context, call: Call) -> Response:
    """As the service's ``.../pypi/packages/{name}/upstreaming``; here it counts at once, there after hours."""
    packages = _packages(context, call)
    with packages.hold(call["package"]):
        package = replace(packages.read(call["package"]), allow_external=bool(call.document().get("allow")))
        return json_response(_package(packages.save(package)))


def _service(context: Context) -> FeedService:
    if context.feeds is None:
        raise ArmError(501, "NotImplementedByLocalWorkspace", "This control plane has no feeds.")
    return context.feeds


def _packages(context: Context, call: Call) -> Packages:
    service = _service(context)
    return service.packages(service.feeds.named(call["feed"]))


def _version(call: Call) -> str:
    try:
        return str(Version(call["version"]))
    except InvalidVersion:
        raise InputError(f"{call['version']!r} is no version.") from None


def _no_version(call: Call) -> NotFoundError:
    return NotFoundError(f"The feed {call['feed']!r} has no {normalised(call['package'])} {call['version']}.")


def _shown(service: FeedService, feed: Feed) -> Json:
    packages = service.packages(feed)
    return {
        "name": feed.name,
        "id": feed.id,
        "organisation": feed.organisation,
        "project": feed.project,
        "project_id": feed.project_id,
        "upstream": feed.upstream,
        "redirect_to": feed.redirect_to,
        "packages": [_package(packages.read(name)) for name in packages.names()],
    }


def _package(package: Package) -> Json:
    versions: dict[str, Any] = {}
    for file in package.files:
        key = canonicalize_version(file.version)
        known = versions.setdefault(key, {"version": file.version, "origin": file.origin, "files": []})
        known["files"].append({"filename": file.filename, "sha256": file.sha256, "size": file.size})
    for version, view in package.views:
        versions[canonicalize_version(version)].setdefault("views", []).append(view)
    return {
        "name": package.name,
        "versions": list(versions.values()),
        "deleted": list(package.deleted),
        "allow_external": package.allow_external,
    }


def _told(handler: Handler) -> Handler:
    """Errors of ours with the status that says which they are."""

    def call(context: Context, asked: Call) -> Response:
        try:
            return handler(context, asked)
        except AmlprivError as error:
            status = _STATUS.get(type(error), 500)
            raise ArmError(status, type(error).__name__, " ".join(filter(None, (error.message, error.hint)))) from error

    return call


_FEED = "/_amlpriv/feeds/{feed}"
ROUTES = (
    Route("GET", "/_amlpriv/feeds", _told(_list), Access.CONTROL),
    Route("POST", "/_amlpriv/feeds", _told(_create), Access.CONTROL),
    Route("PATCH", _FEED, _told(_change), Access.CONTROL),
    Route("DELETE", f"{_FEED}/{{package}}/{{version}}", _told(_delete), Access.CONTROL),
    Route("PUT", f"{_FEED}/{{package}}/{{version}}/{{view}}", _told(_promote), Access.CONTROL),
    Route("PUT", f"{_FEED}/{{package}}/upstreaming", _told(_allow_external), Access.CONTROL),
)
