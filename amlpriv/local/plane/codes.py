"""Code: folders that jobs and components run (REST reference: Code Containers, Code Versions).

Not documented, and assumed here: a question for a hash is answered with the same content under any name, since the
client takes the name from the answer's id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.fields import properties_of, required, texts
from amlpriv.local.plane.http import Json, Response
from amlpriv.local.plane.pending_uploads import pending_upload_routes
from amlpriv.local.plane.resources import page
from amlpriv.local.plane.routing import WORKSPACE_PATH, Call, Route
from amlpriv.local.plane.versioned import Kind, list_versions, read_common, routes, version_body

__all__ = ["ROUTES"]


def _read(_context: Context, document: Json) -> Json:
    given = properties_of(document)
    properties = texts(given, "properties", strict=False)
    return {**read_common(document), "properties": properties, "codeUri": required(given, "codeUri")}


def _content(properties: Mapping[str, Any]) -> object:
    return str(properties["codeUri"]).rstrip("/")


_KIND = Kind(segment="codes", noun="code", read=_read, content=_content, immutable=("codeUri", "properties"))


def _list_versions(context: Context, call: Call) -> Response:
    digest = call.query("hash")
    if not digest:
        return list_versions(_KIND, context, call)
    with context.store.lock:
        return page(call, _with_hash(context, digest, call.query("hashVersion")))


def _with_hash(context: Context, digest: str, version: str | None) -> Iterator[Json]:
    for container in context.store.assets("codes").newest_first():
        for record in reversed(container.versions.values()):
            hashes = record.properties.get("properties") or {}
            if hashes.get("hash_sha256") == digest and version in (None, hashes.get("hash_version")):
                yield version_body(context, _KIND, container, record)


ROUTES = (
    Route("GET", f"{WORKSPACE_PATH}/codes/{{name}}/versions", _list_versions),
    *pending_upload_routes(("codes", "models", "data", "environments")),
    *routes(_KIND),
)
