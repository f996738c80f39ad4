"""What an output of a job is registered as, when it has a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amlpriv.local.plane import data, models
from amlpriv.local.plane.context import Context
from amlpriv.local.plane.fields import refusal, text
from amlpriv.local.plane.http import Json
from amlpriv.local.plane.versioned import Kind, check_name

__all__ = ["check_registrations", "registered_as"]

_MODELS = ("custom_model", "mlflow_model", "triton_model")


def registered_as(job: str, output: Mapping[str, Any]) -> tuple[Kind, Json]:
    """The kind of asset, and the properties of its new version as a client would send them."""
    kind = str(output["jobOutputType"]).lower()
    common = {"description": output.get("description")}
    if kind in _MODELS:
        return models.KIND, {**common, "modelType": kind, "modelUri": output["uri"], "jobName": job}
    return data.KIND, {**common, "dataType": kind, "dataUri": output["uri"]}


def check_registrations(context: Context, job: str, properties: Mapping[str, Any]) -> None:
    """ArmError (400) when an output cannot be registered under its name. Hold the store's lock."""
    for output in (properties.get("outputs") or {}).values():
        name, version = text(output, "assetName"), text(output, "assetVersion")
        if name is None:
            continue
        kind, document = registered_as(job, output)
        check_name(kind.noun, name, version)
        known = context.store.assets(kind.segment).get(name)
        there = known.versions.get(version) if known and version else None
        if there and kind.content(there.properties) != kind.content(kind.read(context, {"properties": document})):
            raise refusal(
                f"{kind.noun.capitalize()} {name} with version {version} exists already, with other files: give the "
                "output another version, or none to get the next one."
            )
