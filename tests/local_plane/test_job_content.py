"""The body of a job: what is accepted, filled in and kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.local_plane.clients import Clock
from tests.local_plane.jobsite import ENVIRONMENT, JobSite, error


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> JobSite:
    return JobSite(tmp_path, clock)


def test_an_output_without_a_path_gets_the_default_one(site: JobSite) -> None:
    kept = "azureml://datastores/workspaceblobstore/paths/mine/${{name}}/${{output_name}}"
    outputs = {
        "model": {"jobOutputType": "uri_folder"},
        "table": {"jobOutputType": "mltable", "uri": kept},
    }
    site.put("first", outputs=outputs)
    found = site.properties("first")["outputs"]
    assert found["model"]["uri"] == "azureml://datastores/workspaceblobstore/paths/azureml/first/model/"
    assert found["table"]["uri"] == "azureml://datastores/workspaceblobstore/paths/mine/first/table"


@pytest.mark.parametrize("name", ["_x", "a b", "a.b", "a" * 256, "-a"])
def test_a_name_that_azure_would_refuse_is_refused(site: JobSite, name: str) -> None:
    status, _, message = error(site.ask("PUT", f"/jobs/{name.replace(' ', '%20')}", {"properties": {}}))
    assert (status, "job name is not valid" in message) == (400, True)


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"environmentId": None}, "environmentId is required"),
        ({"command": ""}, "command is required"),
        ({"inputs": {"a": {"jobInputType": "blob"}}}, "The jobInputType of inputs.a is one of: custom_model"),
        ({"outputs": {"a": {"jobOutputType": "literal"}}}, "The jobOutputType of outputs.a is one of"),
        ({"inputs": {"a": 1}}, "inputs.a is not an object"),
        ({"outputs": {"a": {"jobOutputType": "uri_folder", "uri": 1}}}, "uri is not a string"),
        ({"services": {"ssh": "yes"}}, "ssh is not an object"),
        ({"computeId": ["cpu"]}, "computeId is not a string"),
        ({"environmentVariables": {"A": ["b"]}}, "environmentVariables is not an object of strings"),
        ({"tags": {"a": 1}}, "tags is not an object of strings"),
        ({"experimentName": "a/b"}, "The experimentName 'a/b' is not valid"),
        ({"environmentVariables": {"A=B": "c"}}, "'A=B' cannot be the name"),
        ({"environmentVariables": {"A": "b\0c"}}, "value of A contains a NUL"),
        (
            {"outputs": {"a": {"jobOutputType": "uri_folder", "uri": "azureml://datastores/d/paths/x/../y"}}},
            "outputs.a contains",
        ),
    ],
)
def test_a_body_that_azure_would_refuse_is_refused_and_nothing_runs(
    site: JobSite, properties: dict[str, Any], message: str
) -> None:
    status, code, said = error(site.put("bad", **properties))
    assert (status, code) == (400, "UserError")
    assert message in said
    assert site.hand.submitted == []
    assert site.ask.names("/jobs") == []


@pytest.mark.parametrize("kind", ["Sweep", "AutoML", "Spark", "FineTuning", "Labeling"])
def test_other_types_of_jobs_are_named_as_not_imitated(site: JobSite, kind: str) -> None:
    status, code, message = error(site.ask("PUT", "/jobs/a", {"properties": {"jobType": kind}}))
    assert (status, code) == (400, "NotImplementedByLocalWorkspace")
    assert f"does not imitate jobs of type {kind}" in message


def test_of_an_existing_job_only_what_describes_it_can_be_changed(site: JobSite) -> None:
    site.put("first", tags={"a": "1"}, properties={"p": "1"})
    site.hand.move("first", "Completed", endTimeUtc="2026-11-20T12:00:00Z")
    changed = site.put("first", tags={"b": "2"}, displayName="other", description="d", properties={"q": "2"})
    assert changed.status == 200
    found = site.properties("first")
    assert (found["tags"], found["properties"]) == ({"a": "1", "b": "2"}, {"p": "1", "q": "2"})
    assert (found["displayName"], found["description"], found["status"]) == ("other", "d", "Completed")
    assert site.hand.submitted == ["first"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"command": "other"}, "Command"),
        ({"environmentId": f"{ENVIRONMENT}0"}, "EnvironmentId"),
        ({"experimentName": "other"}, "ExperimentName"),
        ({"inputs": {"a": {"jobInputType": "literal", "value": "1"}}}, "Inputs"),
        ({"environmentVariables": {"A": "b"}}, "EnvironmentVariables"),
        ({"properties": {"p": "2"}}, "Properties"),
    ],
)
def test_another_definition_under_the_same_name_is_refused(site: JobSite, change: dict[str, Any], named: str) -> None:
    site.put("first", properties={"p": "1"})
    status, code, message = error(site.put("first", **change))
    assert (status, code) == (400, "UserError")
    assert f"Of an existing one {named} cannot be changed" in message
    assert site.hand.submitted == ["first"]


def test_what_was_read_can_be_written_back_archived(site: JobSite) -> None:
    site.put("first", outputs={"o": {"jobOutputType": "uri_folder"}}, limits={"jobLimitsType": "Command"})
    site.hand.move("first", "Completed", startTimeUtc="2026-11-20T12:00:00Z")
    properties = site.properties("first")
    response = site.ask("PUT", "/jobs/first", {"properties": {**properties, "isArchived": True}})
    assert (response.status, response.json()["properties"]["isArchived"]) == (200, True)
    assert site.ask.names("/jobs") == []
    assert site.ask.names("/jobs", listViewType="ArchivedOnly") == ["first"]


@pytest.mark.parametrize(
    ("jobs", "message"),
    [
        ({}, "needs at least one step"),
        ({"a": 1}, "step a is not an object"),
        ({"a": {"type": "command"}}, "componentId is required"),
        ({"a": {"type": "command", "componentId": "c", "inputs": "x"}}, "inputs is not an object"),
        ({"a": {"type": "sweep"}}, "does not imitate pipeline steps of type sweep (step a)"),
    ],
)
def test_a_pipeline_with_bad_steps_is_refused(site: JobSite, jobs: dict[str, Any], message: str) -> None:
    status, _, said = error(site.put_pipeline("pipe", jobs=jobs))
    assert (status, message in said) == (400, True)
