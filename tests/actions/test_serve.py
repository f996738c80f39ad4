"""local serve: which deployments are meant, and what is said about those that cannot be run.

That one is really served is tested with the real client and the real server in tests/mlclient_endpoints.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from amlpriv.actions.serve import ServedDeployment, local_serve
from amlpriv.errors import (
    AmlprivError,
    InputError,
    LocalWorkspaceError,
    LockedError,
    NotFoundError,
    UnsupportedError,
    UsageError,
)
from amlpriv.local.blobs import LocalBlobs
from amlpriv.local.home import Home
from amlpriv.local.lifecycle import LocalSession
from amlpriv.local.plane.names import WORKSPACE_ID
from amlpriv.local.serving import held
from amlpriv.local.state import State, load_identity
from tests.local_plane.deploying import CODE, FLOW, deployment, endpoint

pytestmark = pytest.mark.local

# What of azureml-inference-server-http is used; it answers with who it is.
SERVER = """
import http.server, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["WHO"].encode())

    def log_message(self, *args): ...

def run():
    port = int(sys.argv[sys.argv.index("--port") + 1])
    http.server.ThreadingHTTPServer((DEFAULT_HOST, port), Handler).serve_forever()
"""


@dataclass
class Workspace:
    """A local workspace of our own: nobody else makes endpoints in it."""

    environ: dict[str, str]
    state: State

    def put(self, path: str, body: dict[str, Any]) -> None:
        self.ask("PUT", path, body)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        context = ssl.create_default_context(cafile=str(self.state.ca_bundle))
        connection = http.client.HTTPSConnection("localhost", self.state.ports.plane, context=context, timeout=10)
        try:
            target = f"{WORKSPACE_ID}/{path}?api-version=2024-10-01"
            connection.request(method, target, json.dumps(body or {}), {"Authorization": "Bearer x"})
            answer = connection.getresponse()
            assert answer.status in (200, 201, 202), answer.read()
        finally:
            connection.close()

    def deploy(self, **properties: Any) -> str:
        """A new endpoint with one deployment: ``endpoint/blue``."""
        name = f"e{uuid.uuid4().hex[:8]}"
        self.put(f"onlineEndpoints/{name}", endpoint())
        self.put(f"onlineEndpoints/{name}/deployments/blue", deployment(**properties))
        return f"{name}/blue"

    def refusal(self, target: str | None, kind: type[AmlprivError], **options: Any) -> str:
        """What is said instead of serving."""
        said: list[str] = []
        with pytest.raises(kind) as caught:
            local_serve(target, environ=self.environ, start=False, on_line=said.append, **options)
        return str(caught.value)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Without endpoints."""
    environ = {**os.environ, "AMLPRIV_HOME": str(tmp_path_factory.mktemp("serve") / "home")}
    with LocalSession(Home.find(environ), say=lambda _: None, environ=environ) as state:
        yield Workspace(environ, state)


@pytest.fixture(scope="module")
def workspace(fresh: Workspace) -> Workspace:
    """With what deployments refer to: an environment with Python alone, code, and models."""
    assert "has no online endpoints" in fresh.refusal(None, NotFoundError)
    home = Home.find(fresh.environ)
    blobs = LocalBlobs(load_identity(home), home.certificates / "ca.pem", lambda: fresh.state.ports.storage)
    container, base = fresh.state.container, fresh.state.storage_url
    blobs.write(container, "code/score.py", b"def init(): ...\ndef run(body): return body\n")
    blobs.write(container, "model/model.txt", b"7")
    fresh.put("environments/env/versions/1", {"properties": {"image": "i", "condaFile": "dependencies: []"}})
    fresh.put("codes/code/versions/1", {"properties": {"codeUri": f"{base}/{container}/code"}})
    for name, kind in (("model", "custom_model"), ("flow", "mlflow_model")):
        uri = f"azureml://datastores/workspaceblobstore/paths/{name}"
        fresh.put(f"models/{name}/versions/1", {"properties": {"modelUri": uri, "modelType": kind}})
    return fresh


def test_a_workspace_that_does_not_run_is_started_unless_told_otherwise(tmp_path: Path) -> None:
    with pytest.raises(LocalWorkspaceError, match="not running"):
        local_serve(start=False, environ={**os.environ, "AMLPRIV_HOME": str(tmp_path)})


