"""amlpriv local serve: words and exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlpriv.actions.serve import ServedDeployment
from amlpriv.cli.local_serve import described
from tests.cli.conftest import Amlpriv


def test_without_a_workspace_it_says_how_to_start_one(project: Path, amlpriv: Amlpriv) -> None:
    ended = amlpriv("local", "serve", "churn", "--no-start")
    assert (ended.code, ended.out) == (20, "")
    assert "The local workspace is not running." in ended.err


def test_an_error_is_one_object_with_json(project: Path, amlpriv: Amlpriv) -> None:
    ended = amlpriv("local", "serve", "--no-start", "--json")
    assert ended.code == 20
    assert ended.json["error"]["type"] == "LocalWorkspaceError"


@pytest.mark.parametrize("port", ["0", "65536", "x"])
def test_a_port_is_a_number(project: Path, amlpriv: Amlpriv, port: str) -> None:
    assert amlpriv("local", "serve", "churn", "--port", port).code == 2


@pytest.mark.local
def test_what_is_not_there_is_exit_code_12(
    amlpriv: Amlpriv, local_environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMLPRIV_HOME", local_environ["AMLPRIV_HOME"])
    ended = amlpriv("local", "serve", "none-of-that-name")
    assert ended.code == 12
    assert "The online endpoint none-of-that-name does not exist in this workspace." in ended.err


def test_without_traffic_it_says_how_requests_get_there() -> None:
    def text(traffic: int) -> str:
        url = "https://churn.westeurope.inference.ml.azure.com/score"
        return "\n".join(described(ServedDeployment("churn", "blue", url, "http://127.0.0.1:1/score", traffic)))

    assert "traffic" not in text(10)
    assert "It has no traffic" in text(0)
    assert "azureml-model-deployment: blue" in text(0)
    assert "ml_client.online_endpoints.invoke('churn', deployment_name='blue', ...)" in text(0)
