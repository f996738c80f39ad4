"""What versioned assets have in common (REST reference: ... Containers and ... Versions of each kind).

A kind of asset is one `Kind`, and its routes are ``routes(kind)``. Not documented, and assumed here: an archived asset
makes all its versions count as archived until it is restored itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.fields import flag, properties_of, refusal, text, texts
from amlpriv.local.plane.http import ArmError, Json, Response, json_response
from amlpriv.local.plane.resources import is_listed, not_found, page, resource
from amlpriv.local.plane.routing import WORKSPACE_PATH, Call, Route
from amlpriv.local.plane.store import Assets, Container, Record

__all__ = ["Kind", "check_name", "list_versions", "read_common", "read_container", "routes", "version_body"]

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,254}")
"""REST reference, plus the dot that names of curated assets have."""


def check_name(noun: str, name: str, version: str | None = None) -> None:
    """ArmError (400) when the service would not take the name or the version."""
    for what, value in (("name", name), ("version", version)):
        if value is not None and not _NAME.fullmatch(value):
            raise refusal(f"The {noun} {what} is not valid: at most 255 letters, digits, '-', '_' and '.'.")


def read_container(document: Json) -> Json:
    """The properties of ``{"properties": {...}}`` that an asset without version has; ArmError (400)."""
    given = properties_of(document)
    return {
        "description": text(given, "description"),
        "tags": texts(given, "tags"),
        "properties": texts(given, "properties", strict=False),
        "isArchived": flag(given, "isArchived"),
    }


def read_common(document: Json) -> Json:
    """The properties that a version of any kind has; ArmError (400)."""
    given = properties_of(document)
    common = {**read_container(document), "isAnonymous": flag(given, "isAnonymous")}
    stage = text(given, "stage")
    return common if stage is None else {**common, "stage": stage}


def _nothing(_context: Context, _record: Record) -> Json:
    return {}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of versioned asset."""

    segment: str
    """Its name in paths and in the store, for instance ``models``."""
    noun: str
    """Its name in messages, for instance ``model``."""
    read: Callable[[Context, Json], Json]
    """The properties to keep of a version's body; ArmError (400)."""
    content: Callable[[Mapping[str, Any]], object]
    """The part of the properties that a registered version never changes, in a form that compares."""
    immutable: tuple[str, ...]
    """The properties with that part: a registered version keeps its own."""
    complete: Callable[[Context, Record], Json] = _nothing
    """What the service adds to a version that it shows."""
    read_container: Callable[[Json], Json] = read_container
    check: Callable[[str, str | None], None] | None = None
    """Of name and version, instead of `check_name`."""
    hidden: str | None = None
    """The name under which anonymous assets are kept: it is in no list."""
    default: str | None = None
    """A word that stands for the version that was created last and is not archived."""


def version_body(context: Context, kind: Kind, container: Container, record: Record) -> Json:
    """A version as clients see it."""
    properties = {**record.properties, **kind.complete(context, record), "provisioningState": "Succeeded"}
    properties["isArchived"] = _is_archived(container, record)
    path = f"{kind.segment}/{record.name}/versions/{record.version}"
    return resource(path, f"{kind.segment}/versions", properties, created=record.created, modified=record.modified)


def _container_body(kind: Kind, container: Container) -> Json:
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
    path = f"{kind.segment}/{record.name}"
    return resource(path, kind.segment, properties, created=record.created, modified=record.modified)


def _is_archived(container: Container, record: Record) -> bool:
    return bool(record.properties.get("isArchived") or container.record.properties.get("isArchived"))


def _is_chosen(call: Call, record: Record) -> bool:
    """Whether ``version``, ``tags`` and ``properties`` choose it (REST reference: ``tag1,tag2=value2``)."""
    if call.query("version") not in (None, record.version):
        return False
    for field in ("tags", "properties"):
        known = record.properties.get(field) or {}
        for asked in filter(None, (call.query(field) or call.query(f"${field}") or "").split(",")):
            name, given, value = asked.partition("=")
            if name not in known or (given and known[name] != value):
                return False
    return True


