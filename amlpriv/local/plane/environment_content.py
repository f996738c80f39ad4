"""The body of an environment version: what is accepted, and what of it may never change."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import yaml

from amlpriv.local.plane.fields import mapping, properties_of, refusal, text, without_empty
from amlpriv.local.plane.http import Json
from amlpriv.local.plane.versioned import check_name as check_asset_name
from amlpriv.local.plane.versioned import read_common

__all__ = ["IMMUTABLE", "check_name", "content_of", "read_version"]

_RESERVED_PREFIXES = ("AzureML", "Microsoft")

IMMUTABLE = ("image", "condaFile", "build", "osType", "inferenceConfig", "properties")
"""What a registered version keeps as it is."""

_OS_TYPES = {"linux": "Linux", "windows": "Windows"}


def check_name(name: str, version: str | None = None) -> None:
    """ArmError (400) when the service would not take the name or the version."""
    for prefix in _RESERVED_PREFIXES:
        if name.lower().startswith(prefix.lower()):
            message = f"Environment name can not start with the prefix {prefix}."
            raise refusal(f"{message} To alter a curated environment first create a copy of it.")
    check_asset_name("environment", name, version)


def read_version(document: Json) -> Json:
    """The properties of ``{"properties": {...}}`` that a version has, absent ones left out; ArmError (400)."""
    given = properties_of(document)
    os_type = _OS_TYPES.get((text(given, "osType") or "Linux").lower())
    if os_type is None:
        raise refusal("osType is Linux or Windows.")
    properties: Json = {
        **read_common(document),
        "osType": os_type,
        "image": text(given, "image") or None,
        "condaFile": _conda(given),
        "build": _build(given),
        "inferenceConfig": mapping(given, "inferenceConfig"),
        "autoRebuild": text(given, "autoRebuild"),
    }
    if not properties["image"] and not properties["build"]:
        raise refusal("An environment needs an image or a build context.")
    if properties["image"] and properties["build"]:
        raise refusal("An environment has an image or a build context, not both.")
    return {name: value for name, value in properties.items() if value is not None or name == "description"}


def content_of(properties: Mapping[str, Any]) -> Json:
    """The immutable part in a form that compares: empty is absent, a conda file is what it means."""
    content = {name: without_empty(value) for name, value in properties.items() if name in IMMUTABLE}
    if isinstance(content.get("condaFile"), str):
        with contextlib.suppress(yaml.YAMLError, RecursionError, ValueError):  # of a file that somebody edited
            content["condaFile"] = yaml.safe_load(content["condaFile"])
    return {name: value for name, value in content.items() if value is not None}


def _conda(given: Json) -> str | None:
    conda = text(given, "condaFile")
    if not conda:
        return None
    try:
        document = yaml.safe_load(conda)
    except (yaml.YAMLError, RecursionError, ValueError):
        raise refusal("The conda file is not valid YAML.") from None
    if not isinstance(document, dict):
        raise refusal("The conda file is not a YAML mapping.")
    return conda


def _build(given: Json) -> Json | None:
    build = mapping(given, "build")
    if build is None:
        return None
    if not isinstance(build.get("contextUri"), str) or not build["contextUri"]:
        raise refusal("build.contextUri is required.")
    return {**build, "dockerfilePath": build.get("dockerfilePath") or "Dockerfile"}
