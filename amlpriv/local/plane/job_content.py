"""The body of a job: what is accepted, what the service fills in, and what of it may never change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from amlpriv.local.plane.fields import flag, mapping, properties_of, refusal, required, text, texts, without_empty
from amlpriv.local.plane.http import ArmError, Json
from amlpriv.local.plane.names import DEFAULT_DATASTORE
from amlpriv.secret import redact

__all__ = ["ISOLATED", "changed_fields", "check_name", "climbs", "merge", "read_job", "variable_problem"]

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}")

ISOLATED = "amlprivIsolated"
"""Our own property of a job that an isolated client has submitted: it may reach no foreign host. No answer has it."""
_ASSIGNED = (
    ISOLATED,
    "status",
    "services",
    "provisioningState",
    "parentJobName",
    "startTimeUtc",
    "endTimeUtc",
    "error",
)
"""What the service says about a job: sent back by clients that read, change and write; never taken from them."""
_MUTABLE = ("description", "displayName", "tags", "properties", "isArchived")

_INPUT_TYPES = {"literal", "uri_file", "uri_folder", "mltable", "custom_model", "mlflow_model", "triton_model"}
_OUTPUT_TYPES = _INPUT_TYPES - {"literal"}
_DEFAULT_OUTPUT = "default"


def check_name(name: str) -> None:
    """ArmError (400) when the service would not take the name."""
    if not _NAME.fullmatch(name):
        raise refusal("The job name is not valid: at most 255 letters, digits, '-' and '_', a letter or a digit first.")


def read_job(name: str, document: Json) -> Json:
    """The properties to keep, defaults filled in; ArmError (400), also for a type of job that is not imitated."""
    given = properties_of(document)
    kind = required(given, "jobType")
    if kind not in ("Command", "Pipeline"):
        raise _not_imitated(f"jobs of type {kind}")
    for field in ("codeId", "computeId"):
        text(given, field)
    for variable, value in texts(given, "environmentVariables", strict=False).items():
        if problem := variable_problem(variable, str(value)):
            raise refusal(problem)
    sent = without_empty({key: value for key, value in given.items() if key not in _ASSIGNED}) or {}
    properties: Json = {
        "jobType": kind,
        "status": "NotStarted",
        "displayName": text(given, "displayName") or name,
        "experimentName": _experiment(given),
        "description": text(given, "description"),
        "tags": texts(given, "tags"),
        "properties": texts(given, "properties", strict=False),
        "isArchived": flag(given, "isArchived"),
        **{key: value for key, value in sent.items() if key not in (*_MUTABLE, "jobType", "experimentName")},
        "inputs": _bindings(given, "inputs", "jobInputType", _INPUT_TYPES),
        "outputs": _outputs(name, given),
        "services": _services(given),
    }
    if kind == "Command":
        properties["command"] = required(given, "command")
        properties["environmentId"] = required(given, "environmentId")
    else:
        properties["jobs"] = _steps(given)
    return properties


def variable_problem(name: str, value: str) -> str:
    """Why no process can have such an environment variable; empty when one can."""
    if not name or "=" in name or "\0" in name:
        return f"environmentVariables: {name!r} cannot be the name of an environment variable."
    return f"environmentVariables: the value of {name} contains a NUL character." if "\0" in value else ""


def climbs(uri: str) -> bool:
    """Whether the path of an address leads upwards."""
    return ".." in unquote(uri).replace("\\", "/").split("/")


def changed_fields(known: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """The names of what differs and may not, in the service's spelling (``Command``)."""
    fields = sorted({*known, *given} - {*_ASSIGNED, *_MUTABLE})
    changed = [name for name in fields if without_empty(known.get(name)) != without_empty(given.get(name))]
    if any(given["properties"].get(key, value) != value for key, value in known.get("properties", {}).items()):
        changed.append("properties")
    return [name[:1].upper() + name[1:] for name in changed]


def merge(known: Mapping[str, Any], given: Mapping[str, Any]) -> Json:
    """The job with what may change. Tags and properties are added: the service takes none away by a PUT."""
    return {
        **known,
        "description": given["description"],
        "displayName": given["displayName"],
        "isArchived": given["isArchived"],
        "tags": {**known.get("tags", {}), **given["tags"]},
        "properties": {**known.get("properties", {}), **given["properties"]},
    }


def _experiment(given: Json) -> str:
    name = text(given, "experimentName") or "Default"
    if len(name) > 255 or not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9 _.-]*", name):
        raise refusal(
            f"The experimentName {name!r} is not valid: at most 255 letters, digits, '-', '_', '.' and spaces, a "
            "letter or a digit first. Set the job's experiment_name; without one the SDK and the CLI send the name of "
            "the current folder."
        )
    return name


def _bindings(given: Json, field: str, kind: str, types: set[str]) -> Json:
    """Inputs or outputs by name; each says its type."""
    found: Json = {}
    for name, item in (mapping(given, field) or {}).items():
        if item is None:
            continue
        if not isinstance(item, dict):
            raise refusal(f"{field}.{name} is not an object.")
        if str(item.get(kind)).lower() not in types:
            raise refusal(f"The {kind} of {field}.{name} is one of: {', '.join(sorted(types))}.")
        text(item, "uri")
        found[name] = without_empty(item)
    return found


def _outputs(name: str, given: Json) -> Json:
    """Outputs with their paths; the one with the artifacts (``default``) is the service's own.

    A path may hold ``${{name}}`` and ``${{output_name}}`` (Microsoft Learn: "Access data in a job").
    """
    outputs = _bindings(given, "outputs", "jobOutputType", _OUTPUT_TYPES)
    outputs.pop(_DEFAULT_OUTPUT, None)
    for output, item in outputs.items():
        uri = item.get("uri") or "azureml://datastores/workspaceblobstore/paths/azureml/${{name}}/${{output_name}}/"
        uri = uri.replace("${{name}}", name).replace("${{output_name}}", output)
        item["uri"] = uri.replace("${{default_datastore}}", DEFAULT_DATASTORE)
        _refuse_climbing(f"outputs.{output}", item["uri"])
    return outputs


def _services(given: Json) -> Json:
    """Services that the user wants (SSH, JupyterLab, ...); the two that every job has are added when it is read."""
    sent = mapping(given, "services") or {}
    services = {key: mapping(sent, key) for key in sent}
    return {key: value for key, value in services.items() if value and key not in ("Studio", "Tracking")}


def _steps(given: Json) -> Json:
    steps = mapping(given, "jobs")
    if not steps:
        raise refusal("A pipeline job needs at least one step in 'jobs'.")
    for name, step in steps.items():
        if not isinstance(step, dict):
            raise refusal(f"The pipeline's step {name} is not an object.")
        kind = step.get("type") or "command"
        if kind != "command":
            raise _not_imitated(f"pipeline steps of type {kind} (step {name})")
        required(step, "componentId")
        text(step, "computeId")
        mapping(step, "inputs")
        for output, item in (mapping(step, "outputs") or {}).items():
            uri = item.get("uri") if isinstance(item, dict) else None
            _refuse_climbing(f"jobs.{name}.outputs.{output}", uri if isinstance(uri, str) else "")
    return steps


def _refuse_climbing(where: str, uri: str) -> None:
    if climbs(uri):
        raise refusal(f"The path of {where} contains '..': {redact(uri)}")


def _not_imitated(what: str) -> ArmError:
    message = f"The local workspace does not imitate {what}: only command jobs and pipelines of command components."
    return ArmError(400, "NotImplementedByLocalWorkspace", message)
