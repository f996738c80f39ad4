"""Endpoints and deployments with the unmodified MLClient; then served by `amlpriv local serve`, and invoked."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import pytest

from amlpriv.local.plane.names import WORKSPACE_ID
from amlpriv.local.state import State
from tests.contract.requests_sent import RequestsSent, exec_command

pytestmark = [pytest.mark.local, pytest.mark.slow]

SESSION = Path(__file__).with_name("endpoints_session.py")


class Talk:
    """The process with the client."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        assert process.stdin
        assert process.stdout
        self.questions, self.answers, self.log = process.stdin, process.stdout, log

    def read(self) -> dict[str, Any]:
        line = self.answers.readline()
        assert line, self.log.read_text(encoding="utf-8", errors="replace")[-3000:]
        answer: dict[str, Any] = json.loads(line)
        return answer

    def go_on(self) -> None:
        self.questions.write("\n")
        self.questions.flush()


@pytest.fixture(scope="module")
def sent(local_state: State) -> RequestsSent:
    """The requests from now on."""
    return RequestsSent(local_state)


@pytest.fixture(scope="module")
def talk(local_environ: dict[str, str], sent: RequestsSent, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """One session for all tests, since importing the SDK takes seconds."""
    folder = tmp_path_factory.mktemp("endpoints")
    log = folder / "session.log"
    command = exec_command(SESSION, str(folder))
    with (
        log.open("w", encoding="utf-8") as stream,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stream,
            env=local_environ,
            cwd=folder,
            encoding="utf-8",
        ) as process,
    ):
        talk = Talk(process, log)
        yield talk
        with contextlib.suppress(OSError):
            talk.go_on()
        with contextlib.suppress(OSError):
            talk.questions.close()
        process.wait(60)


@pytest.fixture(scope="module")
def stored(talk: Talk) -> dict[str, Any]:
    """What the steps answered before anything was served."""
    return talk.read()


@pytest.fixture(scope="module")
def serving(
    stored: dict[str, Any], local_environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """What `local serve` said; it builds the environment, which takes twenty seconds."""
    log = tmp_path_factory.mktemp("serving") / "serve.log"
    command = [sys.executable, "-m", "amlpriv", "local", "serve", "mlc-churn", "--json"]
    with (
        log.open("w", encoding="utf-8") as stream,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stream, env=local_environ, text=True) as process,
    ):
        assert process.stdout
        said = _object(process.stdout)
        assert said, log.read_text(encoding="utf-8", errors="replace")[-3000:]
        yield {**json.loads(said), "log": log, "process": process}
        if process.poll() is None:
            process.kill()


def _object(stream: IO[str]) -> str:
    lines: list[str] = []
    for line in stream:
        lines.append(line)
        if line.startswith("}"):
            break
    return "".join(lines)


@pytest.fixture(scope="module")
def invoked(talk: Talk, serving: dict[str, Any]) -> dict[str, Any]:
    """What the steps answered while the deployments were served."""
    assert len(serving["served"]) == 2
    talk.go_on()
    return talk.read()


def step(answers: dict[str, Any], name: str) -> Any:
    answer = answers[name]
    assert "error" not in answer, answer["error"]
    return answer


def test_an_endpoint_is_made_and_found(stored: dict[str, Any]) -> None:
    found = step(stored, "endpoint")
    assert found["made"] == ["mlc-churn", "Succeeded", "key", "westeurope", {"a": "b"}, "d"]
    assert found["scoring"] == "https://mlc-churn.westeurope.inference.ml.azure.com/score"
    assert found["identity"] == ["system_assigned", True]
    assert "mlc-churn" in found["listed"]


def test_keys_are_made_anew_one_by_one(stored: dict[str, Any]) -> None:
    first, second, third = step(stored, "endpoint")["keys"]
    assert (second[0] != first[0], second[1]) == (True, first[1])
    assert (third[0], third[1] != second[1]) == (second[0], True)


def test_deployments_upload_code_and_model(stored: dict[str, Any]) -> None:
    found = step(stored, "deployments")
    assert found["made"] == ["blue", "Succeeded", "Standard_DS3_v2", 1, "default"]
    assert (found["listed"], found["script"]) == (["blue", "green"], "score.py")
    assert found["variables"]["MORE"] == "1"
    for identifier, kind in zip(found["ids"], ("models", "environments", "codes"), strict=True):
        assert identifier.startswith(f"{WORKSPACE_ID}/{kind}/")


def test_logs_say_how_to_run_it(stored: dict[str, Any]) -> None:
    assert "amlpriv local serve mlc-churn/blue" in step(stored, "deployments")["logs"]


def test_refusals_are_the_sdks_own_exceptions(stored: dict[str, Any]) -> None:
    found = step(stored, "deployments")
    kind, message = found["no environment"]
    assert (kind, "environmentId is required" in message) == ("HttpResponseError", True)
    kind, message = found["no endpoint"]
    assert (kind, "none does not exist" in message) == ("ResourceNotFoundError", True)


