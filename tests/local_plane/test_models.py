"""Models: what the file MLmodel of an uploaded folder says, and where a model came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.names import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE, WORKSPACE_ID
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


@pytest.fixture
def job(ask: Client) -> str:
    """The name of a job with a named output."""
    ask.put("env", "1")
    outputs = {
        "model": {
            "jobOutputType": "mlflow_model",
            "uri": "azureml://datastores/workspaceblobstore/paths/mine/${{name}}",
        },
        "usual": {"jobOutputType": "uri_folder"},
    }
    properties = {"jobType": "Command", "command": "ls", "environmentId": f"{WORKSPACE_ID}/environments/env/versions/1"}
    assert ask("PUT", "/jobs/good_job", {"properties": {**properties, "outputs": outputs}}).status == 201
    return "good_job"


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("azureml://jobs/good_job/outputs/artifacts/paths/model/", "workspaceartifactstore/paths/{dcid}/model/"),
        (f"{LONG}jobs/good_job/outputs/artifacts/paths/model/", "workspaceartifactstore/paths/{dcid}/model/"),
        ("azureml://jobs/good_job/outputs/default/paths/a", "workspaceartifactstore/paths/{dcid}/a"),
        ("runs:/good_job/model", "workspaceartifactstore/paths/{dcid}/model"),
        ("azureml://jobs/good_job/outputs/model", "workspaceblobstore/paths/mine/good_job"),
        ("azureml://jobs/good_job/outputs/model/paths/a/b", "workspaceblobstore/paths/mine/good_job/a/b"),
        ("azureml://jobs/good_job/outputs/usual/paths/", "workspaceblobstore/paths/azureml/good_job/usual/"),
        ("azureml://datastores/workspaceartifactstore/paths/{dcid}/model", "workspaceartifactstore/paths/{dcid}/model"),
    ],
)
def test_a_model_of_a_job_has_the_place_where_its_files_are(ask: Client, job: str, uri: str, place: str) -> None:
    dcid = f"ExperimentRun/dcid.{job}"
    found = put(ask, uri.replace("{dcid}", dcid))
    assert found["modelUri"] == f"{LONG}datastores/{place.replace('{dcid}', dcid)}"
    assert found["jobName"] == job
    assert put(ask, uri.replace("{dcid}", dcid))["modelUri"] == found["modelUri"]


def test_a_model_of_no_job_names_none(ask: Client) -> None:
    assert put(ask, "azureml://datastores/workspaceblobstore/paths/m")["jobName"] is None


@pytest.mark.parametrize(
    ("uri", "status", "named"),
    [
        ("azureml://jobs/nobody/outputs/artifacts/paths/model/", 404, "nobody"),
        ("runs:/nobody/model", 404, "nobody"),
        ("azureml://jobs/good_job/outputs/none/paths/a", 404, "artifacts, model, usual"),
        ("azureml://nope", 400, "azureml://nope"),
        ("azureml://registries/r/models/m/versions/1", 400, "registries"),
        ("file:///etc/passwd", 400, "file:///etc/passwd"),
        ("/a/folder", 400, "/a/folder"),
        ("./model", 400, "./model"),
        ("C:\\model", 400, "model"),
        ("azureml://datastores/workspaceblobstore/paths/../secret", 400, "'..'"),
        ("azureml://jobs/good_job/outputs/artifacts/paths/a/%2e%2e/b", 400, "'..'"),
        ("https://a.test/a\\..\\b", 400, "'..'"),
        ("runs:/../model", 400, "'..'"),
    ],
)
def test_addresses_that_lead_nowhere_are_refused(ask: Client, job: str, uri: str, status: int, named: str) -> None:
    answer = ask("PUT", "/models/churn/versions/1", {"properties": {"modelUri": uri}})
    assert (job, answer.status) == ("good_job", status)
    assert named in answer.json()["error"]["message"]
    assert ask.names("/models") == []


def test_a_model_of_a_job_has_the_flavors_of_its_outputs(ask: Client, blobs: MemoryBlobs, job: str) -> None:
    blobs.write("azureml", f"ExperimentRun/dcid.{job}/model/MLmodel", MLMODEL)
    assert "sklearn" in put(ask, f"azureml://jobs/{job}/outputs/artifacts/paths/model/")["flavors"]


def test_a_stage_is_kept_and_the_type_is_custom_unless_said(ask: Client) -> None:
    found = put(ask, "https://a.test/m", stage="Production", modelType=None)
    assert (found["stage"], found["modelType"]) == ("Production", "custom_model")
