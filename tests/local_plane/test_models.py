"""Models: what the file MLmodel of an uploaded folder says, and where a model came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.names import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE
from tests.local_plane.clients import KEY, TENANT, Client, Clock
from tests.local_plane.memory_blobs import MemoryBlobs

LONG = f"azureml://subscriptions/{SUBSCRIPTION}/resourcegroups/{RESOURCE_GROUP}/workspaces/{WORKSPACE}/"
MLMODEL = b"""
flavors:
  python_function: {loader_module: mlflow.sklearn, python_version: 3.11.7, env: {conda: conda.yaml}, data: null}
  sklearn: {sklearn_version: 1.5, code: false}
  odd: text
"""


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
def ask(tmp_path: Path, clock: Clock, blobs: MemoryBlobs) -> Client:
    return Client(Plane(tmp_path / "plane", account="acct", account_key=KEY, tenant=TENANT, now=clock, blobs=blobs))


def put(ask: Client, uri: str, version: str = "1", **properties: Any) -> dict[str, Any]:
    body = {"properties": {"modelUri": uri, "modelType": "mlflow_model", **properties}}
    found: dict[str, Any] = ask("PUT", f"/models/churn/versions/{version}", body).json()["properties"]
    return found


def test_flavors_are_read_from_the_uploaded_folder_as_strings(ask: Client, blobs: MemoryBlobs) -> None:
    blobs.write(ask.plane.default_container, "LocalUpload/abc/model/MLmodel", MLMODEL)
    found = put(ask, f"{LONG}datastores/workspaceblobstore/paths/LocalUpload/abc/model")
    assert found["flavors"] == {
        "python_function": {
            "data": {"loader_module": "mlflow.sklearn", "python_version": "3.11.7", "env": '{"conda": "conda.yaml"}'}
        },
        "sklearn": {"data": {"sklearn_version": "1.5", "code": "false"}},
    }


@pytest.mark.parametrize("content", [None, b"", b"a: [b", b"- list", b"flavors: 1", b"\xff"])
def test_a_folder_without_readable_mlmodel_has_no_flavors(
    ask: Client, blobs: MemoryBlobs, content: bytes | None
) -> None:
    if content is not None:
        blobs.write(ask.plane.default_container, "m/MLmodel", content)
    assert put(ask, "azureml://datastores/workspaceblobstore/paths/m/")["flavors"] == {}


def test_flavors_that_the_client_names_are_kept_and_a_custom_model_has_none(ask: Client, blobs: MemoryBlobs) -> None:
    blobs.write(ask.plane.default_container, "m/MLmodel", MLMODEL)
    uri, flavors = "azureml://datastores/workspaceblobstore/paths/m", {"mine": {"data": {"a": "b"}}}
    assert put(ask, uri, flavors=flavors)["flavors"] == flavors
    assert put(ask, uri, "2", modelType="custom_model")["flavors"] == {}


def test_without_storage_there_are_no_flavors(make_plane: Any) -> None:
    assert put(Client(make_plane()), "azureml://datastores/workspaceblobstore/paths/m")["flavors"] == {}


def test_the_address_is_kept_with_the_workspace_in_it(ask: Client) -> None:
    short = "azureml://datastores/workspaceblobstore/paths/m/"
    assert put(ask, short)["modelUri"] == f"{LONG}datastores/workspaceblobstore/paths/m/"
    assert put(ask, f"{LONG}datastores/workspaceblobstore/paths/m")["modelUri"].endswith("paths/m/")


@pytest.mark.parametrize(
    ("uri", "job"),
    [
        ("azureml://jobs/good_job/outputs/artifacts/paths/model/", "good_job"),
        ("runs:/good_job/model", "good_job"),
        ("azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.good_job/model", "good_job"),
        ("azureml://datastores/workspaceblobstore/paths/m", None),
    ],
)
def test_a_model_says_which_job_it_came_from(ask: Client, uri: str, job: str | None) -> None:
    assert put(ask, uri)["jobName"] == job


def test_a_model_of_a_job_has_the_flavors_of_its_outputs(ask: Client, blobs: MemoryBlobs) -> None:
    blobs.write("azureml", "ExperimentRun/dcid.job/model/MLmodel", MLMODEL)
    assert "sklearn" in put(ask, "azureml://jobs/job/outputs/artifacts/paths/model/")["flavors"]


def test_a_stage_is_kept_and_the_type_is_custom_unless_said(ask: Client) -> None:
    found = put(ask, "https://a.test/m", stage="Production", modelType=None)
    assert (found["stage"], found["modelType"]) == ("Production", "custom_model")
