"""Outputs with a name become data assets and models when the job has ended, as on the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amlpriv.errors import JobError
from amlpriv.local.jobs.files import output_uri
from amlpriv.local.plane.context import Context
from amlpriv.local.plane.http import ArmError, Json
from amlpriv.local.plane.job_assets import registered_as

__all__ = ["register_outputs"]


def register_outputs(context: Context, job: str, outputs: Mapping[str, Any]) -> Json:
    """Register every output that has an ``assetName``; the outputs, with the version that each has now.

    Without ``assetVersion`` it is the next number. Raises JobError for a version that is there already with other
    files, and for a name that the service would not take.
    """
    found: Json = {}
    for name, output in outputs.items():
        found[name] = output
        if output.get("assetName"):
            try:
                whole = {**output, "uri": output_uri(job, name, output)}
                found[name] = {**output, "assetVersion": _register(context, job, whole)}
            except ArmError as error:
                message = f"The output {name} could not be registered as {output['assetName']}: {error.message}"
                raise JobError(message) from None
    return found


def _register(context: Context, job: str, output: Mapping[str, Any]) -> str:
    asset, given = str(output["assetName"]), output.get("assetVersion")
    what, document = registered_as(job, output)
    properties = what.read(context, {"properties": document})
    with context.store.lock:
        assets = context.store.assets(what.segment)
        known = assets.get(asset)
        version = str(given) if given else str(known.highest + 1 if known else 1)
        there = known.versions.get(version) if known else None
        if there is not None and what.content(there.properties) != what.content(properties):
            message = f"version {version} exists already, with other files. Leave the version out to get the next one."
            raise ArmError(409, "UserError", message)
        assets.put_version(asset, version, properties)
    return version
