"""The steps of a pipeline job as its REST properties have them: their order, their bindings, the job that each becomes.

Fields of a step come in the SDK's spelling (``job_input_type``); those of a job in REST's (``jobInputType``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amlpriv.errors import InputError, UnsupportedError
from amlpriv.local.jobs.commands import expression
from amlpriv.local.jobs.files import output_uri
from amlpriv.local.plane.http import Json
from amlpriv.local.plane.job_content import ISOLATED

__all__ = ["bind_inputs", "bind_outputs", "child_properties", "field_of", "needs", "ordered", "refuse_kind"]

_ASSET_TYPES = {"uri_file", "uri_folder", "mltable", "custom_model", "mlflow_model", "triton_model", "path"}


def field_of(step: Mapping[str, Any], name: str) -> Any:
    """A field by its SDK name or its REST name."""
    head, *rest = name.split("_")
    return step.get(name, step.get(head + "".join(part.title() for part in rest)))


def refuse_kind(name: str, step: Mapping[str, Any]) -> None:
    """Raises UnsupportedError for a step that is no command."""
    kind = str(step.get("type") or "command").lower()
    if kind != "command":
        raise UnsupportedError(
            f"The step {name} is of type {kind}, which the local workspace does not run.",
            hint="It runs pipelines of command components.",
        )


def needs(step: Mapping[str, Any]) -> set[str]:
    """The steps whose outputs this one reads."""
    found = set()
    for given in (step.get("inputs") or {}).values():
        parts = _bound(given)
        if parts and parts[:2] == ("parent", "jobs") and len(parts) > 2:
            found.add(parts[2])
    return found


def ordered(steps: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The names of the steps, each behind those that it needs, otherwise as written. Raises InputError."""
    for name, step in steps.items():
        if unknown := sorted(needs(step) - set(steps)):
            raise InputError(f"The step {name} reads an output of {unknown[0]}, which is no step of the pipeline.")
    result: list[str] = []
    while len(result) < len(steps):
        ready = [name for name in steps if name not in result and needs(steps[name]) <= set(result)]
        if not ready:
            circle = ", ".join(name for name in steps if name not in result)
            raise InputError(f"These steps wait for each other: {circle}.")
        result += ready[:1]
    return result


def child_properties(name: str, step: Mapping[str, Any], spec: Mapping[str, Any], parent: str, pipeline: Json) -> Json:
    """The command job that a step becomes, without its inputs and outputs; ``spec`` is its component's."""
    variables = {**(spec.get("environment_variables") or {}), **(field_of(step, "environment_variables") or {})}
    limits = step.get("limits") or {}
    settings = pipeline.get("settings") or {}
    compute = field_of(step, "compute_id") or pipeline.get("computeId") or settings.get("default_compute")
    return {
        "jobType": "Command",
        "displayName": field_of(step, "display_name") or name,
        "experimentName": pipeline.get("experimentName") or "Default",
        "description": spec.get("description"),
        "parentJobName": parent,
        "rootJobName": parent,
        "status": "NotStarted",
        "isArchived": False,
        "tags": dict(step.get("tags") or {}),
        "properties": {"azureml.moduleName": str(spec.get("name") or name)},
        "componentId": field_of(step, "component_id"),
        "computeId": compute,
        "command": spec.get("command"),
        "codeId": spec.get("code"),
        "environmentId": field_of(step, "environment") or spec.get("environment"),
        "environmentVariables": variables,
        "limits": {"timeout": limits.get("timeout")} if limits.get("timeout") else None,
        "services": {},
        "inputs": {},
        "outputs": {},
        ISOLATED: pipeline.get(ISOLATED),
    }


