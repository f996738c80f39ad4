"""Models, components, code, data, environments, connections and computes with the unmodified MLClient.

The session runs under ``amlpriv local exec``, as a user's script does.
"""

from __future__ import annotations

import json
import re
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest

from amlpriv.local.plane.names import WORKSPACE_ID
from amlpriv.local.state import State
from tests.contract.requests_sent import RequestsSent, exec_command

pytestmark = pytest.mark.local

SESSION = Path(__file__).with_name("assets_session.py")
CANARIES = ("canary-pat-", "canary-password-", "canary-key", "canary-sas")


@pytest.fixture(scope="module")
def sent(local_state: State) -> RequestsSent:
    """The requests from now on."""
    return RequestsSent(local_state)


@pytest.fixture(scope="module")
def answers(
    local_environ: dict[str, str], sent: RequestsSent, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What all steps answered; one session for all tests, since importing the SDK takes seconds."""
    folder = tmp_path_factory.mktemp("assets")
    command = exec_command(SESSION, f"t{uuid.uuid4().hex[:6]}", str(folder))
    done = subprocess.run(
        command,
        env=local_environ,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    sent.stop()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def found(request: pytest.FixtureRequest, answers: dict[str, Any]) -> dict[str, Any]:
    """The answer of the step that the test's name begins with: the longest one."""
    name = request.node.name.removeprefix("test_")
    answer: dict[str, Any] = answers[max((step for step in answers if name.startswith(step)), key=len)]
    assert "error" not in answer, answer["error"]
    return answer


def is_error(answer: list[str], kind: str, text: str) -> bool:
    return answer[0] == kind and re.search(text, answer[1]) is not None


def test_models_mlflow_are_uploaded_and_described(found: dict[str, Any]) -> None:
    assert re.fullmatch(rf"{WORKSPACE_ID}/models/.+-mlflow/versions/1", found["id"])
    assert "/datastores/workspaceblobstore/paths/LocalUpload/" in found["path"]
    assert found["flavors"]["sklearn"] == {"pickled_model": "model.pkl"}
    assert found["flavors"]["python_function"]["loader_module"] == "mlflow.sklearn"
    assert found["fields"] == ["mlflow_model", "d", {"a": "b"}, None]
    assert found["created"] > 2025


def test_models_mlflow_download_what_was_uploaded(found: dict[str, Any]) -> None:
    assert sorted(found["files"]) == ["MLmodel", "model.pkl"]
    assert found["files"]["model.pkl"] == "weights"


def test_models_mlflow_cannot_be_changed(found: dict[str, Any]) -> None:
    assert is_error(found["changed"], "ResourceExistsError", "version 1 is already registered and cannot be changed")


def test_models_custom_count_versions(found: dict[str, Any]) -> None:
    assert (found["versions"], found["listed"], found["latest"]) == (["1", "2"], ["2", "1"], "2")
    assert (found["type"], list(found["files"].values()), found["container"]) == ("custom_model", ["two"], ["2"])


def test_models_custom_are_archived_and_restored(found: dict[str, Any]) -> None:
    assert (found["archived"], found["hidden"]) == (["1"], [])
    assert [version for version, _ in found["restored"]] == ["2", "1"]


def test_models_custom_that_are_not_there(found: dict[str, Any]) -> None:
    assert is_error(found["missing"], "ResourceNotFoundError", "No model exists for name: .*, version: 9")
    assert is_error(found["no_such_label"], "ResourceNotFoundError", "No model exists for name: ")


def test_components_command_come_back_as_they_were_defined(found: dict[str, Any]) -> None:
    assert found["id"] == f"{WORKSPACE_ID}/components/{found['name']}/versions/1"
    assert found["inputs"] == {"data": ["uri_folder", None], "rate": ["number", 0.5]}
    assert found["outputs"] == {"model": "uri_folder"}
    assert found["command"].startswith("python train.py --in ${{inputs.data}}")
    assert "/environments/CliV2AnonymousEnvironment/versions/" in found["environment"]


def test_components_command_upload_the_same_code_once(found: dict[str, Any]) -> None:
    assert found["same_code"]
    assert re.fullmatch(r"https://\w+\.blob\.core\.windows\.net/[\w-]+/src", found["code"])
    assert is_error(found["code_missing"], "ResourceNotFoundError", "No code exists for name")


def test_components_command_have_versions(found: dict[str, Any]) -> None:
    assert found["display_name"] == ["Train", "Train it"]
    assert [found[name] for name in ("counted", "latest", "default")] == ["2", "2", "2"]
    assert (found["archived"], found["containers"]) == (["2"], ["2"])
    assert is_error(found["changed"], "ResourceExistsError", "already registered and cannot be changed")
    assert is_error(found["missing"], "ResourceNotFoundError", "No component exists for name: .*, version: 9")


def test_components_pipeline_name_their_steps(found: dict[str, Any]) -> None:
    assert found["id"] == f"{WORKSPACE_ID}/components/{found['name']}/versions/3"
    assert (found["type"], found["inputs"]) == ("pipeline", {"data": "uri_folder"})
    assert found["jobs"]["first"] == f"{found['name']}_step:1"
    assert found["jobs"]["second"].startswith("azureml_anonymous:")
    assert found["anonymous_is_listed"] is False


def test_data_folders_are_uploaded(found: dict[str, Any]) -> None:
    assert re.fullmatch(rf"{WORKSPACE_ID}/data/.+-data/versions/1", found["id"])
    assert re.match(r"azureml://subscriptions/.+/datastores/workspaceblobstore/paths/LocalUpload/.+/src", found["path"])
    assert found["again"] == "e"


def test_data_addresses_are_kept(found: dict[str, Any]) -> None:
    version, kind, path = found["counted"]
    assert (version, kind) == ("2", "uri_file")
    assert path.endswith("/datastores/workspaceblobstore/paths/some/file.csv")
    assert found["web"] == ["1", "https://contoso.test/a.csv"]


def test_data_versions(found: dict[str, Any]) -> None:
    assert (found["latest"], found["containers"]) == ("2", ["2"])
    assert (found["archived"], found["restored"]) == (["2"], ["2", "1"])
    assert is_error(found["changed"], "ResourceExistsError", "already registered and cannot be changed")
    assert is_error(found["missing"], "ResourceNotFoundError", "No data asset exists for name: .*, version: 9")


def test_environments_upload_their_build_context(found: dict[str, Any]) -> None:
    assert re.fullmatch(r"https://\w+\.blob\.core\.windows\.net/[\w-]+/LocalUpload/\w+/ctx/", found["path"])
    assert found["dockerfile"] == "Dockerfile"
    assert (found["archived"], found["restored"]) == ([], ["1"])


def test_environments_have_named_errors(found: dict[str, Any]) -> None:
    assert is_error(found["changed"], "ResourceExistsError", "already registered and cannot be changed")
    assert is_error(found["reserved"], "HttpResponseError", "can not start with the prefix AzureML")


def test_connections_come_back_without_their_secrets(found: dict[str, Any]) -> None:
    name = found["fields"][0]
    assert found["id"] == f"{WORKSPACE_ID}/connections/{name}"
    assert found["fields"][1:] == ["python_feed", "https://pkgs.contoso.test/_packaging/feed/simple/", {"a": "b"}, True]
    kinds = [kind for kind, _ in found["credentials"].values()]
    assert [kind.rpartition(".")[2].lower() for kind in kinds] == ["pat", "username_password", "none"]
    assert all(secrets == [None, None, None] for _, secrets in found["credentials"].values())
    assert not any(canary in str(found["raw"]) for canary in CANARIES)


def test_connections_list_secrets(found: dict[str, Any]) -> None:
    pat, password, none = found["secrets"].values()
    assert pat["pat"].startswith("canary-pat-")
    assert (password["username"], password["password"].startswith("canary-password-")) == ("user", True)
    assert none is None
    assert found["populated"] == "canary-key"


def test_connections_are_listed_by_kind_and_deleted(found: dict[str, Any]) -> None:
    assert sorted(found["listed"].values()) == ["custom", "git", "python_feed", "python_feed"]
    assert len(found["feeds"]) == 2
    assert is_error(found["deleted"], "ResourceNotFoundError", "can't be found in the workspace")
    assert found["deleted_again"] == ["nothing", ""]


def test_connections_that_the_service_refuses(found: dict[str, Any]) -> None:
    assert is_error(found["sas"], "HttpResponseError", "one of PAT, UsernamePassword, None; not SAS")
    assert is_error(found["name"], "HttpResponseError", "The connection name is not valid")
    assert not any(canary in str([found["sas"], found["name"]]) for canary in CANARIES)


def test_connections_leave_no_secret_in_the_logs(found: dict[str, Any], local_state: State) -> None:
    assert found["secrets"]
    logs = [path for path in (local_state.root / "logs").iterdir() if path.is_file()]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in logs]
    assert any("/connections/" in text for text in texts)
    assert not [canary for canary in CANARIES for text in texts if canary in text]


