"""Runs under ``amlpriv local exec``: what users of SDK v2 do with endpoints.

Prints one line of JSON with each step's answer, waits for a line on standard input until somebody serves the
deployments, and prints another.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

Step = Callable[[Any, Path], Any]
STORED: dict[str, Step] = {}
SERVED: dict[str, Step] = {}

SCRIPT = """
import json, os
from pathlib import Path

def init():
    global factor
    factor = int(Path(os.environ["AZUREML_MODEL_DIR"], "model", "factor.txt").read_text())
    print("the model multiplies by", factor, "and knows", os.environ["TOKEN"])

def run(text):
    return [factor * number * int(os.environ["MORE"]) for number in json.loads(text)["data"]]
"""
SECRET = "canary-deployment-token"


def stored(function: Step) -> Step:
    STORED[function.__name__] = function
    return function


def served(function: Step) -> Step:
    SERVED[function.__name__] = function
    return function


def raises(call: Callable[[], Any]) -> list[str]:
    """The error's class and message."""
    try:
        call()
    except Exception as error:
        return [type(error).__name__, str(error)]
    return ["nothing", ""]


def files(folder: Path) -> None:
    (folder / "src").mkdir()
    (folder / "src" / "score.py").write_text(SCRIPT, encoding="utf-8")
    (folder / "model").mkdir()
    (folder / "model" / "factor.txt").write_text("7", encoding="utf-8")
    (folder / "request.json").write_text('{"data": [1, 2]}', encoding="utf-8")
    (folder / "wrong.json").write_text('{"no": "data"}', encoding="utf-8")


def deployment(folder: Path, name: str, more: int, **fields: Any) -> Any:
    from azure.ai.ml.entities import CodeConfiguration, ManagedOnlineDeployment, Model

    usual = {
        "model": Model(path=str(folder / "model")),
        "code_configuration": CodeConfiguration(code=str(folder / "src"), scoring_script="score.py"),
        "environment": "served@latest",
        "instance_type": "Standard_DS3_v2",
        "instance_count": 1,
        "environment_variables": {"MORE": str(more), "TOKEN": SECRET},
    }
    return ManagedOnlineDeployment(name=name, endpoint_name="mlc-churn", **{**usual, **fields})


@stored
def endpoint(ml: Any, _folder: Path) -> Any:
    from azure.ai.ml.entities import ManagedOnlineEndpoint

    wanted = ManagedOnlineEndpoint(name="mlc-churn", auth_mode="key", tags={"a": "b"}, description="d")
    made = ml.online_endpoints.begin_create_or_update(wanted).result()
    got = ml.online_endpoints.get("mlc-churn")
    keys = [ml.online_endpoints.get_keys("mlc-churn")]
    for kind in ("primary", "secondary"):
        ml.online_endpoints.begin_regenerate_keys("mlc-churn", key_type=kind).result()
        keys.append(ml.online_endpoints.get_keys("mlc-churn"))
    return {
        "made": [made.name, made.provisioning_state, made.auth_mode, made.location, made.tags, made.description],
        "scoring": got.scoring_uri,
        "identity": [made.identity.type, bool(made.identity.principal_id)],
        "listed": [one.name for one in ml.online_endpoints.list()],
        "keys": [[one.primary_key, one.secondary_key] for one in keys],
    }


@stored
def deployments(ml: Any, folder: Path) -> Any:
    from azure.ai.ml.entities import Environment

    conda = {"dependencies": ["python=3.11", "pip", {"pip": ["azureml-inference-server-http"]}]}
    ml.environments.create_or_update(Environment(name="served", image="ubuntu", conda_file=conda))
    made = ml.online_deployments.begin_create_or_update(deployment(folder, "blue", 1)).result()
    ml.online_deployments.begin_create_or_update(deployment(folder, "green", 10)).result()
    got = ml.online_deployments.get("blue", "mlc-churn")
    return {
        "made": [made.name, made.provisioning_state, made.instance_type, made.instance_count, made.scale_settings.type],
        "variables": got.environment_variables,
        "script": got.code_configuration.scoring_script,
        "ids": [got.model, got.environment, got.code_configuration.code],
        "listed": sorted(one.name for one in ml.online_deployments.list("mlc-churn")),
        "logs": ml.online_deployments.get_logs("blue", "mlc-churn", lines=10),
        "no environment": raises(
            lambda: ml.online_deployments.begin_create_or_update(
                deployment(folder, "red", 1, environment=None)
            ).result()
        ),
        "no endpoint": raises(lambda: ml.online_deployments.get("blue", "none")),
    }


@stored
def traffic(ml: Any, folder: Path) -> Any:
    found = ml.online_endpoints.get("mlc-churn")
    before = dict(found.traffic)
    found.traffic = {"blue": 90, "green": 5}
    wrong = raises(lambda: ml.online_endpoints.begin_create_or_update(found).result())
    found.traffic = {"blue": 100, "green": 0}
    after = ml.online_endpoints.begin_create_or_update(found).result().traffic
    request = str(folder / "request.json")
    return {
        "before": before,
        "wrong": wrong,
        "after": after,
        "deleted": raises(lambda: ml.online_deployments.begin_delete("blue", "mlc-churn").result()),
        "not served": raises(lambda: ml.online_endpoints.invoke("mlc-churn", request_file=request)),
    }