def bind_inputs(
    name: str,
    step: Mapping[str, Any],
    spec: Mapping[str, Any],
    pipeline: Json,
    outputs: Mapping[str, Mapping[str, Json]],
) -> dict[str, Json | None]:
    """The inputs of a step's job: bindings followed, defaults of the component filled in, absent ones None.

    ``outputs`` are those of the steps before, by step and name, with their addresses. Raises InputError for a binding
    that leads nowhere and for a missing input.
    """
    declared: Mapping[str, Any] = spec.get("inputs") or {}
    given: Mapping[str, Any] = step.get("inputs") or {}
    found: dict[str, Json | None] = {}
    for key in dict.fromkeys([*declared, *given]):
        about = declared.get(key) or {}
        value = _follow(name, key, given[key], pipeline, outputs) if given.get(key) is not None else None
        if value is None and about.get("default") is not None:
            value = {"jobInputType": "literal", "value": str(about["default"])}
        if value is None and not about.get("optional"):
            bound = _bound(given.get(key))
            why = f"${{{{{'.'.join(bound)}}}}} is not there" if bound else "it was not given"
            raise InputError(f"The step {name} has no value for its input {key}: {why}.")
        if value is not None and value.get("jobInputType") == "literal" and about.get("type") in _ASSET_TYPES:
            value = {"jobInputType": about["type"], "uri": value.get("value"), **_mode(given.get(key))}
        found[key] = value
    return found


def bind_outputs(
    child: str, step: Mapping[str, Any], spec: Mapping[str, Any], parent: str, pipeline: Json
) -> dict[str, Json]:
    """The outputs of a step's job with their addresses: one that is an output of the pipeline goes to its place."""
    given: Mapping[str, Any] = step.get("outputs") or {}
    found: dict[str, Json] = {}
    for key, declared in (spec.get("outputs") or {}).items():
        own = given[key] if isinstance(given.get(key), Mapping) else {}
        parts = _bound(given.get(key) or {})
        output: Json = {
            "jobOutputType": (declared or {}).get("type") or "uri_folder",
            "mode": field_of(own, "mode") or "ReadWriteMount",
        }
        if parts and parts[:2] == ("parent", "outputs") and len(parts) > 2:
            target = ".".join(parts[2:])
            uri = output_uri(parent, target, (pipeline.get("outputs") or {}).get(target))
        else:
            uri = output_uri(child, key, own)
            for field, written in (("assetName", "name"), ("assetVersion", "version")):
                value = own.get(written) or own.get(field)
                output |= {field: str(value)} if value else {}
        found[key] = {**output, "uri": uri}
    return found


def _bound(given: Any) -> tuple[str, ...] | None:
    """The parts of the expression that an input or output is bound to."""
    if not isinstance(given, Mapping):
        return expression(given)
    return expression(given.get("value")) or expression(given.get("uri"))


def _mode(given: Any) -> Json:
    mode = given.get("mode") if isinstance(given, Mapping) else None
    return {"mode": mode} if mode else {}


def _follow(name: str, key: str, given: Any, pipeline: Json, outputs: Mapping[str, Mapping[str, Json]]) -> Json | None:
    """The job input behind what a step says about an input; None for an optional one that was not given."""
    parts = _bound(given)
    if parts is None:
        if not isinstance(given, Mapping):
            return {"jobInputType": "literal", "value": str(given)}
        kind = field_of(given, "job_input_type") or "literal"
        return {"jobInputType": kind, **{part: given[part] for part in ("uri", "value", "mode") if part in given}}
    written = ".".join(parts)
    if parts[:2] == ("parent", "inputs"):
        found = (pipeline.get("inputs") or {}).get(".".join(parts[2:]))
        return {**found, **_mode(given)} if found is not None else None
    if parts[:2] == ("parent", "jobs") and len(parts) == 5 and parts[3] == "outputs":
        output = outputs.get(parts[2], {}).get(parts[4])
        if output is None:
            raise InputError(f"The input {key} of step {name} is ${{{{{written}}}}}, which that step does not have.")
        return {"jobInputType": output["jobOutputType"], "uri": output["uri"], **_mode(given)}
    raise InputError(f"The input {key} of step {name} is ${{{{{written}}}}}, which means nothing here.")
