"""The SDK v2 environment YAML, as ``azure.ai.ml.load_environment`` and ``az ml environment create`` read it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

import yaml

from amlpriv.errors import UsageError
from amlpriv.specs.nodes import from_data, to_texts
from amlpriv.specs.yaml import load_mapping

__all__ = ["ENVIRONMENT_SCHEMA", "render_environment"]

ENVIRONMENT_SCHEMA = "https://azuremlschemas.azureedge.net/latest/environment.schema.json"
"""What ``$schema`` says in Azure ML's own examples; editors validate against it."""


class _Quoted(str):
    """A text that is written in quotes even where YAML would not need them."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes values that occur twice twice, never as an alias."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


def _quoted(dumper: yaml.SafeDumper, text: _Quoted) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"')


_Dumper.add_representer(_Quoted, _quoted)


def render_environment(
    *,
    name: str,
    version: str | None = None,
    image: str | None = None,
    conda_file: str | Mapping[str, object] | PurePath | None = None,
    description: str | None = None,
    tags: Mapping[str, str] | None = None,
    build: Mapping[str, object] | None = None,
    os_type: str | None = None,
    inference_config: Mapping[str, object] | None = None,
    datastore: str | None = None,
    schema: str | None = ENVIRONMENT_SCHEMA,
) -> str:
    """The document as text. ``conda_file`` is the conda file's text, its mapping, or (as a path) a reference to it.

    The conda part is embedded as a mapping of texts, so that ``3.10`` stays 3.10. The version is always quoted: the SDK
    reads ``012345670123`` without quotes as another number. UsageError for an image together with a build context.
    """
    if image is not None and build is not None:
        raise UsageError("An environment has an image or a build context, not both.")
    data: dict[str, object | None] = {
        "$schema": schema,
        "name": name,
        "version": None if version is None else _Quoted(version),
        "description": description,
        "tags": dict(tags) if tags else None,
        "image": image,
        "build": None if build is None else dict(build),
        "conda_file": _conda_part(conda_file),
        "inference_config": inference_config and dict(inference_config),
        "os_type": os_type,
        "datastore": datastore,
    }
    present = {key: value for key, value in data.items() if value is not None}
    return yaml.dump(present, Dumper=_Dumper, sort_keys=False, width=2**31, default_flow_style=False)


def _conda_part(conda_file: str | Mapping[str, object] | PurePath | None) -> object | None:
    if conda_file is None:
        return None
    if isinstance(conda_file, PurePath):
        return conda_file.as_posix()
    if isinstance(conda_file, str):
        return to_texts(load_mapping(conda_file, None))
    return to_texts(from_data(conda_file))
