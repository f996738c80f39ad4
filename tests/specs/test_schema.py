"""The JSON schema for editors says what the reader does."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from amlpriv.specs.conda import CONDA_KEYS
from amlpriv.specs.environment import ENVIRONMENT_KEYS
from amlpriv.specs.sources import INDEX_KEYS, SOURCE_KEYS, WHEEL_ROUTES

SCHEMA: dict[str, Any] = json.loads(files("amlpriv.specs").joinpath("environment.schema.json").read_text("utf-8"))
SHA = "ab" * 32


def accepted(text: str) -> bool:
    return bool(jsonschema.Draft202012Validator(SCHEMA).is_valid(yaml.safe_load(text)))


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_key_that_is_read_is_in_the_schema_and_no_other() -> None:
    kinds = SCHEMA["$defs"]
    assert list(SCHEMA["properties"]) == list(ENVIRONMENT_KEYS)
    assert tuple(kinds["index"]["properties"]) == INDEX_KEYS
    assert tuple(kinds["conda"]["properties"]) == CONDA_KEYS
    for kind, keys in SOURCE_KEYS.items():
        assert tuple(kinds[f"{kind}_source"]["properties"]) == keys
    assert kinds["via"]["enum"] == [*(route.value for route in WHEEL_ROUTES), None]


@pytest.mark.parametrize(
    "text",
    [
        "{name: e, image: i}",
        "{name: e, build: {path: x}, version: 1.10, tags: {a: 1}}",
        "{name: e, image: i, conda_file: conda.yaml}",
        "{name: e, image: i, conda_file: {channels: [c], dependencies: [python=3.11, {pip: [a, b]}]}, via: image}",
        "{name: e, sources: {a: {path: x, via: context}, b: {git: x, tag: v1}, d: {index: c}}, indexes: {c: {url: x}}}",
        f"{{name: e, sources: {{a: {{url: x, sha256: {SHA}}}}}}}",
        f"{{name: e, sources: {{a: {{url: x, sha256: {SHA}, via: direct}}}}}}",
    ],
)
def test_what_is_read_is_valid(text: str) -> None:
    assert accepted(text)


@pytest.mark.parametrize(
    "text",
    [
        "{image: i}",
        "{name: AzureML-x}",
        "{name: e, image: i, build: {path: x}}",
        "{name: e, souces: {}}",
        "{name: e, via: feed}",
        "{name: e, via: direct}",
        "{name: e, sources: {a: {path: x, via: direct}}}",
        "{name: e, sources: {a: {path: x, git: y}}}",
        "{name: e, sources: {a: {git: x, tag: v, branch: b}}}",
        "{name: e, sources: {a: {url: x}}}",
        "{name: e, sources: {a: {index: x, via: sas}}}",
        "{name: e, indexes: {a: {connection: x}}}",
    ],
)
def test_what_is_refused_is_not_valid(text: str) -> None:
    assert not accepted(text)
