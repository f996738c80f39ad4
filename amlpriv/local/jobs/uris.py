"""The addresses of a job's files: what they name here, and bringing the files into a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from amlpriv.errors import InputError, NotFoundError, UnsupportedError
from amlpriv.local.jobs.downloads import download
from amlpriv.local.plane.context import Blobs, Context
from amlpriv.local.plane.names import ARTIFACT_DATASTORE, DEFAULT_DATASTORE, STORAGE_SUFFIX
from amlpriv.local.plane.store import Record
from amlpriv.secret import redact

__all__ = ["Place", "datastores_of", "fetch", "locate", "resolve", "version_of"]

_DATASTORE = re.compile(r"azureml://(?:subscriptions/.+?/)?datastores/([^/]+)/(?:paths/)?(.*)", re.IGNORECASE)
_OUTPUT = re.compile(r"azureml://(?:subscriptions/.+?/)?jobs/([^/]+)/outputs/([^/]+)(?:/paths)?/?(.*)", re.IGNORECASE)
_WASBS = re.compile(r"wasbs?://([^@/]+)@([^./]+)\.blob\.[^/]+/?(.*)", re.IGNORECASE)
_VERSION = re.compile(r"(?:azureml:)?/subscriptions/.+?/workspaces/[^/]+/(\w+)/([^/]+)/versions/([^/]+)", re.IGNORECASE)
_DATA_ASSET = re.compile(
    r"azureml://(?:locations|subscriptions)/.+?/workspaces/[^/]+/(\w+)/([^/]+)/versions/([^/]+)", re.I
)
_OUTPUT_ASSET = re.compile(r"azureml:.*/data/azureml_(.+)_output_data_(.+)/versions/1", re.IGNORECASE)
_SHORT = re.compile(r"azureml:([^:/@]+)(?::([^:/@]+)|@latest)")
_REGISTRY = re.compile(r"azureml:/{0,2}registries/", re.IGNORECASE)

KINDS = ("codes", "components", "data", "environments", "models")
CONTENT = {"codes": "codeUri", "data": "dataUri", "models": "modelUri"}
"""The property of a version that says where its files are."""


@dataclass(frozen=True, slots=True)
class Place:
    """Blobs of the workspace: a folder, or one blob."""

    container: str
    path: str
    """Without slashes around it; empty for the whole container."""


def datastores_of(context: Context) -> dict[str, str]:
    """The container behind each datastore."""
    return {DEFAULT_DATASTORE: context.container, ARTIFACT_DATASTORE: "azureml"}


def locate(account: str, datastores: Mapping[str, str], uri: str) -> Place | None:
    """The blobs that ``uri`` names; None when they are somewhere else.

    Understood are ``https://<account>.blob.core.windows.net/<container>/<path>``, ``wasbs://``, the short and the long
    form of ``azureml://datastores/<name>/paths/<path>``, and ``azureml://jobs/<job>/outputs/<output>/paths/<path>``.
    Raises NotFoundError for a datastore that does not exist.
    """
    if found := _DATASTORE.fullmatch(uri):
        container = datastores.get(found[1].lower())
        if container is None:
            known = ", ".join(sorted(datastores))
            raise NotFoundError(f"No datastore exists for name: {found[1]}.", hint=f"The local workspace has {known}.")
        return Place(container, found[2].strip("/"))
    if found := _OUTPUT.fullmatch(uri):
        job, output, path = found.groups()
        whole = output.lower() in ("artifacts", "default")
        place = (
            Place("azureml", f"ExperimentRun/dcid.{job}")
            if whole
            else Place(datastores[DEFAULT_DATASTORE], f"azureml/{job}/{output}")
        )
        return Place(place.container, f"{place.path}/{path}".strip("/"))
    if (found := _WASBS.fullmatch(uri)) and found[2].lower() == account.lower():
        return Place(found[1], unquote(found[3]).strip("/"))
    parts = urlsplit(uri)
    if parts.scheme == "https" and (parts.hostname or "") == f"{account}.blob.{STORAGE_SUFFIX}".lower():
        container, _, path = unquote(parts.path).lstrip("/").partition("/")
        return Place(container, path.strip("/"))
    return None


def fetch(
    blobs: Blobs,
    account: str,
    datastores: Mapping[str, str],
    uri: str,
    folder: Path,
    environ: Mapping[str, str] | None = None,
) -> Path:
    """Copy what ``uri`` names into ``folder``: the folder itself, or the one file in it when it names one.

    ``environ`` are a job's variables, with the proxy by which public addresses are reached; without it, ours. Raises
    NotFoundError when there is nothing, UnsupportedError for an address that leads nowhere here or to another account
    of Azure, NetworkError when a public address does not answer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = locate(account, datastores, uri)
    if place is not None:
        if blobs.download(place.container, place.path, folder) == 0:
            raise NotFoundError(f"There are no files at {redact(uri)}.", hint="Upload them, or correct the path.")
        name = PurePosixPath(place.path).name
        alone = place.path and place.path in blobs.sizes(place.container, place.path)
        return folder / name if alone and (folder / name).is_file() else folder
    if urlsplit(uri).scheme in ("http", "https"):
        return download(uri, folder, account, os.environ if environ is None else environ)
    raise _unsupported(uri)


