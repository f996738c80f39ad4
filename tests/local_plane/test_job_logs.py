"""The logs of jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from amlpriv.local.plane.http import Request, Response, read_target
from amlpriv.local.plane.names import WORKSPACE_ID
from tests.local_plane.clients import Clock
from tests.local_plane.jobsite import JobSite

STD_LOG = "user_logs/std_log.txt"
PIPELINE_LOG = "logs/azureml/executionlogs.txt"


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> JobSite:
    return JobSite(tmp_path, clock)


def details(site: JobSite, name: str) -> Any:
    return site.history("GET", f"/runs/{name}/details").json()


def read(site: JobSite, url: str) -> Response:
    """Without a token, as clients read logs."""
    path, query = read_target(url.partition("localhost:9")[2])
    return site.plane.handle(Request("GET", path, query, {}))


def test_logs_are_served_while_the_job_runs(site: JobSite) -> None:
    site.put("first")
    assert details(site, "first")["logFiles"] == {}
    site.hand.log("first", "azureml-logs/20_image_build_log.txt", "building\n")
    site.hand.log("first", STD_LOG, "one\n")
    logs = details(site, "first")["logFiles"]
    assert sorted(logs) == ["azureml-logs/20_image_build_log.txt", STD_LOG]
    assert read(site, logs[STD_LOG]).body == b"one\n"
    site.hand.log("first", STD_LOG, "two\n")
    assert read(site, logs[STD_LOG]).body == b"one\ntwo\n"


def test_a_log_is_read_only_with_its_own_signature(site: JobSite) -> None:
    site.put("first")
    site.hand.log("first", STD_LOG, "one\n")
    site.hand.log("first", "user_logs/other.txt", "other\n")
    logs = details(site, "first")["logFiles"]
    path, _, signature = logs[STD_LOG].partition("?")
    other = logs["user_logs/other.txt"].partition("?")[0]
    for url in (path, f"{path}?sig=x", f"{other}?{signature}"):
        assert read(site, url).status == 403


def test_a_log_address_cannot_leave_the_folder(site: JobSite) -> None:
    site.put("first")
    site.hand.log("first", STD_LOG, "one\n")
    path, _, signature = details(site, "first")["logFiles"][STD_LOG].partition("?")
    assert read(site, f"{path}/..%2F..%2Fplane%2Fworkspace.json?{signature}").status == 403


def test_logs_lead_to_the_host_of_the_services(site: JobSite) -> None:
    site.put("first")
    site.hand.log("first", STD_LOG, "one\n")
    path = f"/history/v1.0{WORKSPACE_ID}/runs/first/details"
    for host in ("management.azure.com", "westeurope.api.azureml.ms"):
        answer = site.plane.handle(Request("GET", path, {}, {"authorization": "Bearer x"}, host=host))
        assert answer.json()["logFiles"][STD_LOG].startswith("https://westeurope.api.azureml.ms/history/v1.0/")


def test_a_pipeline_s_log_tells_what_its_steps_did(site: JobSite) -> None:
    site.put_pipeline("pipe")
    assert details(site, "pipe")["logFiles"] == {}
    times = {"startTimeUtc": "2026-11-20T12:00:00.5Z", "endTimeUtc": "2026-11-20T12:00:09.5Z"}
    site.hand.add_step("pipe", "step-1", "Completed", **times)
    text = read(site, details(site, "pipe")["logFiles"][PIPELINE_LOG]).body
    assert text == (
        b"[2026-11-20T12:00:00Z] Submitting run one:step-1\n[2026-11-20T12:00:09Z] Ended run one:step-1 (Completed)\n"
    )
