"""Data assets (REST reference: Data Containers, Data Versions)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.fields import properties_of, refusal, required, text
from amlpriv.local.plane.http import Json
from amlpriv.local.plane.locations import resolved_address
from amlpriv.local.plane.versioned import Kind, read_common, read_container, routes

__all__ = ["KIND", "ROUTES"]

_TYPES = ("uri_file", "uri_folder", "mltable")


def _read(context: Context, document: Json) -> Json:
    given = properties_of(document)
    kind = required(given, "dataType")
    if kind not in _TYPES:
        raise refusal(f"dataType is one of {', '.join(_TYPES)}.")
    uri = resolved_address(context, required(given, "dataUri"))
    properties = {**read_common(document), "dataType": kind, "dataUri": uri}
    if kind == "mltable":
        properties["referencedUris"] = _uris(given)
    return properties


def _uris(given: Json) -> list[str]:
    uris = given.get("referencedUris") or []
    if not isinstance(uris, list) or not all(isinstance(uri, str) for uri in uris):
        raise refusal("referencedUris is not a list of strings.")
    return uris


def _read_container(document: Json) -> Json:
    kind = text(properties_of(document), "dataType")
    return {**read_container(document), **({"dataType": kind} if kind else {})}


def _content(properties: Mapping[str, Any]) -> object:
    return properties["dataType"], str(properties["dataUri"]).rstrip("/")


KIND = Kind(
    segment="data",
    noun="data asset",
    read=_read,
    content=_content,
    immutable=("dataType", "dataUri", "referencedUris"),
    read_container=_read_container,
)

ROUTES = routes(KIND)