def _unsupported(uri: str) -> UnsupportedError:
    hint = "It reads its own blob storage, azureml://datastores/..., its own assets, and public https:// addresses."
    if _REGISTRY.match(uri):
        hint = "It has no registries: register the asset in the workspace itself."
    return UnsupportedError(f"The local workspace cannot read {redact(uri)}.", hint=hint)


def version_of(context: Context, reference: str, kind: str | None = None) -> tuple[str, Record]:
    """The kind and the version that an asset's id names: the ARM id, with or without ``azureml:`` before it, or, for a
    known ``kind``, ``azureml:name:version`` and ``azureml:name@latest``.

    Raises NotFoundError; UnsupportedError for a registry's asset and for what is no id.
    """
    if found := _VERSION.fullmatch(reference) or _DATA_ASSET.fullmatch(reference):
        kind, name, version = found.groups()
    elif kind is not None and (found := _SHORT.fullmatch(reference)):
        name, version = found.groups()
    else:
        raise _unsupported(reference)
    kind = kind.lower()
    if kind not in KINDS:
        raise _unsupported(reference)
    with context.store.lock:
        container = context.store.assets(kind).get(name)
        wanted = version or (container.latest if container else None)
        record = container.versions.get(wanted) if container and wanted else None
    if record is None:
        raise NotFoundError(f"There is no version {version or 'latest'} of {name} among the {kind}.")
    return kind, record


def resolve(context: Context, uri: str) -> str:
    """The address of the files behind an asset's id; any other address as it is. Raises as ``version_of`` does."""
    if _REGISTRY.match(uri):
        raise _unsupported(uri)
    if found := _OUTPUT.fullmatch(uri):
        return _of_output(context, uri, *found.groups())
    if not (_VERSION.fullmatch(uri) or _DATA_ASSET.fullmatch(uri) or _SHORT.fullmatch(uri)):
        return uri
    if found := _OUTPUT_ASSET.fullmatch(uri):  # run history's id for an output of a job
        return _of_output(context, f"azureml://jobs/{found[1]}/outputs/{found[2]}", found[1], found[2], "")
    kind, record = version_of(context, uri, "data")
    address = record.properties.get(CONTENT.get(kind, ""))
    if not isinstance(address, str) or not address:
        raise InputError(f"{uri} has no files.", hint="Inputs are data, models and code.")
    found = _OUTPUT.fullmatch(address)
    return _of_output(context, address, *found.groups()) if found else address


def _of_output(context: Context, uri: str, job: str, output: str, path: str) -> str:
    """Where the job's record says that its output is; ``uri`` as it is when there is none."""
    with context.store.lock:
        known = context.store.assets("jobs").get(job)
        outputs = known.record.properties.get("outputs") or {} if known else {}
    place = str((outputs.get(output) or {}).get("uri") or "")
    if not place:
        return uri
    return f"{place.rstrip('/')}/{path}" if path else place
