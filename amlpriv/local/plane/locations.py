"""Addresses of blobs as Azure ML writes them."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.fields import refusal
from amlpriv.local.plane.http import ArmError
from amlpriv.local.plane.names import (
    ARTIFACT_DATASTORE,
    DEFAULT_DATASTORE,
    RESOURCE_GROUP,
    STORAGE_SUFFIX,
    SUBSCRIPTION,
    WORKSPACE,
)
from amlpriv.secret import redact

__all__ = ["locate", "resolved_address", "whole_address"]

_DATASTORE = re.compile(r"azureml://(?:.*/)?datastores/(?P<name>[^/]+)/paths/(?P<path>.*)", re.IGNORECASE)
_RUN = re.compile(r"runs:/(?P<job>[^/]+)/?(?P<path>.*)", re.IGNORECASE)
_OUTPUT = re.compile(
    r"azureml://(?:.*/)?jobs/(?P<job>[^/]+)/outputs/(?P<output>[^/]+)(?:/paths)?(?:/(?P<path>.*))?", re.IGNORECASE
)
_OTHER_STORAGE = ("abfs", "abfss", "adl", "http", "https", "wasb", "wasbs")
_ARTIFACT = re.compile(
    r"(?:runs:/|azureml://(?:.*/)?jobs/)(?P<job>[^/]+)/(?:outputs/(?P<output>[^/]+)/paths/)?(?P<path>.*)", re.IGNORECASE
)


def whole_address(uri: str) -> str:
    """``azureml://datastores/...`` with subscription, resource group and workspace, as the service keeps it."""
    short = "azureml://datastores/"
    if not uri.lower().startswith(short):
        return uri
    names = f"subscriptions/{SUBSCRIPTION}/resourcegroups/{RESOURCE_GROUP}/workspaces/{WORKSPACE}"
    return f"azureml://{names}/datastores/{uri[len(short) :]}"


def resolved_address(context: Context, uri: str) -> str:
    """Where the files of an asset are, as the service keeps it: outputs of jobs become places on a datastore.

    ArmError: 404 for a job or an output that is not there, 400 for an address that leads nowhere here.
    """
    if ".." in unquote(uri).replace("\\", "/").split("/"):
        raise refusal(f"The address {redact(uri)} contains '..'.")
    if uri.partition("://")[0].lower() in _OTHER_STORAGE:
        return uri
    if _DATASTORE.fullmatch(uri):
        return whole_address(uri)
    found = _RUN.fullmatch(uri)
    if found is not None:
        return _output_address(context, found["job"], "artifacts", found["path"])
    found = _OUTPUT.fullmatch(uri)
    if found is not None:
        return _output_address(context, found["job"], found["output"], found["path"] or "")
    raise refusal(
        f"The address {redact(uri)} leads nowhere here. Known are azureml://datastores/<name>/paths/<path>, "
        "azureml://jobs/<job>/outputs/<output>/paths/<path>, runs:/<job>/<path>, and https:// and wasbs:// addresses."
    )


def _output_address(context: Context, job: str, output: str, path: str) -> str:
    with context.store.lock:
        known = context.store.assets("jobs").get(job)
        outputs = dict(known.record.properties.get("outputs") or {}) if known else {}
    if known is None:
        raise ArmError(404, "UserError", f"Job {job} was not found, so its output {output} has no address.")
    if output.lower() in ("artifacts", "default"):
        return whole_address(f"azureml://datastores/{ARTIFACT_DATASTORE}/paths/ExperimentRun/dcid.{job}/{path}")
    if output not in outputs:
        names = ", ".join(["artifacts", *sorted(outputs)])
        raise ArmError(404, "UserError", f"Job {job} has no output {output}; it has {names}.")
    place = str(outputs[output].get("uri") or f"azureml://datastores/{DEFAULT_DATASTORE}/paths/azureml/{job}/{output}/")
    return whole_address(f"{place.rstrip('/')}/{path}" if path else place)


def locate(context: Context, uri: str) -> tuple[str, str] | None:
    """Container and path of ``azureml://...`` (datastores, jobs' outputs), ``runs:/...`` or a blob's URL.

    None for what is not in this workspace's storage.
    """
    found = _DATASTORE.fullmatch(uri)
    if found is not None:
        container = {DEFAULT_DATASTORE: context.container, ARTIFACT_DATASTORE: "azureml"}.get(found["name"].lower())
        return (container, found["path"]) if container else None
    found = _ARTIFACT.fullmatch(uri)
    if found is not None:
        if found["output"] in (None, "artifacts", "default"):
            return "azureml", f"ExperimentRun/dcid.{found['job']}/{found['path']}"
        return context.container, f"azureml/{found['job']}/{found['output']}/{found['path']}"
    parts = urlsplit(uri)
    if (parts.hostname or "") != f"{context.account}.blob.{STORAGE_SUFFIX}".lower():
        return None
    container, _, path = unquote(parts.path).lstrip("/").partition("/")
    return container, path
