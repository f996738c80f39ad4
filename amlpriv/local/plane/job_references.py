"""What a job refers to has to be there: environment, code, components, compute, registered inputs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.fields import refusal
from amlpriv.local.plane.http import ArmError

__all__ = ["check_references"]

_VERSION_ID = re.compile(
    r"(?:azureml:)?/subscriptions/.+/workspaces/[^/]+/(?P<kind>[a-z]+)/(?P<name>[^/]+)/versions/(?P<version>[^/]+)",
    re.IGNORECASE,
)
_COMPUTE_ID = re.compile(r"(?:azureml:)?(?:/subscriptions/.+/workspaces/[^/]+/computes/)?[^/]+", re.IGNORECASE)
_REGISTRY = re.compile(r"azureml://registries/", re.IGNORECASE)

_DEFAULT_VERSION = "azureml_default"
"""A component's version that was created last."""
_NOUNS = {
    "environments": "environment",
    "codes": "code",
    "components": "component",
    "data": "data asset",
    "models": "model",
}


def check_references(context: Context, properties: Mapping[str, Any]) -> None:
    """ArmError (400), naming what is missing. Hold the store's lock."""
    for where, kind, identifier in _references(properties):
        if kind != "computes":
            _check_version(context, where, kind, identifier)
        elif not _COMPUTE_ID.fullmatch(identifier):  # every name is this machine: see `computes`
            raise refusal(f"{where} is not the id of a compute in this workspace: {identifier}")


def _references(properties: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """Field, kind and id of everything that the job, or a step of it, refers to."""
    fields = {"environmentId": "environments", "codeId": "codes", "componentId": "components", "computeId": "computes"}
    for field, kind in fields.items():
        if properties.get(field) is not None:
            yield f"{prefix}{field}", kind, str(properties[field])
    for name, item in (properties.get("inputs") or {}).items():
        uri = item.get("uri") if isinstance(item, Mapping) else None
        match = _VERSION_ID.fullmatch(uri) if isinstance(uri, str) else None
        if match and isinstance(uri, str):
            yield f"{prefix}inputs.{name}", match["kind"].lower(), uri
    for name, step in (properties.get("jobs") or {}).items():
        yield from _references(step, f"jobs.{name}.")


def _check_version(context: Context, where: str, kind: str, identifier: str) -> None:
    noun = _NOUNS.get(kind, kind)
    if _REGISTRY.match(identifier):
        message = f"The local workspace does not imitate registries: {where} is {identifier}."
        raise ArmError(400, "NotImplementedByLocalWorkspace", message)
    match = _VERSION_ID.fullmatch(identifier)
    if match is None or match["kind"].lower() != kind:
        raise refusal(f"{where} is not the id of a version of {_a(noun)} in this workspace: {identifier}")
    found = context.store.assets(kind).get(match["name"]) if kind in _NOUNS else None
    if found is None or (match["version"] not in found.versions and match["version"] != _DEFAULT_VERSION):
        raise refusal(f"{where}: the {noun} {match['name']}, version {match['version']}, was not found.")


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