@dataclass(frozen=True, slots=True)
class _Handlers:
    """The operations of one kind."""

    kind: Kind

    def get_version(self, context: Context, call: Call) -> Response:
        """``GET {segment}/{name}/versions/{version}``."""
        with context.store.lock:
            found = self._assets(context).get(call["name"])
            record = self._version(found, call["version"]) if found else None
            if found is None or record is None:
                what = f"name: {call['name']}, version: {call['version']}"
                raise not_found(f"No {self.kind.noun} exists for {what}")
            return json_response(version_body(context, self.kind, found, record))

    def put_version(self, context: Context, call: Call) -> Response:
        """``PUT {segment}/{name}/versions/{version}``: 201, 200 for a known one, 409 when its content differs."""
        kind, name, version = self.kind, call["name"], call["version"]
        self._check(name, version)
        properties = kind.read(context, call.document())

        with context.store.lock:
            assets = self._assets(context)
            container = assets.get(name)
            known = container.versions.get(version) if container else None
            if known is not None:
                if kind.content(known.properties) != kind.content(properties):
                    what = f"{kind.noun.capitalize()} {name} with version {version}"
                    raise ArmError(409, "UserError", f"{what} is already registered and cannot be changed.")
                kept = {field: known.properties[field] for field in kind.immutable if field in known.properties}
                properties = {**properties, **kept}
            written = assets.put_version(name, version, properties)
            body = version_body(context, kind, written, written.versions[version])
            return json_response(body, 200 if known else 201)

    def list_versions(self, context: Context, call: Call) -> Response:
        """``GET {segment}/{name}/versions``, the one created last first unless ``$orderBy`` says otherwise."""
        order = (call.query("$orderBy") or "createdtime desc").lower().split()
        if order not in (["createdtime"], ["createdtime", "asc"], ["createdtime", "desc"]):
            raise ArmError(400, "BadArgument", "$orderBy is 'createdtime asc' or 'createdtime desc' here.")
        with context.store.lock:
            container = self._container(context, call)
            records = container.versions.values()
            ordered = reversed(records) if order[-1] == "desc" else iter(records)
            return page(call, self._visible_versions(context, call, container, ordered))

    def _visible_versions(
        self, context: Context, call: Call, container: Container, records: Iterable[Record]
    ) -> Iterator[Json]:
        for record in records:
            listed = is_listed(call, archived=_is_archived(container, record)) and _is_chosen(call, record)
            if listed and not record.properties.get("isAnonymous"):
                yield version_body(context, self.kind, container, record)

    def get_container(self, context: Context, call: Call) -> Response:
        """``GET {segment}/{name}``."""
        with context.store.lock:
            return json_response(_container_body(self.kind, self._container(context, call)))

    def put_container(self, context: Context, call: Call) -> Response:
        """``PUT {segment}/{name}``."""
        self._check(call["name"], None)
        properties = self.kind.read_container(call.document())
        with context.store.lock:
            known = self._assets(context).get(call["name"])
            container = self._assets(context).put_container(call["name"], properties)
            return json_response(_container_body(self.kind, container), 200 if known else 201)

    def list_containers(self, context: Context, call: Call) -> Response:
        """``GET {segment}``, the asset created last first."""
        with context.store.lock:
            return page(call, self._visible_containers(call, self._assets(context).newest_first()))

    def _visible_containers(self, call: Call, containers: Iterable[Container]) -> Iterator[Json]:
        for container in containers:
            archived = bool(container.record.properties.get("isArchived"))
            if self._is_named(container) and is_listed(call, archived=archived):
                yield _container_body(self.kind, container)

    def _is_named(self, container: Container) -> bool:
        """Whether somebody gave it a name: what has anonymous versions only is in no list."""
        versions = container.versions.values()
        anonymous = bool(versions) and all(record.properties.get("isAnonymous") for record in versions)
        return container.record.name != self.kind.hidden and not anonymous

    def delete_container(self, context: Context, call: Call) -> Response:
        """``DELETE {segment}/{name}``: with all versions; 204 when there is none."""
        with context.store.lock:
            return Response(200 if self._assets(context).delete(call["name"]) else 204)

    def delete_version(self, context: Context, call: Call) -> Response:
        """``DELETE {segment}/{name}/versions/{version}``; 204 when there is none."""
        with context.store.lock:
            return Response(200 if self._assets(context).delete_version(call["name"], call["version"]) else 204)

    def _assets(self, context: Context) -> Assets:
        return context.store.assets(self.kind.segment)

    def _container(self, context: Context, call: Call) -> Container:
        found = self._assets(context).get(call["name"])
        if found is None:
            raise not_found(f"No {self.kind.noun} exists for name: {call['name']}")
        return found

    def _version(self, container: Container, version: str) -> Record | None:
        if version != self.kind.default:
            return container.versions.get(version)
        newest = reversed(container.versions.values())
        return next((record for record in newest if not record.properties.get("isArchived")), None)

    def _check(self, name: str, version: str | None) -> None:
        if self.kind.check is not None:
            self.kind.check(name, version)
        else:
            check_name(self.kind.noun, name, version)


def list_versions(kind: Kind, context: Context, call: Call) -> Response:
    """``GET {segment}/{name}/versions``, for a kind that answers some of these questions itself."""
    return _Handlers(kind).list_versions(context, call)


def routes(kind: Kind) -> tuple[Route, ...]:
    """The operations that every versioned asset has. Put routes of your own before them."""
    path = f"{WORKSPACE_PATH}/{kind.segment}"
    does = _Handlers(kind)
    return (
        Route("GET", path, does.list_containers),
        Route("GET", f"{path}/{{name}}", does.get_container),
        Route("PUT", f"{path}/{{name}}", does.put_container),
        Route("DELETE", f"{path}/{{name}}", does.delete_container),
        Route("GET", f"{path}/{{name}}/versions", does.list_versions),
        Route("GET", f"{path}/{{name}}/versions/{{version}}", does.get_version),
        Route("PUT", f"{path}/{{name}}/versions/{{version}}", does.put_version),
        Route("DELETE", f"{path}/{{name}}/versions/{{version}}", does.delete_version),
    )
