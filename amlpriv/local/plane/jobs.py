"""Jobs (REST reference: Jobs): command jobs and pipelines of command components.

A job is one record; its steps are records of their own, with ``parentJobName``, that only run history shows. Here the
body is checked and kept, ``context.runner`` does the work and owns the status from then on.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.fields import refusal
from amlpriv.local.plane.filenames import file_name
from amlpriv.local.plane.http import ArmError, Json, Response, json_response
from amlpriv.local.plane.job_assets import check_registrations
from amlpriv.local.plane.job_content import ISOLATED, changed_fields, check_name, merge, read_job
from amlpriv.local.plane.job_references import check_references
from amlpriv.local.plane.names import LOCATION, PROVIDER, SUBSCRIPTION, WORKSPACE_ID
from amlpriv.local.plane.resources import is_listed, not_found, page, resource
from amlpriv.local.plane.routing import WORKSPACE_PATH, Call, Route
from amlpriv.local.plane.store import Record

__all__ = ["ENDED", "ROUTES", "children_of", "services_of"]

ENDED = frozenset({"Completed", "Failed", "Canceled", "NotResponding", "Paused"})
"""Statuses after which nothing more happens."""

_HIDDEN = (ISOLATED, "parentJobName", "rootJobName", "startTimeUtc", "endTimeUtc", "error")
"""What run history tells, and the REST resource does not have."""
_WAIT = {"Retry-After": "1", "x-ms-retry-after-ms": "200"}


def _find_job(context: Context, name: str) -> Record:
    """The job of this name (case matters); ArmError (404). Hold the store's lock."""
    found = context.store.assets("jobs").get(name)
    if found is None:
        raise not_found(f"Job {name} was not found.")
    return found.record


def _is_child(record: Record) -> bool:
    """Whether the job is a step of a pipeline job."""
    return bool(record.properties.get("parentJobName"))


def children_of(context: Context, name: str) -> list[Record]:
    """The steps of a pipeline job, in the order in which they were made. Hold the store's lock."""
    records = [container.record for container in context.store.assets("jobs").newest_first()]
    return [record for record in reversed(records) if record.properties.get("parentJobName") == name]


def _artifact_prefix(name: str) -> str:
    """Where the artifact store keeps a job's logs and its folder ``outputs``."""
    return f"ExperimentRun/dcid.{name}"


def services_of(record: Record) -> Json:
    """The services of a job: what its user asked for, and the two that every job has."""
    tracking = f"azureml://{LOCATION}.api.azureml.ms/mlflow/v1.0{WORKSPACE_ID}?"
    studio = f"https://ml.azure.com/runs/{record.name}?wsid={WORKSPACE_ID}"
    own = {"Tracking": tracking, "Studio": studio}
    return {
        **{kind: {"jobServiceType": kind, "endpoint": endpoint} for kind, endpoint in own.items()},
        **record.properties.get("services", {}),
    }


def _body(record: Record) -> Json:
    """The resource. A step of a pipeline has no properties here: clients then ask run history (azure-ai-ml does)."""
    properties: Json | None = None
    if not _is_child(record):
        properties = {key: value for key, value in record.properties.items() if key not in _HIDDEN}
        properties |= {"services": services_of(record), "outputs": _outputs(record)}
    body = resource(f"jobs/{record.name}", "jobs", {}, created=record.created, modified=record.modified)
    return {**body, "properties": properties}


def _outputs(record: Record) -> Json:
    """The outputs; the artifacts are one of them once they are there.

    Azure names them from the start. A client that knows them looks for the log in the storage account and not in run
    history; there it comes only at the end here.
    """
    outputs = dict(record.properties.get("outputs", {}))
    if record.properties["status"] in ENDED:
        uri = f"azureml://datastores/workspaceartifactstore/{_artifact_prefix(record.name)}"
        outputs["default"] = {"jobOutputType": "uri_folder", "mode": "ReadWriteMount", "uri": uri}
    return outputs


def _get(context: Context, call: Call) -> Response:
    with context.store.lock:
        return json_response(_body(_find_job(context, call["name"])))


def _put(context: Context, call: Call) -> Response:
    name = call["name"]
    check_name(name)
    given = read_job(name, call.document())
    with context.store.lock:
        jobs = context.store.assets("jobs")
        known = jobs.get(name)
        if known is not None:
            return json_response(_body(jobs.put_container(name, _changed(known.record, given)).record))
        check_references(context, given)
        check_registrations(context, name, given)
        own = {"status": "NotStarted", **({ISOLATED: True} if call.request.isolated else {})}
        record = jobs.put_container(name, {**given, **own}).record
        body = _body(record)
    if context.runner is not None:
        context.runner.submit(name)
    return json_response(body, 201)


