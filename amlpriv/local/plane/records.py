"""Whether a record's fields are what its handlers rely on: somebody may have edited the file.

Only what a handler takes for granted stands here; what else a record holds is shown as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["wrong_field"]

_Check = Callable[[object], bool]


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _words(value: object) -> bool:
    return value is None or isinstance(value, str)


def _object(value: object) -> bool:
    return isinstance(value, dict)


def _file(value: object) -> bool:
    """A name in the folder that is meant, and nowhere else."""
    return isinstance(value, str) and value.endswith(".json") and not {"/", "\\", ":"} & set(value)


def _one_of(*values: str) -> _Check:
    return lambda value: isinstance(value, str) and value in values


def _maybe(check: _Check) -> _Check:
    return lambda value: value is None or check(value)


def _each(check: _Check) -> _Check:
    return lambda value: isinstance(value, dict) and all(map(check, value.values()))


def _having(**fields: _Check) -> _Check:
    return lambda value: isinstance(value, dict) and all(check(value.get(name)) for name, check in fields.items())


_COMMON: dict[str, _Check] = {
    "description": _words,
    "tags": _maybe(_each(_words)),
    "properties": _maybe(_object),
    "isArchived": _maybe(_flag),
    "isAnonymous": _maybe(_flag),
}

_ENDPOINT: dict[str, _Check] = {
    "name": _text,
    "location": _text,
    "state": _text,
    "keys": _having(primary=_text, secondary=_text),
    "properties": _having(
        authMode=_text,
        traffic=_maybe(_each(_number)),
        mirrorTraffic=_maybe(_each(_number)),
        defaults=_maybe(_object),
    ),
}

_DEPLOYMENT: dict[str, _Check] = {
    "name": _text,
    "location": _text,
    "state": _text,
    "kind": _words,
    "identity": _maybe(_object),
    "sku": _maybe(_object),
    "properties": _having(
        environmentId=_words, model=lambda value: _words(value) or _object(value), codeConfiguration=_maybe(_object)
    ),
}

_JOB: dict[str, _Check] = {
    "jobType": _one_of("Command", "Pipeline"),
    "status": _text,
    "experimentName": _text,
    "displayName": _words,
    "inputs": _maybe(_each(_object)),
    "outputs": _maybe(_each(_object)),
    "services": _maybe(_each(_object)),
    "jobs": _maybe(_each(_object)),
    "computeId": _words,
    "parentJobName": _words,
    "error": lambda value: _words(value) or _object(value),
}

_VERSIONS: dict[str, dict[str, _Check]] = {
    "codes": {"codeUri": _text},
    "components": {"componentSpec": _having(type=_text), "isAnonymous": _flag},
    "data": {"dataType": _text, "dataUri": _text},
    "environments": {"image": _words, "condaFile": _words, "build": _maybe(_having(contextUri=_text))},
    "models": {"modelUri": _text, "modelType": _text, "flavors": _object, "jobName": _words},
}

_SINGLE: dict[str, dict[str, _Check]] = {
    "batchDeployments": _DEPLOYMENT,
    "batchEndpoints": _ENDPOINT,
    "computes": {"properties": _having(computeType=_text, properties=_maybe(_object))},
    "connections": {
        "authType": _text,
        "category": _text,
        "target": _words,
        "secretFile": _maybe(_file),
        "metadata": _maybe(_object),
    },
    "jobs": _JOB,
    "onlineDeployments": _DEPLOYMENT,
    "onlineEndpoints": _ENDPOINT,
    "operations": {
        "status": _text,
        "asked": _number,
        "result": _maybe(_having(properties=_object)),
        "error": _maybe(_object),
    },
}
"""What has no versions."""


def wrong_field(kind: str, version: str | None, properties: Mapping[str, Any]) -> str | None:
    """The first field that is missing or of another type than it has to be; None when there is none."""
    if version is not None and kind in _SINGLE:
        return "version"
    own = (_SINGLE if version is None else _VERSIONS).get(kind, {})
    checks = {**_COMMON, **own}
    missing = [name for name, check in checks.items() if not check(properties.get(name))]
    if not missing and kind == "environments" and version is not None and not _has_base(properties):
        return "image"
    return missing[0] if missing else None


def _has_base(environment: Mapping[str, Any]) -> bool:
    return bool(environment.get("image") or environment.get("build"))
