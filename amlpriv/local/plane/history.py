"""Run history: how jobs are doing, their logs, the steps of a pipeline, where outputs are.

Not in the REST reference: the shapes are those that azure-ai-ml's own run history, data and model clients declare
(``azure.ai.ml._restclient``). SDK v2 streams, downloads, archives and renames jobs through it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from amlpriv.local.credential import USER_ID
from amlpriv.local.plane.context import Context
from amlpriv.local.plane.fields import flag, text, texts
from amlpriv.local.plane.http import ArmError, Json, Response, json_response
from amlpriv.local.plane.job_logs import log_uris, read_log
from amlpriv.local.plane.jobs import children_of, services_of
from amlpriv.local.plane.names import LOCATION
from amlpriv.local.plane.resources import not_found, page
from amlpriv.local.plane.routing import WORKSPACE_PATH, Access, Call, Route
from amlpriv.local.plane.store import Record

__all__ = ["ROUTES"]

_USER = {"userObjectId": USER_ID, "userName": "amlpriv", "userTenantId": None}
_ASSET_MARK = "_output_data_"


def _find(context: Context, call: Call, name: str | None = None) -> Record:
    name = call["name"] if name is None else name
    found = context.store.assets("jobs").get(name)
    if found is None:
        raise not_found(f"Run {name} was not found.")
    record = found.record
    experiment = call.parameters.get("experiment")
    if experiment is not None and experiment.lower() != record.properties["experimentName"].lower():
        raise not_found(f"Run {name} was not found in the experiment {experiment}.")
    return record


def _run(context: Context, record: Record) -> Json:
    """A job as run history shows it."""
    properties = record.properties
    parent = properties.get("parentJobName")
    target = (properties.get("computeId") or "local").rpartition("/")[2]
    return {
        "runNumber": _number(record.created),
        "rootRunId": parent or record.name,
        "parentRunId": parent,
        "runId": record.name,
        "runUuid": _guid(context, f"run/{record.name}"),
        "experimentId": _guid(context, f"experiment/{properties['experimentName'].lower()}"),
        "dataContainerId": f"dcid.{record.name}",
        "displayName": properties.get("displayName"),
        "name": properties.get("displayName"),
        "description": properties.get("description"),
        "status": properties["status"],
        "hidden": bool(properties.get("isArchived")),
        "runType": "azureml.PipelineRun" if properties["jobType"] == "Pipeline" else "azureml.scriptrun",
        "createdUtc": record.created,
        "lastModifiedUtc": record.modified,
        "startTimeUtc": properties.get("startTimeUtc"),
        "endTimeUtc": properties.get("endTimeUtc"),
        "createdBy": _USER,
        "lastModifiedBy": _USER,
        "userId": USER_ID,
        "tags": properties.get("tags", {}),
        "properties": properties.get("properties", {}),
        "parameters": {},
        "services": {},
        "warnings": [],
        "error": _error(properties),
        "target": target,
        "compute": {"target": target, "targetType": "AmlCompute", "instanceCount": 1},
        "inputs": {},
        "outputs": {name: _asset(context, record, name) for name in properties.get("outputs", {})},
    }


def _error(properties: Mapping[str, Any]) -> Json | None:
    """Why a job failed, in run history's form: a root error inside an answer."""
    error = properties.get("error")
    if not error:
        return None
    if isinstance(error, str):
        error = {"code": "UserError", "message": error}
    root = error.get("error", error)
    return {"error": root, "location": LOCATION, "time": properties.get("endTimeUtc")}


def _asset(context: Context, record: Record, output: str) -> Json:
    """The data asset that stands for an output."""
    name = f"azureml_{record.name}{_ASSET_MARK}{output}"
    place = f"azureml://locations/{LOCATION}/workspaces/{context.workspace_guid}"
    kind = record.properties["outputs"][output].get("jobOutputType", "uri_folder")
    if kind not in ("uri_file", "uri_folder", "mltable"):
        kind = "uri_folder"  # a model in an output is a folder until it is registered
    return {"assetId": f"{place}/data/{name}/versions/1", "type": kind}


def _number(created: str) -> int:
    """Seconds: a number that grows."""
    return int("".join(char for char in created[:19] if char.isdigit()))


def _guid(context: Context, name: str) -> str:
    return str(uuid.uuid5(uuid.UUID(context.workspace_guid), name))


