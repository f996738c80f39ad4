"""Run history of the control plane, without a client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from amlpriv.local.plane.http import Request, read_target
from amlpriv.local.plane.names import WORKSPACE_ID
from tests.local_plane.clients import Clock
from tests.local_plane.jobsite import JobSite


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> JobSite:
    return JobSite(tmp_path, clock)


def details(site: JobSite, name: str) -> Any:
    return site.history("GET", f"/runs/{name}/details").json()


def test_a_run_tells_what_the_job_does(site: JobSite) -> None:
    site.put("first", displayName="shown", tags={"a": "b"}, computeId=f"{WORKSPACE_ID}/computes/cpu")
    site.hand.move("first", "Running", startTimeUtc="2026-11-20T12:00:00.000000Z")
    run = site.history("GET", "/runs/first").json()
    assert (run["runId"], run["rootRunId"], run["parentRunId"]) == ("first", "first", None)
    assert (run["displayName"], run["status"], run["tags"]) == ("shown", "Running", {"a": "b"})
    assert (run["startTimeUtc"], run["endTimeUtc"]) == ("2026-11-20T12:00:00.000000Z", None)
    assert (run["compute"]["target"], run["hidden"], run["error"]) == ("cpu", False, None)


def test_a_run_without_a_token_or_in_another_workspace_is_refused(site: JobSite) -> None:
    site.put("first")
    path = f"/history/v1.0{WORKSPACE_ID}/runs/first"
    assert site.plane.handle(Request("GET", path, {}, {})).status == 401
    other = path.replace("workspaces/local", "workspaces/other")
    assert site.plane.handle(Request("GET", other, {}, {"authorization": "Bearer x"})).status == 404


@pytest.mark.parametrize("path", ["", "/details", "/children", "/serviceinstances/0"])
def test_an_unknown_run_is_not_found(site: JobSite, path: str) -> None:
    assert site.history("GET", f"/runs/none{path}").json()["error"]["message"] == "Run none was not found."


def test_a_run_is_found_in_its_experiment_only(site: JobSite) -> None:
    site.put("first", experimentName="churn")
    assert site.history("GET", "/experiments/churn/runs/first").status == 200
    assert site.history("GET", "/experiments/other/runs/first").status == 404


def test_a_failed_job_says_why(site: JobSite) -> None:
    site.put("first")
    site.hand.move("first", "Failed", error={"code": "UserError", "message": "exit code 3"})
    assert details(site, "first")["error"]["error"] == {"code": "UserError", "message": "exit code 3"}
    site.hand.move("first", "Failed", error="only text")
    assert details(site, "first")["error"]["error"]["message"] == "only text"


def test_steps_are_the_children_of_a_pipeline(site: JobSite) -> None:
    site.put_pipeline("pipe")
    site.hand.add_step("pipe", "step-1", "Completed")
    site.hand.add_step("pipe", "step-2", "Running")
    site.put("other")
    children = site.history("GET", "/runs/pipe/children").json()["value"]
    assert [(run["runId"], run["status"]) for run in children] == [("step-1", "Completed"), ("step-2", "Running")]
    assert {run["parentRunId"] for run in children} == {"pipe"}
    assert site.history("GET", "/runs/other/children").json()["value"] == []


def test_outputs_are_assets_whose_place_can_be_asked_for(site: JobSite) -> None:
    outputs = {
        "folder": {"jobOutputType": "uri_folder"},
        "model": {"jobOutputType": "mlflow_model", "uri": "azureml://datastores/workspaceblobstore/paths/m/"},
    }
    site.put("first", outputs=outputs)
    run = site.history("POST", "/rundata", {"runId": "first"}).json()["runMetadata"]
    identifiers = {name: item["assetId"] for name, item in run["outputs"].items()}
    assert {item["type"] for item in run["outputs"].values()} == {"uri_folder"}
    body = {"values": [*identifiers.values(), "azureml://locations/x/data/other/versions/1"]}
    path = f"//data/v1.0{WORKSPACE_ID}/dataversion/batchGetResolvedUris"
    values = site.ask("POST", path, body).json()["values"]
    assert {name: values[identifiers[name]]["uri"] for name in identifiers} == {
        "folder": "azureml://datastores/workspaceblobstore/paths/azureml/first/folder/",
        "model": "azureml://datastores/workspaceblobstore/paths/m/",
    }
    assert len(values) == 2


@pytest.mark.parametrize("body", [{}, {"values": "x"}, {"values": [1]}])
def test_a_question_for_no_list_of_assets_is_refused(site: JobSite, body: dict[str, Any]) -> None:
    assert site.ask("POST", f"//data/v1.0{WORKSPACE_ID}/dataversion/batchGetResolvedUris", body).status == 400


def test_run_data_of_no_run_is_not_found(site: JobSite) -> None:
    assert site.history("POST", "/rundata", {}).status == 404


def test_a_run_is_renamed_tagged_and_archived(site: JobSite) -> None:
    site.put("first", tags={"a": "1"}, description="kept")
    site.hand.move("first", "Completed")
    path = "/experiments/Default/runs/first"
    body = {"displayName": "other", "tags": {"b": "2"}, "properties": {"p": "q"}, "description": None}
    run = site.history("PATCH", path, body).json()
    assert (run["displayName"], run["tags"], run["description"]) == ("other", {"a": "1", "b": "2"}, "kept")
    assert site.properties("first")["properties"] == {"p": "q"}
    site.history("PATCH", path, {"hidden": True})
    assert (site.ask.names("/jobs"), site.properties("first")["status"]) == ([], "Completed")
    site.history("PATCH", path, {"hidden": False})
    assert site.ask.names("/jobs") == ["first"]


def test_a_bad_patch_is_refused(site: JobSite) -> None:
    site.put("first")
    for body in ({"displayName": 1}, {"tags": ["a"]}, {"hidden": "yes"}, b"[]"):
        assert site.history("PATCH", "/runs/first", body).status == 400


def test_no_services_run_inside_a_job(site: JobSite) -> None:
    site.put("first")
    assert site.history("GET", "/runs/first/serviceinstances/0").json() == {"instances": {}}


def test_many_steps_come_in_pages(site: JobSite) -> None:
    site.put_pipeline("pipe")
    for number in range(120):
        site.hand.add_step("pipe", f"step-{number}")
    first = site.history("GET", "/runs/pipe/children").json()
    path, query = read_target(first["nextLink"].partition("localhost:9")[2])
    rest = site.plane.handle(Request("GET", path, query, {"authorization": "Bearer x"})).json()
    runs = [run["runId"] for run in (*first["value"], *rest["value"])]
    assert runs == [f"step-{number}" for number in range(120)]
