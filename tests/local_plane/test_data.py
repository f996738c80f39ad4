"""Data assets: three types, and addresses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local_plane.clients import Client


def put(ask: Client, **properties: Any) -> Any:
    body = {"properties": {"dataType": "uri_folder", "dataUri": "azureml://datastores/d/paths/p/", **properties}}
    return ask("PUT", "/data/churn/versions/1", body)


@pytest.mark.parametrize("kind", ["uri_file", "uri_folder", "mltable"])
def test_types(ask: Client, kind: str) -> None:
    found = put(ask, dataType=kind).json()["properties"]
    assert found["dataType"] == kind
    assert found.get("referencedUris") == ([] if kind == "mltable" else None)


def test_the_address_is_kept_with_the_workspace_in_it_and_a_final_slash_does_not_count(ask: Client) -> None:
    uri = put(ask).json()["properties"]["dataUri"]
    assert uri.startswith("azureml://subscriptions/")
    assert put(ask, dataUri=uri.rstrip("/")).status == 200
    assert put(ask, dataUri=uri + "other").status == 409


def test_an_address_elsewhere_is_kept_as_it_is(ask: Client) -> None:
    assert put(ask, dataUri="https://a.test/b.csv").json()["properties"]["dataUri"] == "https://a.test/b.csv"


@pytest.mark.parametrize(
    "properties",
    [
        {"dataType": "table"},
        {"dataType": None},
        {"dataUri": None},
        {"dataType": "mltable", "referencedUris": "a"},
        {"dataType": "mltable", "referencedUris": [1]},
    ],
)
def test_bodies_that_are_refused(ask: Client, properties: dict[str, Any]) -> None:
    assert put(ask, **properties).status == 400


def test_a_container_may_say_its_type(ask: Client) -> None:
    body = {"properties": {"dataType": "uri_file"}}
    assert ask("PUT", "/data/churn", body).json()["properties"]["dataType"] == "uri_file"
