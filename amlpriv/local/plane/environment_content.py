"""The body of an environment version: what is accepted, and what of it may never change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from amlpriv.local.plane.http import ArmError, Json

__all__ = ["check_name", "content_of", "immutable", "read_container", "read_version"]

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,254}")
"""REST reference, plus the dot that names of curated environments have."""
_VERSION = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,254}")
_RESERVED_PREFIXES = ("AzureML", "Microsoft")

_IMMUTABLE = ("image", "condaFile", "build", "osType", "inferenceConfig", "properties")
_OS_TYPES = {"linux": "Linux", "windows": "Windows"}


def check_name(name: str, version: str | None = None) -> None:
    """ArmError (400) when the service would not take the name or the version."""
    for prefix in _RESERVED_PREFIXES:
        if name.lower().startswith(prefix.lower()):
            message = f"Environment name can not start with the prefix {prefix}."
            raise _refusal(f"{message} To alter a curated environment first create a copy of it.")
    if not _NAME.fullmatch(name):
        raise _refusal("The environment name is not valid: at most 255 letters, digits, '-', '_' and '.'.")
    if version is not None and not _VERSION.fullmatch(version):
        raise _refusal("The environment version is not valid: at most 255 letters, digits, '-', '_' and '.'.")


def read_container(document: Json) -> Json:
    """The properties of ``{"properties": {...}}`` that an environment has; ArmError (400)."""
    given = _properties(document)
    return {
        "description": _text(given, "description"),
        "tags": _texts(given, "tags"),
        "properties": _texts(given, "properties"),
        "isArchived": _flag(given, "isArchived"),
    }


def read_version(document: Json) -> Json:
    """The properties of ``{"properties": {...}}`` that a version has, absent ones left out; ArmError (400)."""
    given = _properties(document)
    os_type = _OS_TYPES.get((_text(given, "osType") or "Linux").lower())
    if os_type is None:
        raise _refusal("osType is Linux or Windows.")
    properties: Json = {
        **read_container(document),
        "isAnonymous": _flag(given, "isAnonymous"),
        "osType": os_type,
        "image": _text(given, "image") or None,
        "condaFile": _conda(given),
        "build": _build(given),
        "inferenceConfig": _object(given, "inferenceConfig"),
        "autoRebuild": _text(given, "autoRebuild"),
        "stage": _text(given, "stage"),
    }
    if not properties["image"] and not properties["build"]:
        raise _refusal("An environment needs an image or a build context.")
    if properties["image"] and properties["build"]:
        raise _refusal("An environment has an image or a build context, not both.")
    return {name: value for name, value in properties.items() if value is not None or name == "description"}


def immutable(properties: Mapping[str, Any]) -> Json:
    """The part that a registered version keeps as it is."""
    return {name: properties[name] for name in _IMMUTABLE if name in properties}


def content_of(properties: Mapping[str, Any]) -> Json:
    """The immutable part in a form that compares: empty is absent, a conda file is what it means."""
    content = {name: _without_empty(value) for name, value in immutable(properties).items()}
    if isinstance(content.get("condaFile"), str):
        content["condaFile"] = yaml.safe_load(content["condaFile"])
    return {name: value for name, value in content.items() if value is not None}


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _without_empty(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item is not None} or None
    return value


def _properties(document: Json) -> Json:
    given = document.get("properties")
    if not isinstance(given, dict):
        raise _refusal("The request body has no 'properties'.")
    return given


def _conda(given: Json) -> str | None:
    text = _text(given, "condaFile")
    if not text:
        return None
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        raise _refusal("The conda file is not valid YAML.") from None
    if not isinstance(document, dict):
        raise _refusal("The conda file is not a YAML mapping.")
    return text


def _build(given: Json) -> Json | None:
    build = _object(given, "build")
    if build is None:
        return None
    if not isinstance(build.get("contextUri"), str) or not build["contextUri"]:
        raise _refusal("build.contextUri is required.")
    return {**build, "dockerfilePath": build.get("dockerfilePath") or "Dockerfile"}


def _object(given: Json, name: str) -> Json | None:
    value = given.get(name)
    if value is not None and not isinstance(value, dict):
        raise _refusal(f"{name} is not an object.")
    return value or None


def _text(given: Json, name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise _refusal(f"{name} is not a string.")
    return value


def _texts(given: Json, name: str) -> dict[str, str | None]:
    value = given.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(item is None or isinstance(item, str) for item in value.values()):
        raise _refusal(f"{name} is not an object of strings.")
    return value


def _flag(given: Json, name: str) -> bool:
    value = given.get(name)
    if value is not None and not isinstance(value, bool):
        raise _refusal(f"{name} is neither true nor false.")
    return bool(value)


def _refusal(message: str) -> ArmError:
    return ArmError(400, "UserError", message)
