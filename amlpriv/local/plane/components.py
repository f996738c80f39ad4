"""Components: steps of pipelines, and pipelines as steps (REST reference: Component Containers, Component Versions).

Not documented, and assumed here: what only describes a component may change; an anonymous one is named after its
content and may be written again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.deployment_content import find_asset
from amlpriv.local.plane.fields import mapping, properties_of, refusal, required, text, texts, without_empty
from amlpriv.local.plane.http import Json
from amlpriv.local.plane.store import Record
from amlpriv.local.plane.versioned import Kind, read_common, routes

__all__ = ["ROUTES"]

_TYPES = (
    "automl",
    "command",
    "data_transfer",
    "flow",
    "import",
    "parallel",
    "pipeline",
    "promptflow_parallel",
    "spark",
    "sweep",
)
"""Those of SDK v2 (its NodeType)."""
_ANONYMOUS = "azureml_anonymous"
_DESCRIPTIVE = frozenset({"$schema", "_source", "description", "display_name", "name", "tags", "version"})


def _read(context: Context, document: Json) -> Json:
    given = properties_of(document)
    specification = mapping(given, "componentSpec")
    if specification is None:
        raise refusal("componentSpec is required.")
    kind = required(specification, "type")
    if kind.lower().partition("@")[0] not in _TYPES:
        raise refusal(f"componentSpec.type is one of {', '.join(_TYPES)}; not '{kind}'.")
    _check_environment(context, specification)
    properties = texts(given, "properties", strict=False)
    anonymous = specification.get("name") == _ANONYMOUS
    common = {**read_common(document), "properties": properties}
    return {**common, "isAnonymous": anonymous or common["isAnonymous"], "componentSpec": specification}


def _check_environment(context: Context, specification: Json) -> None:
    """ArmError (400) when it names an environment that is not there; of a registry's nothing is known."""
    for owner in (specification, specification.get("task")):  # of a parallel component it is the task's
        identifier = text(owner, "environment") if isinstance(owner, dict) else None
        if identifier:
            with context.store.lock:
                find_asset(context, "environments", identifier)


def _content(properties: Mapping[str, Any]) -> object:
    if properties["isAnonymous"]:
        return _ANONYMOUS
    specification = {
        name: without_empty(value) for name, value in properties["componentSpec"].items() if name not in _DESCRIPTIVE
    }
    return {name: value for name, value in specification.items() if value is not None}


def _complete(_context: Context, record: Record) -> Json:
    """Clients that leave the version to the service find name and version in the specification."""
    return {"componentSpec": {**record.properties["componentSpec"], "name": record.name, "version": record.version}}


_KIND = Kind(
    segment="components",
    noun="component",
    read=_read,
    content=_content,
    immutable=(),
    complete=_complete,
    hidden=_ANONYMOUS,
    default="azureml_default",
)

ROUTES = routes(_KIND)
