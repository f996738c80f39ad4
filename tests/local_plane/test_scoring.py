"""Scoring requests: who may, which deployment, what becomes of them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from amlpriv.local.plane.http import Request, Response
from amlpriv.local.plane.serving_files import deployment_version, serving_files
from tests.local_plane.clients import Client, Clock
from tests.local_plane.deploying import deployment, endpoint, error, make, register

SUFFIX = "westeurope.inference.ml.azure.com"


class Model(BaseHTTPRequestHandler):
    """A model that says who it is and what it got; ``{"status": 500}`` and ``{"wait": 1}`` are obeyed."""

    name: str

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(asked.get("wait", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.answer(asked.get("status", 200), {"from": self.name, "got": asked, "headers": headers})

    def do_GET(self) -> None:
        self.answer(200, {"path": self.path})

    def answer(self, status: int, body: Any) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("x-ms-request-id", "17")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def run(tmp_path: Path, ask: Client) -> Iterator[Callable[[str], None]]:
    """``run("churn/blue")``: serve that deployment, as `local serve` would."""
    with ExitStack() as stack:

        def start(target: str) -> None:
            handler = type("Named", (Model,), {"name": target})
            server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            files = serving_files(tmp_path, *target.split("/"))
            files.lock.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(files.lock))
            said = {"port": server.server_port, "version": version(ask, target)}
            files.registration.write_text(json.dumps(said), encoding="utf-8")

        yield start


def version(ask: Client, target: str) -> str:
    """A deployment's version as `local serve` finds it out: with its REST resource."""
    name, deployment = target.split("/")
    found = ask("GET", f"/onlineEndpoints/{name}/deployments/{deployment}").json()
    return deployment_version(found["systemData"]["createdAt"], found["properties"])