def _changed(known: Record, given: Json) -> Mapping[str, Any]:
    if _is_child(known):
        raise refusal(f"Job {known.name} is a step of the pipeline job {known.properties['parentJobName']}.")
    changed = changed_fields(known.properties, given)
    if changed:
        raise refusal(
            f"A job with the name {known.name} exists already: use another name for a new job. Of an existing one "
            f"{', '.join(changed)} cannot be changed; only description, tags, displayName, properties and isArchived "
            "can be updated."
        )
    return merge(known.properties, given)


def _list(context: Context, call: Call) -> Response:
    with context.store.lock:
        return page(call, _listed(context, call))


def _listed(context: Context, call: Call) -> Iterator[Json]:
    kind, tag = call.query("jobType"), call.query("tag")
    for container in context.store.assets("jobs").newest_first():
        properties = container.record.properties
        if _is_child(container.record) or not is_listed(call, archived=bool(properties.get("isArchived"))):
            continue
        if kind and properties["jobType"].lower() != kind.lower():
            continue
        if tag is None or _has_tag(properties.get("tags", {}), tag):
            yield _body(container.record)


def _has_tag(tags: Mapping[str, str | None], tag: str) -> bool:
    key, equals, value = tag.partition("=")
    return key in tags and (not equals or tags[key] == value)


def _cancel(context: Context, call: Call) -> Response:
    """202 and an address that answers 202 for as long as the job has not ended."""
    name = call["name"]
    with context.store.lock:
        record = _find_job(context, name)
        if _is_child(record):
            raise refusal(f"Job {name} is a step of a pipeline: cancel {record.properties['parentJobName']}.")
        if context.runner is None and record.properties["status"] not in ENDED:
            ended = {"status": "Canceled", "endTimeUtc": context.store.stamp()}
            context.store.assets("jobs").put_container(name, {**record.properties, **ended})
    if context.runner is not None:
        context.runner.cancel(name)
    return _accepted(call, f"jc:{uuid.uuid4()}:{name}")


def _accepted(call: Call, operation: str) -> Response:
    place = f"{call.request.base}/subscriptions/{SUBSCRIPTION}/providers/{PROVIDER}/locations/{LOCATION}"
    query = urlencode({"api-version": call.query("api-version") or ""})
    return Response(202, headers={"Location": f"{place}/mfeOperationResults/{operation}?{query}", **_WAIT})


def _get_cancellation(context: Context, call: Call) -> Response:
    operation = call["operation"]
    with context.store.lock:
        record = _find_job(context, operation.rpartition(":")[2])
        ended = record.properties["status"] in ENDED
    return Response(200) if ended else _accepted(call, f"jc:{operation}")


def _delete(context: Context, call: Call) -> Response:
    """Forget a job that has ended, its steps and its folder; what it wrote to the storage account stays."""
    name = call["name"]
    with context.store.lock:
        if context.store.assets("jobs").get(name) is None:
            return Response(204)
        record = _find_job(context, name)
        if _is_child(record):
            raise refusal(f"Job {name} is a step of a pipeline: delete {record.properties['parentJobName']}.")
        if record.properties["status"] not in ENDED:
            message = f"Job {name} is {record.properties['status']}: cancel it before it is deleted."
            raise ArmError(409, "Conflict", message)
        for one in (*children_of(context, name), record):
            context.store.assets("jobs").delete(one.name)
            if context.root is not None:
                shutil.rmtree(context.root / "jobs" / file_name(one.name), ignore_errors=True)
    return Response(200)


_PATH = f"{WORKSPACE_PATH}/jobs"
_OPERATIONS = f"/subscriptions/{{subscription}}/providers/{PROVIDER}/locations/{{location}}/mfeOperationResults"

ROUTES = (
    Route("GET", _PATH, _list),
    Route("GET", f"{_PATH}/{{name}}", _get),
    Route("PUT", f"{_PATH}/{{name}}", _put),
    Route("DELETE", f"{_PATH}/{{name}}", _delete),
    Route("POST", f"{_PATH}/{{name}}/cancel", _cancel),
    Route("GET", f"{_OPERATIONS}/jc:{{operation}}", _get_cancellation),
)
"""Before those of `operations`, which take every operation."""