def _get(context: Context, call: Call) -> Response:
    with context.store.lock:
        return json_response(_run(context, _find(context, call)))


def _details(context: Context, call: Call) -> Response:
    with context.store.lock:
        record = _find(context, call)
        run = _run(context, record)
        steps = children_of(context, record.name) if record.properties["jobType"] == "Pipeline" else []
    logs = log_uris(context, call, record, steps)
    body = {**run, "createdTimeUtc": run["createdUtc"], "services": _links(record), "logFiles": logs}
    return json_response({**body, "runDefinition": None})


def _links(record: Record) -> Json:
    return {name: {"type": name, "endpoint": item.get("endpoint")} for name, item in services_of(record).items()}


def _children(context: Context, call: Call) -> Response:
    with context.store.lock:
        record = _find(context, call)
        return page(call, [_run(context, child) for child in children_of(context, record.name)])


def _run_data(context: Context, call: Call) -> Response:
    name = text(call.document(), "runId")
    with context.store.lock:
        run = _run(context, _find(context, call, name or ""))
    return json_response({"runMetadata": run, "runDefinition": None, "jobSpecification": None})


def _patch(context: Context, call: Call) -> Response:
    """Rename, describe, tag, archive. Tags and properties are added to what is there; None changes nothing."""
    document = call.document()
    with context.store.lock:
        record = _find(context, call)
        properties = dict(record.properties)
        for field, given in (("displayName", "displayName"), ("description", "description")):
            value = text(document, given)
            if value is not None:
                properties[field] = value
        for field in ("tags", "properties"):
            properties[field] = {**properties.get(field, {}), **texts(document, field, strict=False)}
        if document.get("hidden") is not None:
            properties["isArchived"] = flag(document, "hidden")
        changed = context.store.assets("jobs").put_container(record.name, properties)
        return json_response(_run(context, changed.record))


def _instances(context: Context, call: Call) -> Response:
    """No interactive service runs inside a job here."""
    with context.store.lock:
        _find(context, call)
    return json_response({"instances": {}})


def _log(context: Context, call: Call) -> Response:
    with context.store.lock:
        record = _find(context, call)
        steps = children_of(context, record.name)
    content = read_log(context, record, steps, call["path"], call.query("sig") or "")
    return Response(200, content, {"Content-Type": "text/plain; charset=utf-8"})


def _resolve_uris(context: Context, call: Call) -> Response:
    """Where the data behind the outputs of jobs are; unknown ids are left out."""
    asked = call.document().get("values")
    if not isinstance(asked, list) or not all(isinstance(item, str) for item in asked):
        raise ArmError(400, "UserError", "'values' is a list of asset ids.")
    found: Json = {}
    with context.store.lock:
        for identifier in asked:
            asset = identifier.partition("/data/azureml_")[2].removesuffix("/versions/1")
            name, _, output = asset.partition(_ASSET_MARK)
            job = context.store.assets("jobs").get(name)
            item = job.record.properties.get("outputs", {}).get(output) if job else None
            if item is not None:
                found[identifier] = {"uri": item["uri"], "type": item.get("jobOutputType", "uri_folder")}
    return json_response({"values": found})


_HISTORY = f"/history/v1.0{WORKSPACE_PATH}"
_RUN = f"{_HISTORY}/runs/{{name}}"
_IN_EXPERIMENT = f"{_HISTORY}/experiments/{{experiment}}/runs/{{name}}"

ROUTES = (
    Route("POST", f"{_HISTORY}/rundata", _run_data, Access.SERVICE),
    *(
        Route(method, f"{run}{path}", handler, Access.SERVICE)
        for run in (_RUN, _IN_EXPERIMENT)
        for method, path, handler in (
            ("GET", "", _get),
            ("PATCH", "", _patch),
            ("GET", "/details", _details),
            ("GET", "/children", _children),
        )
    ),
    Route("GET", f"{_RUN}/serviceinstances/{{node}}", _instances, Access.SERVICE),
    Route("GET", f"{_RUN}/logs/{{path*}}", _log, Access.OPEN),
    Route("POST", f"/data/v1.0{WORKSPACE_PATH}/dataversion/batchGetResolvedUris", _resolve_uris, Access.SERVICE),
)
"""A log has a signed address, as the blobs that Azure keeps logs in: whoever reads it sends no token."""