def score(
    ask: Client, body: object = None, *, key: str | None = None, host: str = f"churn.{SUFFIX}", **headers: str
) -> Response:
    """A request to the endpoint's host, with its own key unless another is given."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    if key is None:
        key = ask("POST", "/onlineEndpoints/churn/listKeys").json()["primaryKey"]
    if key:
        fields["authorization"] = f"Bearer {key}"
    return ask.plane.handle(Request("POST", "/score", {}, fields, json.dumps(body or {}).encode(), host))


@pytest.fixture
def churn(ask: Client) -> Client:
    """An endpoint with two deployments, all traffic to blue."""
    register(ask)
    make(ask, "churn", "blue", "green", blue=100)
    return ask


def test_a_request_is_passed_on_without_the_key(churn: Client, run: Callable[[str], None]) -> None:
    run("churn/blue")
    answer = score(churn, {"x": 1}, content_type="application/json", x_request_id="mine", cookie="c")
    assert answer.status == 200
    assert answer.json()["got"] == {"x": 1}
    passed = answer.json()["headers"]
    assert (passed["content-type"], passed["x-request-id"]) == ("application/json", "mine")
    assert {"authorization", "cookie"}.isdisjoint(passed)
    assert (answer.headers["azureml-model-deployment"], answer.headers["x-ms-request-id"]) == ("blue", "17")


def test_both_keys_are_good_and_nothing_else_is(churn: Client, run: Callable[[str], None]) -> None:
    run("churn/blue")
    keys = churn("POST", "/onlineEndpoints/churn/listKeys").json()
    assert score(churn, key=keys["secondaryKey"]).status == 200
    for wrong in ("", "x", keys["primaryKey"] + "x", "änd"):
        answer = score(churn, key=wrong)
        assert error(answer)[0] == 401
        assert "WWW-Authenticate" in answer.headers
    churn("POST", "/onlineEndpoints/churn/regenerateKeys", {"keyType": "Primary"})
    assert score(churn, key=keys["primaryKey"]).status == 401


def test_a_token_is_good_until_it_expires(ask: Client, run: Callable[[str], None], clock: Clock) -> None:
    register(ask)
    make(ask, "churn", "blue", mode="AMLToken", blue=100)
    run("churn/blue")
    token = ask("POST", "/onlineEndpoints/churn/token").json()["accessToken"]
    assert score(ask, key=token).status == 200
    clock.move(timedelta(hours=2))
    assert score(ask, key=token).status == 401


def test_any_token_of_entra_is_good(ask: Client, run: Callable[[str], None]) -> None:
    register(ask)
    make(ask, "churn", "blue", mode="AADToken", blue=100)
    run("churn/blue")
    assert score(ask, key="a.b.c").status == 200
    assert score(ask, key="").status == 401


def test_what_nobody_serves_is_named_with_the_command(churn: Client) -> None:
    answer = score(churn)
    assert error(answer)[0] == 503
    assert "Run: amlpriv local serve churn/blue" in error(answer)[1]
    assert answer.json()["error"]["code"] == "NotServedByLocalWorkspace"


def test_the_header_chooses_a_deployment_without_traffic(churn: Client, run: Callable[[str], None]) -> None:
    run("churn/blue")
    run("churn/green")
    assert score(churn, azureml_model_deployment="green").json()["from"] == "churn/green"
    assert error(score(churn, azureml_model_deployment="red"))[0] == 404


def test_the_split_is_honoured_among_those_that_run(churn: Client, run: Callable[[str], None]) -> None:
    churn("PUT", "/onlineEndpoints/churn", endpoint(traffic={"blue": 50, "green": 50}))
    run("churn/blue")
    assert {score(churn).json()["from"] for _ in range(10)} == {"churn/blue"}
    run("churn/green")
    assert {score(churn).json()["from"] for _ in range(60)} == {"churn/blue", "churn/green"}


def test_without_traffic_there_is_nothing(churn: Client, run: Callable[[str], None]) -> None:
    churn("PUT", "/onlineEndpoints/churn", endpoint(traffic={"blue": 0}))
    run("churn/blue")
    message = "The endpoint churn has no deployment with traffic. Name one in azureml-model-deployment."
    assert error(score(churn)) == (404, message)


def test_an_error_of_the_model_is_424_with_its_own_words(churn: Client, run: Callable[[str], None]) -> None:
    run("churn/blue")
    answer = score(churn, {"status": 500})
    assert (answer.status, answer.json()["from"]) == (424, "churn/blue")
    assert answer.headers["ms-azureml-model-error-statuscode"] == "500"


def test_a_model_that_takes_too_long_is_408(churn: Client, run: Callable[[str], None]) -> None:
    settings = {"requestTimeout": "PT0.2S"}
    churn("PUT", "/onlineEndpoints/churn/deployments/blue", deployment(requestSettings=settings))
    run("churn/blue")
    assert error(score(churn, {"wait": 0.6}))[0] == 408


def test_a_server_that_has_gone_is_named(churn: Client, tmp_path: Path) -> None:
    files = serving_files(tmp_path, "churn", "blue")
    files.lock.parent.mkdir(parents=True)
    with FileLock(files.lock), ThreadingHTTPServer(("127.0.0.1", 0), Model) as gone:
        said = {"port": gone.server_port, "version": version(churn, "churn/blue")}
        files.registration.write_text(json.dumps(said), encoding="utf-8")
        gone.server_close()
        status, message = error(score(churn))
        assert (status, "did not answer" in message) == (503, True)


def check_changed(answer: Response) -> None:
    status, message = error(answer)
    assert status == 503
    assert message.startswith("churn/blue was changed after it was served")
    assert message.endswith("serve it again: amlpriv local serve churn/blue")


def test_an_old_server_does_not_answer_for_an_updated_deployment(churn: Client, run: Callable[[str], None]) -> None:
    run("churn/blue")
    path = "/onlineEndpoints/churn/deployments/blue"
    churn("PUT", path, deployment(requestSettings={"requestTimeout": "PT9S"}))
    assert score(churn).status == 200
    churn("PUT", path, deployment(environmentVariables={"WHO": "new"}))
    check_changed(score(churn))


def test_an_old_server_does_not_answer_for_a_deployment_made_again(churn: Client, run: Callable[[str], None]) -> None:
    run("churn/blue")
    churn("DELETE", "/onlineEndpoints/churn")
    make(churn, "churn", "blue", "green", blue=50, green=50)
    check_changed(score(churn))
    run("churn/green")
    assert {score(churn).json()["from"] for _ in range(10)} == {"churn/green"}


def test_local_serve_may_ask_for_the_versions(churn: Client) -> None:
    expected = {one: version(churn, f"churn/{one}") for one in ("blue", "green")}
    assert churn.control("GET", "deployments/churn").json() == {"versions": expected}
    assert churn.control("GET", "deployments/none").json() == {"versions": {}}
    assert churn.plane.handle(Request("GET", "/_amlpriv/deployments/churn", {}, {}, b"")).status == 403


@pytest.mark.parametrize("host", [f"none.{SUFFIX}", "management.azure.com", SUFFIX, f"a.b.{SUFFIX}"])
def test_a_host_without_endpoint_is_404(churn: Client, host: str) -> None:
    assert score(churn, host=host).status == 404


def test_the_port_and_the_case_of_the_host_do_not_matter(churn: Client, run: Callable[[str], None]) -> None:
    run("churn/blue")
    assert score(churn, host=f"Churn.{SUFFIX}:443").status == 200


def test_swagger_comes_from_the_server(churn: Client, run: Callable[[str], None]) -> None:
    run("churn/blue")
    key = churn("POST", "/onlineEndpoints/churn/listKeys").json()["primaryKey"]
    headers = {"authorization": f"Bearer {key}"}
    answer = churn.plane.handle(Request("GET", "/swagger.json", {}, headers, b"", f"churn.{SUFFIX}"))
    assert answer.json() == {"path": "/swagger.json"}


def test_batch_endpoints_are_not_run_and_say_so(ask: Client) -> None:
    ask("PUT", "/batchEndpoints/nightly", endpoint("AADToken"))
    answer = ask.plane.handle(Request("POST", "/jobs", {}, {}, b"{}", f"nightly.{SUFFIX}"))
    assert error(answer) == (
        501,
        "The local workspace stores batch endpoints and does not run them: nightly was not invoked.",
    )
