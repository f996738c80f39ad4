"""What a job refers to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from amlpriv.local.plane.names import WORKSPACE_ID
from tests.local_plane.clients import Clock
from tests.local_plane.jobsite import CODE, JobSite, error


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> JobSite:
    return JobSite(tmp_path, clock)


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"environmentId": f"{WORKSPACE_ID}/environments/none/versions/3"}, "the environment none, version 3, was not"),
        ({"environmentId": f"{WORKSPACE_ID}/environments/env/versions/2"}, "the environment env, version 2, was not"),
        ({"environmentId": "env:1"}, "environmentId is not the id of a version of an environment"),
        ({"environmentId": CODE}, "environmentId is not the id of a version of an environment"),
        ({"codeId": f"{WORKSPACE_ID}/codes/other/versions/1"}, "codeId: the code other, version 1, was not found"),
        ({"computeId": f"{WORKSPACE_ID}/other/a/b"}, "computeId is not the id of a compute"),
        (
            {"inputs": {"a": {"jobInputType": "uri_folder", "uri": f"{WORKSPACE_ID}/data/d/versions/1"}}},
            "inputs.a: the data asset d, version 1, was not found",
        ),
    ],
)
def test_what_is_not_there_is_named_and_nothing_runs(site: JobSite, properties: dict[str, Any], message: str) -> None:
    status, code, said = error(site.put("bad", **properties))
    assert (status, code) == (400, "UserError")
    assert message in said
    assert site.hand.submitted == []


def test_registries_are_named_as_not_imitated(site: JobSite) -> None:
    environment = "azureml://registries/azureml/environments/sklearn/versions/1"
    assert error(site.put("a", environmentId=environment))[1] == "NotImplementedByLocalWorkspace"


def test_references_that_are_there_are_accepted(site: JobSite) -> None:
    data = {"dataType": "uri_folder", "dataUri": "azureml://datastores/workspaceblobstore/paths/d/"}
    assert site.ask("PUT", "/data/d/versions/1", {"properties": data}).status in (200, 201)
    inputs = {
        "a": {"jobInputType": "uri_folder", "uri": f"{WORKSPACE_ID}/data/d/versions/1"},
        "n": {"jobInputType": "literal", "value": "3"},
    }
    compute = f"{WORKSPACE_ID}/computes/cpu-cluster"
    assert site.put("a", inputs=inputs, codeId=CODE, computeId=compute).status == 201
    assert site.put("b", computeId="serverless").status == 201


def test_a_component_of_a_step_that_is_not_there_is_named_with_its_step(site: JobSite) -> None:
    step = {"type": "command", "componentId": f"{WORKSPACE_ID}/components/none/versions/1"}
    message = error(site.put_pipeline("pipe", jobs={"a": step}))[2]
    assert message == "jobs.a.componentId: the component none, version 1, was not found."
