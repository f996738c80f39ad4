"""Jobs that really run, submitted and followed by the unmodified MLClient: `jobs_session` does it, once."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from amlpriv.local.state import State
from tests.contract.requests_sent import RequestsSent, exec_command

SESSION = Path(__file__).with_name("jobs_session.py")

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def sent(local_state: State) -> RequestsSent:
    """The requests from now on."""
    return RequestsSent(local_state)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, local_environ: dict[str, str], sent: RequestsSent) -> Any:
    """What the session printed."""
    environment = {**local_environ, "AZUREML_RUN_POLLING_INTERVAL_MIN": "1"}
    folder = tmp_path_factory.mktemp("session")
    command = exec_command(SESSION, str(folder))
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    sent.stop()
    return json.loads(done.stdout)


def test_a_command_job_runs_to_its_end(told: Any) -> None:
    assert told["complete"]["statuses"] == ["NotStarted", "Completed"]
    assert told["complete"]["error"] == {}


def test_its_log_is_streamed_while_it_runs(told: Any) -> None:
    """The job waits until its first line is read, and fails if nobody does."""
    assert "Streaming user_logs/std_log.txt" in told["complete"]["log"]
    assert "ready seven 3\ndone\n" in told["complete"]["log"]
    assert f"RunId: {told['complete']['name']}" in told["complete"]["log"]


def test_its_outputs_and_logs_come_down(told: Any) -> None:
    files = told["complete"]["files"]
    assert files["named-outputs/result/result.txt"] == "made with 3"
    assert files["named/named-outputs/result/result.txt"] == "made with 3"
    assert files["artifacts/outputs/kept.txt"] == "kept"
    assert files["artifacts/user_logs/std_log.txt"] == "ready seven 3\ndone\n"


def test_outputs_come_down_only_from_a_job_that_has_ended(told: Any) -> None:
    assert told["complete"]["early"]["type"] == "JobException"
    assert "Download is allowed only in states" in told["complete"]["early"]["message"]


def test_a_job_reads_as_it_was_written(told: Any) -> None:
    title, experiment, compute, environment, studio = told["complete"]["seen"]
    assert (title, experiment, compute) == ("shown", "session", "cpu-cluster")
    assert environment.startswith("jobs-session:")
    assert studio.startswith(f"https://ml.azure.com/runs/{told['complete']['name']}?wsid=/subscriptions/")
    assert told["complete"]["created"].startswith("20")
    assert told["complete"]["services"] is None


def test_another_job_under_its_name_is_refused_without_a_secret(told: Any) -> None:
    again = told["complete"]["again"]
    assert again["type"] == "HttpResponseError"
    assert "exists already: use another name" in again["message"]
    assert "s3cret" not in again["message"]


def test_the_request_log_has_no_secret_and_no_signature(told: Any, local_state: State) -> None:
    text = (local_state.root / "logs" / "requests.jsonl").read_text(encoding="utf-8")
    name = told["complete"]["name"]
    logs = [line["query"] for line in map(json.loads, text.splitlines()) if f"/runs/{name}/logs/" in line["path"]]
    assert logs
    assert "s3cret-of-the-user" not in text
    assert all(len(query) < 64 for query in logs)  # a signature alone has 64 digits


def test_a_job_that_has_ended_is_renamed_tagged_archived_and_restored(told: Any) -> None:
    assert told["describe"] == {
        "tags": {"a": "1", "b": "2"},
        "title": "renamed",
        "archived": [False, True],
        "restored": "Completed",
    }


def test_a_failing_job_raises_in_stream(told: Any) -> None:
    failed = told["fail"]
    assert (failed["status"], failed["error"]["type"]) == ("Failed", "JobException")
    assert "ended with the exit code 3" in failed["error"]["message"]
    assert "about to fail" in failed["log"]


def test_a_sleeping_job_is_cancelled(told: Any) -> None:
    assert told["cancel"] == {"before": "Running", "after": "Canceled"}


def test_a_pipeline_of_two_steps_runs_to_its_end(told: Any) -> None:
    pipeline = told["pipeline"]
    assert (pipeline["status"], pipeline["error"], pipeline["steps"]) == ("Completed", {}, ["first", "second"])
    assert pipeline["children"] == [["first", "Completed"], ["second", "Completed"]]


def test_the_log_of_a_pipeline_tells_of_its_steps(told: Any) -> None:
    assert "Streaming logs/azureml/executionlogs.txt" in told["pipeline"]["log"]
    for line in ("Submitting run first:", "Ended run second:"):
        assert line in told["pipeline"]["log"]


def test_outputs_of_a_pipeline_and_of_its_steps_come_down(told: Any) -> None:
    assert told["pipeline"]["files"] == {
        "named-outputs/report/report.txt": "seven at 0.25, read",
        "first/named-outputs/model/model.txt": "seven at 0.25",
    }


def test_steps_are_in_no_list_of_jobs_and_cannot_be_streamed(told: Any) -> None:
    assert told["pipeline"]["listed"] == [False, False]
    assert told["pipeline"]["child"] == ["base", "Completed"]
    assert told["pipeline"]["streamed_child"]["type"] == "PipelineChildJobError"


@pytest.mark.parametrize(
    ("what", "error", "message"),
    [
        ("environment", "HttpResponseError", "environmentId: the environment none, version 1, was not found"),
        ("label", "ResourceNotFoundError", "No environment exists for name: none"),
        ("data", "HttpResponseError", "inputs.data: the data asset none, version 1, was not found"),
        ("job", "ResourceNotFoundError", "Job none was not found"),
        ("sweep", "HttpResponseError", "does not imitate jobs of type Sweep"),
        ("name", "HttpResponseError", "The job name is not valid"),
    ],
)
def test_what_is_wrong_is_named(told: Any, what: str, error: str, message: str) -> None:
    assert told["refuse"][what]["type"] == error
    assert message in told["refuse"][what]["message"]


def test_every_request_is_in_the_table_of_operations(told: Any, sent: RequestsSent) -> None:
    assert told
    assert sent.undescribed() == []
    assert sent.unsent("jobs") == []
