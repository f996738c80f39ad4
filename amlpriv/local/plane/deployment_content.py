"""What a deployment is made of: reads request bodies, refuses what the service refuses, fills in its defaults.

Sources: REST reference (Online Deployments, Batch Deployments), "Managed online deployment YAML schema", "Batch
deployment YAML schema" for the defaults.
"""

from __future__ import annotations

import re
from typing import Any

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.endpoint_content import ONLINE, Kind, check_location
from amlpriv.local.plane.fields import flag, mapping, properties_of, refusal, required, text, texts
from amlpriv.local.plane.http import Json
from amlpriv.local.plane.names import WORKSPACE_ID
from amlpriv.local.plane.store import Record

__all__ = ["find_asset", "read_deployment"]

_ASSET = re.compile(
    rf"(?:azureml:)?{re.escape(WORKSPACE_ID)}/(?P<kind>\w+)/(?P<name>[^/]+)/versions/(?P<version>[^/]+)", re.IGNORECASE
)
_REGISTRY = "azureml://registries/"

_PROBE = {
    "failureThreshold": 30,
    "initialDelay": "PT10S",
    "period": "PT10S",
    "successThreshold": 1,
    "timeout": "PT2S",
}
_REQUESTS = {"maxConcurrentRequestsPerInstance": 1, "maxQueueWait": "PT0.5S", "requestTimeout": "PT5S"}
_BATCH = {
    "errorThreshold": -1,
    "loggingLevel": "Info",
    "maxConcurrencyPerInstance": 1,
    "miniBatchSize": 10,
    "outputAction": "AppendRow",
    "outputFileName": "predictions.csv",
}


def find_asset(context: Context, kind: str, identifier: str) -> Record | None:
    """The version that an id names: None for one of a registry, of which nothing is known here; ArmError (400).

    ``kind`` is the segment of the id, for instance ``environments``.
    """
    if identifier.lower().startswith(_REGISTRY):
        return None
    match = _ASSET.fullmatch(identifier)
    if match is None or match["kind"].lower() != kind:
        raise refusal(f"'{identifier}' is not the id of a version of {kind} in this workspace.")
    found = context.store.assets(kind).get(match["name"])
    record = found.versions.get(match["version"]) if found else None
    if record is None:
        raise refusal(f"There is no {match['name']}, version {match['version']}, among the {kind} of this workspace.")
    return record


def read_deployment(context: Context, kind: Kind, name: str, document: Json) -> Json:
    """The record of a deployment; ArmError (400). For the store's lock."""
    given = properties_of(document)
    properties = _read_online(context, given) if kind is ONLINE else _read_batch(context, given)
    return {
        "name": name,
        "location": check_location(document),
        "kind": properties.get("endpointComputeType") or text(document, "kind"),
        "tags": texts(document, "tags"),
        "identity": mapping(document, "identity"),
        "sku": _sku(document) if kind is ONLINE else mapping(document, "sku"),
        "properties": properties,
    }


def _sku(document: Json) -> Json:
    given = mapping(document, "sku") or {}
    capacity = given.get("capacity")
    capacity = 1 if capacity is None else capacity
    if isinstance(capacity, bool) or not isinstance(capacity, int) or capacity < 1:
        raise refusal("sku.capacity is the number of instances: a whole number from 1.")
    return {**given, "name": text(given, "name") or "Default", "capacity": capacity}


def _read_online(context: Context, given: Json) -> Json:
    compute = text(given, "endpointComputeType") or "Managed"
    if compute.lower() not in ("managed", "kubernetes"):
        raise refusal(f"endpointComputeType is 'Managed' or 'Kubernetes', not '{compute}'.")
    managed = compute.lower() == "managed"
    model = text(given, "model")
    found = find_asset(context, "models", model) if model else None
    environment = _environment(context, given)
    code = _code(context, given)
    if environment is None and (code is not None or not _needs_no_environment(model, found)):
        raise refusal("environmentId is required; only a model of type mlflow_model does without, and without code.")
    return {
        **_common(given),
        "appInsightsEnabled": flag(given, "appInsightsEnabled"),
        "codeConfiguration": code,
        "containerResourceRequirements": mapping(given, "containerResourceRequirements"),
        "dataCollector": mapping(given, "dataCollector"),
        "egressPublicNetworkAccess": text(given, "egressPublicNetworkAccess") or "Enabled",
        "endpointComputeType": "Managed" if managed else "Kubernetes",
        "environmentId": environment,
        "instanceType": required(given, "instanceType") if managed else text(given, "instanceType"),
        "livenessProbe": _filled(given, "livenessProbe", _PROBE),
        "model": model,
        "modelMountPath": text(given, "modelMountPath"),
        "readinessProbe": _filled(given, "readinessProbe", _PROBE),
        "requestSettings": _filled(given, "requestSettings", _REQUESTS),
        "scaleSettings": _scale(given),
    }


def _read_batch(context: Context, given: Json) -> Json:
    model = mapping(given, "model")
    if model is not None and (text(model, "referenceType") or "Id").lower() == "id":
        find_asset(context, "models", required(model, "assetId"))
    return {
        **_common(given),
        **_filled_values(given, _BATCH),
        "codeConfiguration": _code(context, given),
        "compute": text(given, "compute"),
        "deploymentConfiguration": mapping(given, "deploymentConfiguration"),
        "environmentId": _environment(context, given),
        "model": model,
        "resources": {"instanceCount": 1, **(mapping(given, "resources") or {})},
        "retrySettings": _filled(given, "retrySettings", {"maxRetries": 3, "timeout": "PT30S"}),
    }


def _common(given: Json) -> Json:
    return {
        "description": text(given, "description"),
        "environmentVariables": texts(given, "environmentVariables", strict=False),
        "properties": texts(given, "properties", strict=False),
    }


def _environment(context: Context, given: Json) -> str | None:
    identifier = text(given, "environmentId")
    if identifier:
        find_asset(context, "environments", identifier)
    return identifier or None


def _code(context: Context, given: Json) -> Json | None:
    code = mapping(given, "codeConfiguration")
    if code is None:
        return None
    identifier = text(code, "codeId")
    if identifier:
        find_asset(context, "codes", identifier)
    return {"codeId": identifier, "scoringScript": required(code, "scoringScript")}


def _needs_no_environment(identifier: str | None, model: Record | None) -> bool:
    """An MLflow model brings its environment and its scoring along; nothing is known of a registry's model."""
    if not identifier:
        return False
    return model is None or str(model.properties.get("modelType", "")).lower() == "mlflow_model"


def _scale(given: Json) -> Json:
    scale = mapping(given, "scaleSettings") or {"scaleType": "Default"}
    kind = text(scale, "scaleType") or "Default"
    if kind not in ("Default", "TargetUtilization"):
        raise refusal(f"scaleSettings.scaleType is 'Default' or 'TargetUtilization', not '{kind}'.")
    defaults: Json = {}
    if kind == "TargetUtilization":
        defaults = {"minInstances": 1, "maxInstances": 1, "pollingInterval": "PT1S", "targetUtilizationPercentage": 70}
    return {**defaults, **{name: value for name, value in scale.items() if value is not None}, "scaleType": kind}


def _filled(given: Json, name: str, defaults: dict[str, Any]) -> Json:
    return {**defaults, **_without_none(mapping(given, name) or {})}


def _filled_values(given: Json, defaults: dict[str, Any]) -> Json:
    return {**defaults, **_without_none({name: given.get(name) for name in defaults})}


def _without_none(values: Json) -> Json:
    return {name: value for name, value in values.items() if value is not None}