def test_traffic_is_set_by_the_endpoint(stored: dict[str, Any]) -> None:
    found = step(stored, "traffic")
    assert found["before"] == {"blue": 0, "green": 0}
    assert found["after"] == {"blue": 100}
    assert "95 percent" in found["wrong"][1]


def test_a_deployment_with_traffic_is_not_deleted(stored: dict[str, Any]) -> None:
    kind, message = step(stored, "traffic")["deleted"]
    assert (kind, "100 percent" in message) == ("ResourceExistsError", True)


def test_what_is_not_served_says_how_to(stored: dict[str, Any]) -> None:
    kind, message = step(stored, "traffic")["not served"]
    assert (kind, "Run: amlpriv local serve mlc-churn/blue" in message) == ("HttpResponseError", True)


def test_tokens(stored: dict[str, Any]) -> None:
    found = step(stored, "tokens")
    assert found["aml_token"] == ["aml_token", True, "EndpointAuthToken"]
    assert found["aad_token"] == ["aad_token", True, "EndpointAadToken"]


def test_a_deleted_endpoint_is_gone(stored: dict[str, Any]) -> None:
    assert step(stored, "tokens")["aml_token gone"][0] == "ResourceNotFoundError"


def test_batch_endpoints_and_deployments(stored: dict[str, Any]) -> None:
    found = step(stored, "batch")
    assert found["made"] == ["mlc-nightly", "Succeeded", "aad_token", {"a": "b"}]
    assert found["first"] == ["first", "Succeeded", 3, "append_row"]
    assert (found["listed"], found["deployments"]) == (["mlc-nightly"], ["first"])
    assert (found["default"], found["jobs"], found["jobs_of_deployment"]) == ("first", [], [])
    assert "default of its endpoint" in found["deleted"][1]
    assert found["gone"][0] == "ResourceNotFoundError"


def test_a_batch_endpoint_is_not_run_and_says_so(stored: dict[str, Any]) -> None:
    kind, message = step(stored, "batch")["invoked"]
    assert (kind, "does not run them" in message) == ("HttpResponseError", True)


def test_serve_says_where(serving: dict[str, Any]) -> None:
    assert [(one["endpoint"], one["deployment"]) for one in serving["served"]] in (
        [("mlc-churn", "blue"), ("mlc-churn", "green")],
        [("mlc-churn", "green"), ("mlc-churn", "blue")],
    )
    assert {one["scoring_url"] for one in serving["served"]} == {
        "https://mlc-churn.westeurope.inference.ml.azure.com/score"
    }
    assert all(one["url"].startswith("http://127.0.0.1:") for one in serving["served"])
    assert {one["deployment"]: one["traffic"] for one in serving["served"]} == {"blue": 100, "green": 0}


def test_invoke_runs_the_scoring_script_with_model_and_variables(invoked: dict[str, Any]) -> None:
    found = step(invoked, "invoked")
    assert found["traffic"] == [[7, 14]] * 3
    assert step(invoked, "named") == [7, 14]


def test_an_exception_of_the_script_is_an_error_of_the_model(invoked: dict[str, Any]) -> None:
    kind, message = step(invoked, "invoked")["wrong"]
    assert (kind, "error occurred in scoring script" in message) == ("HttpResponseError", True)


def test_logs_are_those_of_the_server_without_secrets(invoked: dict[str, Any], serving: dict[str, Any]) -> None:
    logs = step(invoked, "invoked")["logs"]
    assert "the model multiplies by 7 and knows" in logs
    assert "KeyError" in logs
    assert "canary-deployment-token" not in logs
    assert "canary-deployment-token" not in serving["log"].read_text(encoding="utf-8")


def test_the_traffic_split_is_honoured(invoked: dict[str, Any]) -> None:
    assert invoked["split"] == ["[7, 14]", "[70, 140]"]


def test_every_request_is_in_the_table_of_operations(invoked: dict[str, Any], sent: RequestsSent) -> None:
    assert invoked
    assert sent.undescribed() == []
    assert sent.unsent("endpoints") == []


@pytest.mark.skipif(os.name != "posix", reason="Windows has no signals: its Ctrl-C is a console's")
def test_an_interrupt_ends_the_servers_and_leaves_nothing(
    invoked: dict[str, Any], serving: dict[str, Any], local_state: State
) -> None:
    assert invoked
    process: subprocess.Popen[str] = serving["process"]
    process.send_signal(signal.SIGTERM)  # SIGINT is ignored where the tests run in the background
    assert process.stdout
    rest = process.stdout.read()
    assert (process.wait(20), rest) == (0, "")
    assert serving["log"].read_text(encoding="utf-8").splitlines()[-1] == "ended"
    assert list((local_state.root / "serving").rglob("*.json")) == []
    assert [one for one in serving["served"] if _answers(one["url"])] == []


def _answers(url: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=1).close()
    except OSError:
        return False
    return True
