"""A job's inputs and outputs as files: what the command gets for each, and where the outputs go."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from amlpriv.errors import InputError, UnsupportedError
from amlpriv.local.jobs.folders import JobFolder
from amlpriv.local.jobs.gathering import gather
from amlpriv.local.jobs.links import plain_name
from amlpriv.local.jobs.uris import Place, datastores_of, fetch, locate, resolve
from amlpriv.local.plane.context import Blobs, Context
from amlpriv.local.plane.job_content import climbs
from amlpriv.local.plane.names import DEFAULT_DATASTORE
from amlpriv.secret import redact

__all__ = ["Binding", "bring_inputs", "default_uri", "make_outputs", "output_uri", "store", "store_outputs", "values"]

_NOTES = 20
"""So many files are named that were left out of an output."""

DEFAULT_OUTPUT = "default"
"""The service's own name for ``./outputs`` and the logs."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What an input or an output is for the command."""

    value: str | None
    """A path, a literal, or a URI; None for an optional input that was not given."""
    literal: bool = False
    path: Path | None = None
    """The folder (or file) on this machine."""
    place: Place | None = None
    """Where an output goes."""


def values(bindings: Mapping[str, Binding]) -> dict[str, Any]:
    """What the command line gets for each name."""
    return {name: binding.value for name, binding in bindings.items()}


def bring_inputs(
    context: Context,
    blobs: Blobs,
    inputs: Mapping[str, Any],
    folder: JobFolder,
    check: Callable[[], None],
    environ: Mapping[str, str],
) -> dict[str, Binding]:
    """Copy the inputs to the job's folder: mounts and downloads are both copies here, ``direct`` is the URI itself.

    ``check`` is called before each of them, and ends this by raising; ``environ`` says how public files are reached.
    """
    found: dict[str, Binding] = {}
    for name, given in inputs.items():
        check()
        if given is None:
            found[name] = Binding(None, literal=True)
        elif "uri" not in given or str(given.get("jobInputType")).lower() == "literal":
            value = given.get("value")
            found[name] = Binding(None if value is None else str(value), literal=True)
        else:
            uri = resolve(context, str(given["uri"]))
            if str(given.get("mode")).lower() == "direct":
                found[name] = Binding(uri)
                continue
            path = fetch(blobs, context.account, datastores_of(context), uri, folder.input(name), environ)
            if str(given.get("jobInputType")).lower() == "uri_file":
                path = _only_file(path)
            path = _plainly_named(path) if path.is_file() else path
            found[name] = Binding(folder.shown(path), path=path)
    return found


def make_outputs(context: Context, job: str, outputs: Mapping[str, Any], folder: JobFolder) -> dict[str, Binding]:
    """An empty folder for each output; the path of a ``uri_file`` is that of a file in it.

    Raises UnsupportedError for an output that goes to a place which is not the workspace's own, InputError for a path
    with ``..``.
    """
    found: dict[str, Binding] = {}
    for name, given in outputs.items():
        uri = output_uri(job, name, given)
        if climbs(uri):
            raise InputError(f"The path of the output {name} contains '..': {redact(uri)}")
        place = locate(context.account, datastores_of(context), uri)
        if place is None:
            hint = "Outputs go to azureml://datastores/<name>/paths/<path>, or to the default place."
            raise UnsupportedError(f"The output {name} cannot be written to {redact(uri)}.", hint=hint)
        if name == DEFAULT_OUTPUT:
            found[name] = Binding(folder.shown(folder.default_output), path=folder.default_output)
            continue
        if str((given or {}).get("mode")).lower() == "direct":
            found[name] = Binding(uri)
            continue
        path = folder.output(name)
        path.mkdir(parents=True, exist_ok=True)
        if str((given or {}).get("jobOutputType")).lower() == "uri_file":
            if uri.endswith("/"):  # the address of a folder: the file gets the output's name in it
                place = Place(place.container, f"{place.path}/{name}")
            path = path / plain_name(PurePosixPath(place.path).name)
        found[name] = Binding(folder.shown(path), path=path, place=place)
    return found


def store_outputs(
    blobs: Blobs, outputs: Mapping[str, Binding], folder: JobFolder, check: Callable[[], None]
) -> list[str]:
    """Copy the outputs to where they belong; what was left out of them, for the log. ``check`` ends it by raising."""
    notes: list[str] = []
    for name, binding in outputs.items():
        if binding.place is not None and binding.path is not None:
            notes += store(blobs, binding.path, binding.place, folder, check, what=f"output {name}")
    return notes


def store(
    blobs: Blobs, path: Path, place: Place, folder: JobFolder, check: Callable[[], None], *, what: str
) -> list[str]:
    """Copy a folder's files, or one file, to ``place``; what was left out, for the log."""
    found = gather(path, folder.root, check)
    left = [*found.left, *blobs.upload(found.files, place.container, place.path, check)]
    notes = [f"amlpriv: not kept of the {what}: {one}" for one in left[:_NOTES]]
    return [*notes, f"amlpriv: ... and {len(left) - _NOTES} more"] if len(left) > _NOTES else notes


def output_uri(job: str, name: str, given: Mapping[str, Any] | None) -> str:
    """Where an output goes: its own address with the service's placeholders filled in, or the default one."""
    uri = str((given or {}).get("uri") or "") or default_uri(job, name)
    for placeholder, value in (
        ("default_datastore", DEFAULT_DATASTORE),
        ("name", job),
        ("output_name", name),
    ):
        uri = uri.replace(f"${{{{{placeholder}}}}}", value)
    return uri


def default_uri(job: str, name: str) -> str:
    """The place of an output that has no address."""
    return f"azureml://datastores/{DEFAULT_DATASTORE}/paths/azureml/{job}/{name}/"


def _plainly_named(path: Path) -> Path:
    """The file under a name that a shell takes as it is; both names are there."""
    other = path.with_name(plain_name(path.name))
    if other == path or other.exists():
        return other
    try:
        os.link(path, other)
    except OSError:
        shutil.copyfile(path, other)
    return other


def _only_file(path: Path) -> Path:
    """The file of a ``uri_file`` whose address is that of the folder around it."""
    inside = list(path.iterdir()) if path.is_dir() else []
    return inside[0] if len(inside) == 1 and inside[0].is_file() else path
