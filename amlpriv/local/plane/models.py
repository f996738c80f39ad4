"""Models (REST reference: Model Containers, Model Versions)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from amlpriv.errors import AmlprivError
from amlpriv.local.plane.context import Context
from amlpriv.local.plane.fields import mapping, properties_of, required, text
from amlpriv.local.plane.http import Json
from amlpriv.local.plane.locations import locate, resolved_address
from amlpriv.local.plane.versioned import Kind, read_common, routes

__all__ = ["KIND", "ROUTES"]

_MLFLOW = "mlflow_model"
_JOB = re.compile(r"(?:azureml://(?:.*/)?jobs/|runs:/|azureml://.*/ExperimentRun/dcid\.)(?P<job>[^/]+)/", re.IGNORECASE)


def _read(context: Context, document: Json) -> Json:
    given = properties_of(document)
    given_uri, kind = required(given, "modelUri"), text(given, "modelType") or "custom_model"
    uri = resolved_address(context, given_uri)
    flavors = mapping(given, "flavors")
    if flavors is None:
        flavors = _flavors(context, uri) if kind == _MLFLOW else {}
    job = _JOB.match(uri) or _JOB.match(given_uri)
    properties = {
        **read_common(document),
        "modelUri": uri,
        "modelType": kind,
        "flavors": flavors,
        "jobName": text(given, "jobName") or (job["job"] if job else None),
    }
    if isinstance(given.get("datasets"), list):
        properties["datasets"] = given["datasets"]
    return properties


def _flavors(context: Context, uri: str) -> Json:
    """What the file MLmodel in the model's folder says; nothing when it cannot be read."""
    place = locate(context, uri)
    if place is None or context.blobs is None:
        return {}
    container, path = place
    try:
        document = yaml.safe_load(context.blobs.read(container, f"{path.rstrip('/')}/MLmodel"))
    except (AmlprivError, yaml.YAMLError, RecursionError, ValueError):
        return {}
    flavors = document.get("flavors") if isinstance(document, dict) else None
    if not isinstance(flavors, dict):
        return {}
    return {str(name): {"data": _texts(data)} for name, data in flavors.items() if isinstance(data, dict)}


def _texts(data: Mapping[Any, Any]) -> dict[str, str]:
    """FlavorData is a dictionary of strings (REST reference)."""
    return {
        str(name): value if isinstance(value, str) else json.dumps(value, default=str)
        for name, value in data.items()
        if value is not None
    }


def _content(properties: Mapping[str, Any]) -> object:
    return str(properties["modelUri"]).rstrip("/"), properties["modelType"]


KIND = Kind(
    segment="models",
    noun="model",
    read=_read,
    content=_content,
    immutable=("modelUri", "modelType", "flavors", "jobName"),
)

ROUTES = routes(KIND)
