"""Addresses of blobs as Azure ML writes them."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.names import (
    ARTIFACT_DATASTORE,
    DEFAULT_DATASTORE,
    RESOURCE_GROUP,
    STORAGE_SUFFIX,
    SUBSCRIPTION,
    WORKSPACE,
)

__all__ = ["locate", "whole_address"]

_DATASTORE = re.compile(r"azureml://(?:.*/)?datastores/(?P<name>[^/]+)/paths/(?P<path>.*)", re.IGNORECASE)
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
