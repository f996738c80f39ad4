"""Jobs of the control plane, without a client."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from amlpriv.local.plane.http import Request, Response, read_target
from amlpriv.local.plane.names import WORKSPACE_ID
from tests.local_plane.clients import Clock
from tests.local_plane.jobsite import COMMAND, COMPONENT, JobSite, error


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> JobSite:
    return JobSite(tmp_path, clock)


def follow(site: JobSite, url: str) -> Response:
    path, query = read_target(url.partition("localhost:9")[2])
    return site.plane.handle(Request("GET", path, query, {"authorization": "Bearer x"}, host="localhost:9"))


def test_a_command_job_gets_its_defaults_and_is_handed_to_the_runner(site: JobSite) -> None:
    response = site.put("first")
    assert response.status == 201
    body = response.json()
    assert body["id"] == f"{WORKSPACE_ID}/jobs/first"
    assert body["type"] == "Microsoft.MachineLearningServices/workspaces/jobs"
    assert body["systemData"]["createdByType"] == "Application"
    properties = body["properties"]
    assert (properties["displayName"], properties["experimentName"]) == ("first", "Default")
    assert (properties["status"], properties["isArchived"], properties["tags"]) == ("NotStarted", False, {})
    assert properties["services"]["Studio"]["endpoint"].startswith("https://ml.azure.com/runs/first?wsid=")
    assert properties["services"]["Tracking"]["endpoint"].startswith("azureml://westeurope.api.azureml.ms/mlflow/")
    assert site.hand.submitted == ["first"]


def test_the_runner_s_status_is_seen(site: JobSite) -> None:
    site.put("first")
    for status in ("Preparing", "Queued", "Running", "Finalizing", "CancelRequested", "Canceled"):
        site.hand.move("first", status)
        assert site.properties("first")["status"] == status
        assert site.ask("GET", "/jobs").json()["value"][0]["properties"]["status"] == status


def test_the_artifacts_are_an_output_of_a_job_that_has_ended(site: JobSite) -> None:
    site.put("first")
    assert "default" not in site.properties("first")["outputs"]
    site.hand.move("first", "Completed")
    uri = "azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.first"
    assert site.properties("first")["outputs"]["default"]["uri"] == uri


def test_an_unknown_job_is_not_found(site: JobSite) -> None:
    for method, path in (("GET", "/jobs/none"), ("POST", "/jobs/none/cancel")):
        assert error(site.ask(method, path)) == (404, "UserError", "Job none was not found.")
    assert site.ask("DELETE", "/jobs/none").status == 204


def test_a_list_has_the_newest_first_and_can_be_narrowed(site: JobSite) -> None:
    site.put("a", tags={"stage": "test"})
    site.put("b", tags={"stage": "live"})
    site.put_pipeline("c")
    site.hand.add_step("c", "step-1")
    assert site.ask.names("/jobs") == ["c", "b", "a"]
    assert site.ask.names("/jobs", jobType="Pipeline") == ["c"]
    assert site.ask.names("/jobs", tag="stage") == ["b", "a"]
    assert site.ask.names("/jobs", tag="stage=live") == ["b"]


def test_secrets_in_environment_variables_come_back_only_in_the_job(site: JobSite) -> None:
    site.put("first", environmentVariables={"TOKEN": "s3cret"})
    assert site.properties("first")["environmentVariables"] == {"TOKEN": "s3cret"}
    assert "s3cret" not in str(site.history("GET", "/runs/first/details").json())
    assert "s3cret" not in error(site.put("first", command="x"))[2]


def test_a_cancelled_job_is_waited_for(site: JobSite) -> None:
    site.put("first")
    answer = site.ask("POST", "/jobs/first/cancel")
    assert (answer.status, site.hand.cancelled) == (202, ["first"])
    assert "/locations/westeurope/mfeOperationResults/jc:" in answer.headers["Location"]
    again = follow(site, answer.headers["Location"])
    assert (again.status, "Location" in again.headers) == (202, True)
    site.hand.move("first", "Canceled")
    assert follow(site, again.headers["Location"]).status == 200


def test_cancelling_a_job_that_has_ended_changes_nothing(site: JobSite) -> None:
    site.put("first")
    site.hand.move("first", "Completed")
    answer = site.ask("POST", "/jobs/first/cancel")
    assert follow(site, answer.headers["Location"]).status == 200
    assert site.properties("first")["status"] == "Completed"


def test_a_job_is_deleted_with_its_steps_and_its_folder_once_it_has_ended(site: JobSite, tmp_path: Path) -> None:
    site.put_pipeline("pipe")
    site.hand.add_step("pipe", "step-1")
    site.hand.log("step-1", "user_logs/std_log.txt", "x")
    assert error(site.ask("DELETE", "/jobs/pipe"))[:2] == (409, "Conflict")
    site.hand.move("pipe", "Completed")
    assert site.ask("DELETE", "/jobs/pipe").status == 200
    assert site.ask("GET", "/jobs/step-1").status == 404
    assert list((tmp_path / "jobs").iterdir()) == []


def test_a_pipeline_is_handed_to_the_runner(site: JobSite) -> None:
    site.put_pipeline("pipe", inputs={"rate": {"jobInputType": "literal", "value": "1"}})
    assert site.hand.submitted == ["pipe"]
    assert site.properties("pipe")["jobs"] == {"one": {"type": "command", "componentId": COMPONENT}}


def test_a_step_has_no_properties_and_cannot_be_handled_alone(site: JobSite) -> None:
    site.put_pipeline("pipe")
    site.hand.add_step("pipe", "step-1")
    assert site.properties("step-1") is None
    for answer in (site.put("step-1"), site.ask("POST", "/jobs/step-1/cancel"), site.ask("DELETE", "/jobs/step-1")):
        assert error(answer)[0] == 400


def test_jobs_are_there_after_a_restart(tmp_path: Path, clock: Clock) -> None:
    before = JobSite(tmp_path, clock)
    before.put("first", tags={"a": "b"})
    before.hand.move("first", "Failed", error={"code": "UserError", "message": "m"})
    after = JobSite(tmp_path, clock)
    assert after.properties("first") == before.properties("first")
    assert after.hand.submitted == []


def test_of_many_who_submit_the_same_job_at_once_one_makes_it(site: JobSite) -> None:
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: site.put("same").status, range(24)))
    assert (statuses.count(201), statuses.count(200)) == (1, 23)
    assert site.hand.submitted == ["same"]


def test_a_job_of_an_isolated_client_is_kept_as_such_and_no_answer_shows_it(site: JobSite) -> None:
    body = json.dumps({"properties": {**COMMAND, "amlprivIsolated": True}}).encode()
    for name, isolated in (("lone", True), ("free", False)):
        request = Request("PUT", f"{WORKSPACE_ID}/jobs/{name}", {"api-version": "2024-04-01"}, site.ask.headers, body)
        assert site.plane.handle(replace(request, isolated=isolated)).status == 201
        with site.hand.context.store.lock:
            record = site.hand.context.store.assets("jobs").get(name)
            assert record
            assert record.record.properties.get("amlprivIsolated", False) is isolated
        shown = [site.ask("GET", f"/jobs/{name}"), site.ask("PUT", f"/jobs/{name}", json.loads(body))]
        assert [answer.status for answer in shown] == [200, 200]
        assert "amlprivIsolated" not in str([answer.json() for answer in shown])