def test_computes_are_this_machine(found: dict[str, Any]) -> None:
    assert found["id"] == f"{WORKSPACE_ID}/computes/cpu-cluster"
    assert found["fields"] == ["amlcompute", "Succeeded", "LOCAL", "dedicated", "westeurope"]
    assert found["made"][1:] == ["STANDARD_NC6", 4, "Succeeded"]
    assert (found["listed"], found["after"], found["nodes"]) == ([True, True], False, [])
    assert (found["sizes"], found["usages"]) == (["LOCAL"], [])


def test_places(found: dict[str, Any]) -> None:
    datastores = ["workspaceblobstore", "workspaceartifactstore"]
    assert found["workspace"] == "westeurope"
    assert found["group"] == found["subscription"] == ["local"]
    assert (found["datastores"], found["default"]) == (datastores, "sv=")


def test_containers_are_archived_and_restored_as_a_whole(found: dict[str, Any]) -> None:
    assert found == {kind: [False, True] for kind in ("environments", "data", "components")}


def test_refusals_are_the_errors_of_azure_core(found: dict[str, Any]) -> None:
    kinds = {"401": "ClientAuthenticationError", "404": "ResourceNotFoundError", "409": "ResourceExistsError"}
    for status in ("400", "401", "404", "409"):
        refusal = found[status]
        assert refusal["kind"] == kinds.get(status, "HttpResponseError")
        assert refusal["status"] == int(status)
        assert refusal["code"] == ("AuthenticationFailed" if status == "401" else "UserError")
        assert refusal["message"]
        assert uuid.UUID(refusal["request"])


def test_every_request_is_in_the_table_of_operations(answers: dict[str, Any], sent: RequestsSent) -> None:
    assert answers
    assert sent.undescribed() == []
    assert sent.unsent("assets") == []