@stored
def tokens(ml: Any, _folder: Path) -> Any:
    from azure.ai.ml.entities import ManagedOnlineEndpoint

    answer = {}
    for mode in ("aml_token", "aad_token"):
        name = f"mlc-{mode.replace('_', '-')}"
        made = ml.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=name, auth_mode=mode)).result()
        got = ml.online_endpoints.get_keys(name)
        answer[mode] = [made.auth_mode, bool(got.access_token), type(got).__name__]
        ml.online_endpoints.begin_delete(name).result()
        answer[f"{mode} gone"] = raises(lambda name=name: ml.online_endpoints.get(name))  # type: ignore[misc]
    return answer


@stored
def batch(ml: Any, folder: Path) -> Any:
    from azure.ai.ml import Input
    from azure.ai.ml.entities import (
        BatchEndpoint,
        CodeConfiguration,
        Model,
        ModelBatchDeployment,
        ModelBatchDeploymentSettings,
    )

    made = ml.batch_endpoints.begin_create_or_update(BatchEndpoint(name="mlc-nightly", tags={"a": "b"})).result()
    wanted = ModelBatchDeployment(
        name="first",
        endpoint_name="mlc-nightly",
        model=Model(path=str(folder / "model")),
        environment="served@latest",
        code_configuration=CodeConfiguration(code=str(folder / "src"), scoring_script="score.py"),
        compute="cpu-cluster",
        settings=ModelBatchDeploymentSettings(mini_batch_size=3),
    )
    first = ml.batch_deployments.begin_create_or_update(wanted).result()
    got = ml.batch_deployments.get("first", "mlc-nightly")
    found = ml.batch_endpoints.get("mlc-nightly")
    found.defaults = {"deployment_name": "first"}
    data = Input(type="uri_folder", path="https://contoso.test/data")
    answer = {
        "made": [made.name, made.provisioning_state, made.auth_mode, made.tags],
        "first": [first.name, first.provisioning_state, got.mini_batch_size, got.output_action],
        "listed": [one.name for one in ml.batch_endpoints.list()],
        "deployments": [one.name for one in ml.batch_deployments.list("mlc-nightly")],
        "default": ml.batch_endpoints.begin_create_or_update(found).result().defaults.deployment_name,
        "invoked": raises(lambda: ml.batch_endpoints.invoke("mlc-nightly", input=data)),
        "jobs": list(ml.batch_endpoints.list_jobs("mlc-nightly")),
        "jobs_of_deployment": list(ml.batch_deployments.list_jobs("mlc-nightly", name="first")),
        "deleted": raises(lambda: ml.batch_deployments.begin_delete("first", "mlc-nightly").result()),
    }
    ml.batch_endpoints.begin_delete("mlc-nightly").result()
    return {**answer, "gone": raises(lambda: ml.batch_endpoints.get("mlc-nightly"))}


@served
def invoked(ml: Any, folder: Path) -> Any:
    invoke, request = ml.online_endpoints.invoke, str(folder / "request.json")
    return {
        "traffic": [json.loads(invoke("mlc-churn", request_file=request)) for _ in range(3)],
        "wrong": raises(lambda: invoke("mlc-churn", request_file=str(folder / "wrong.json"))),
        "logs": ml.online_deployments.get_logs("blue", "mlc-churn", lines=200),
    }


@served
def split(ml: Any, folder: Path) -> Any:
    found = ml.online_endpoints.get("mlc-churn")
    found.traffic = {"blue": 50, "green": 50}
    ml.online_endpoints.begin_create_or_update(found).result()
    request = str(folder / "request.json")
    return sorted({ml.online_endpoints.invoke("mlc-churn", request_file=request) for _ in range(40)})


@served
def named(ml: Any, folder: Path) -> Any:
    """The last one: the SDK keeps the name of the deployment for all later calls of the process."""
    request = str(folder / "request.json")
    return json.loads(ml.online_endpoints.invoke("mlc-churn", request_file=request, deployment_name="blue"))


def perform(steps: dict[str, Step], ml: Any, folder: Path) -> str:
    answers: dict[str, Any] = {}
    for name, step in steps.items():
        try:
            answers[name] = step(ml, folder)
        except Exception as error:
            answers[name] = {"error": f"{type(error).__name__}: {error}"}
    return json.dumps(answers, default=str)


def main(folder: Path) -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    out, sys.stdout = sys.stdout, sys.stderr
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    ml = MLClient.from_config(DefaultAzureCredential(), enable_telemetry=False)
    files(folder)
    print(perform(STORED, ml, folder), file=out, flush=True)
    sys.stdin.readline()
    print(perform(SERVED, ml, folder), file=out, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