def test_the_endpoint_has_to_exist_and_to_have_deployments(workspace: Workspace) -> None:
    assert "online endpoint none does not exist" in workspace.refusal("none", NotFoundError)
    workspace.put("onlineEndpoints/empty", endpoint())
    assert "empty has no deployments" in workspace.refusal("empty", NotFoundError)
    assert "has no deployment red" in workspace.refusal("empty/red", NotFoundError)


def test_several_endpoints_are_named(workspace: Workspace) -> None:
    for name in ("one-of-two", "two-of-two"):
        workspace.put(f"onlineEndpoints/{name}", endpoint())
    said = workspace.refusal(None, UsageError)
    assert "one-of-two, two-of-two" in said
    assert "amlpriv local serve " in said


def test_a_port_is_for_one_deployment(workspace: Workspace) -> None:
    name = workspace.deploy().partition("/")[0]
    workspace.put(f"onlineEndpoints/{name}/deployments/green", deployment())
    assert f"amlpriv local serve {name}/blue --port 8000" in workspace.refusal(name, UsageError, port=8000)


def test_a_port_that_is_taken(workspace: Workspace) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = workspace.refusal(workspace.deploy(), UsageError, port=taken.getsockname()[1])
    assert "cannot be used" in said


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"model": FLOW, "environmentId": None, "codeConfiguration": None}, "model without environment"),
        ({"codeConfiguration": None}, "has no scoring script"),
        ({"environmentId": "azureml://registries/azureml/environments/e/versions/1"}, "is in a registry"),
    ],
)
def test_what_is_not_run_here_says_so(workspace: Workspace, properties: dict[str, Any], message: str) -> None:
    assert message in workspace.refusal(workspace.deploy(**properties), UnsupportedError)


def test_an_environment_without_the_inference_server(workspace: Workspace) -> None:
    said = workspace.refusal(workspace.deploy(), UnsupportedError)
    assert "has no inference server" in said
    assert "Add azureml-inference-server-http to the pip section" in said


def test_a_scoring_script_that_is_not_in_the_code(workspace: Workspace) -> None:
    code = {"codeId": CODE, "scoringScript": "scores.py"}
    said = workspace.refusal(workspace.deploy(codeConfiguration=code), InputError)
    assert "has no scoring script scores.py" in said


def test_a_deployment_that_is_served_already(workspace: Workspace) -> None:
    target = workspace.deploy()
    with held(workspace.state.root, *target.split("/")):
        assert "is being served by another process" in workspace.refusal(target, LockedError)


@pytest.fixture
def with_server(workspace: Workspace, tmp_path: Path) -> Iterator[Path]:
    """The environment has an inference server meanwhile: a folder for PYTHONPATH."""
    package = tmp_path / "azureml_inference_server_http"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "amlserver.py").write_text(SERVER, encoding="utf-8")
    assert "has no inference server" in workspace.refusal(workspace.deploy(), UnsupportedError)  # it is built now
    home = Home.find(workspace.environ)
    scripts = [python.with_name("azmlinfsrv.exe") for python in home.builds.glob("*/*/python*")]
    scripts += [python.with_name("azmlinfsrv") for python in home.builds.glob("*/*/python*")]
    for script in scripts:
        script.touch(0o755)
    yield tmp_path
    for script in scripts:
        script.unlink(missing_ok=True)


def test_a_deployment_that_changes_is_served_anew_until_it_is_gone(workspace: Workspace, with_server: Path) -> None:
    def variables(who: str) -> dict[str, dict[str, str]]:
        return {"environmentVariables": {"PYTHONPATH": str(with_server), "WHO": who}}

    target = workspace.deploy(**variables("old"))
    name = target.partition("/")[0]
    path = f"onlineEndpoints/{name}/deployments/blue"
    said: list[str] = []
    answers: list[tuple[str, int]] = []

    def look(ready: list[ServedDeployment]) -> None:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(ready[0].url, timeout=5) as answer:
            answers.append((answer.read().decode(), ready[0].traffic))
        if len(answers) == 1:
            workspace.put(path, deployment(**variables("new")))
            workspace.put(f"onlineEndpoints/{name}", endpoint(traffic={"blue": 100}))
        else:
            workspace.put(f"onlineEndpoints/{name}", endpoint())
            workspace.ask("DELETE", path)

    with pytest.raises(NotFoundError, match="has no deployment blue"):
        local_serve(target, environ=workspace.environ, start=False, say=said.append, on_ready=look)
    assert answers == [("old", 0), ("new", 100)]
    assert said.count(f"{target}: updated or deleted meanwhile; serving what is there now") == 2
