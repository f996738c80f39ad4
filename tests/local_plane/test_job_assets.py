"""Outputs of jobs that are to be registered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.local_plane.clients import Clock
from tests.local_plane.jobsite import JobSite, error


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> JobSite:
    return JobSite(tmp_path, clock)


def test_an_output_keeps_the_name_that_it_is_to_be_registered_under(site: JobSite) -> None:
    site.put("first", outputs={"a": {"jobOutputType": "uri_folder", "assetName": "made", "assetVersion": "1"}})
    found = site.properties("first")["outputs"]["a"]
    assert (found["assetName"], found["assetVersion"]) == ("made", "1")


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ({"assetName": "taken", "assetVersion": "1"}, "Data asset taken with version 1 exists already"),
        ({"assetName": "a/b"}, "data asset name is not valid"),
        ({"assetName": "a", "assetVersion": "x y"}, "data asset version is not valid"),
        ({"assetName": 5}, "assetName is not a string"),
    ],
)
def test_what_cannot_be_registered_is_refused_before_the_job_runs(
    site: JobSite, output: dict[str, Any], message: str
) -> None:
    taken = {"dataType": "uri_folder", "dataUri": "azureml://datastores/workspaceblobstore/paths/other/"}
    site.ask("PUT", "/data/taken/versions/1", {"properties": taken})
    outputs = {"a": {"jobOutputType": "uri_folder", **output}}
    status, _, said = error(site.put("bad", outputs=outputs))
    assert (status, message in said) == (400, True), said
    assert site.hand.submitted == []
