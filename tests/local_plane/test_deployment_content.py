"""What makes a deployment, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from amlpriv.local.plane.names import WORKSPACE_ID
from tests.local_plane.clients import Client
from tests.local_plane.deploying import (
    CODE,
    ENVIRONMENT,
    FLOW,
    MODEL,
    batch,
    deployment,
    endpoint,
    error,
    make,
    register,
)

BLUE = "/onlineEndpoints/churn/deployments/blue"
REGISTRY = "azureml://registries/azureml/{}/some/versions/1"


@pytest.fixture
def churn(ask: Client) -> Client:
    """An endpoint without deployments."""
    register(ask)
    make(ask)
    return ask


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"instanceType": None}, "instanceType is required."),
        ({"environmentId": None}, "environmentId is required"),
        ({"environmentId": f"{ENVIRONMENT}0"}, "There is no env, version 10, among the environments"),
        ({"environmentId": CODE}, "is not the id of a version of environments"),
        ({"environmentId": "env:1"}, "is not the id of a version of environments"),
        ({"model": f"{WORKSPACE_ID}/models/none/versions/1"}, "There is no none, version 1, among the models"),
        ({"codeConfiguration": {"codeId": MODEL, "scoringScript": "s.py"}}, "is not the id of a version of codes"),
        ({"codeConfiguration": {"codeId": f"{CODE}2", "scoringScript": "s.py"}}, "There is no code, version 12"),
        ({"codeConfiguration": {"codeId": CODE}}, "scoringScript is required."),
        ({"endpointComputeType": "Mainframe"}, "endpointComputeType is"),
        ({"scaleSettings": {"scaleType": "Up"}}, "scaleSettings.scaleType is"),
        ({"environmentVariables": "A=1"}, "environmentVariables is not an object"),
        ({"requestSettings": []}, "requestSettings is not an object"),
    ],
)
def test_what_the_service_refuses(churn: Client, properties: dict[str, Any], message: str) -> None:
    status, told = error(churn("PUT", BLUE, deployment(**properties)))
    assert status == 400
    assert message in told
    assert churn.names("/onlineEndpoints/churn/deployments") == []


@pytest.mark.parametrize("capacity", [0, -1, "1", True, 1.5])
def test_instances_are_counted_from_one(churn: Client, capacity: object) -> None:
    body = {**deployment(), "sku": {"name": "Default", "capacity": capacity}}
    assert "sku.capacity" in error(churn("PUT", BLUE, body))[1]


def test_a_location_is_required(churn: Client) -> None:
    body = deployment()
    del body["location"]
    assert "location" in error(churn("PUT", BLUE, body))[1]


def test_ids_may_be_marked_as_such(churn: Client) -> None:
    assert churn("PUT", BLUE, deployment(environmentId=f"azureml:{ENVIRONMENT}")).status == 201


def test_an_mlflow_model_needs_neither_environment_nor_code(churn: Client) -> None:
    body = deployment(model=FLOW, environmentId=None, codeConfiguration=None)
    assert churn("PUT", BLUE, body).status == 201
    refused = deployment(model=MODEL, environmentId=None, codeConfiguration=None)
    assert churn("PUT", BLUE, refused).status == 400


def test_nothing_is_known_of_a_registry(churn: Client) -> None:
    body = deployment(environmentId=REGISTRY.format("environments"), model=REGISTRY.format("models"))
    assert churn("PUT", BLUE, body).status == 201


def test_kubernetes_needs_no_instance_type(churn: Client) -> None:
    assert churn("PUT", BLUE, deployment(endpointComputeType="Kubernetes", instanceType=None)).status == 201
    assert churn("GET", BLUE).json()["kind"] == "Kubernetes"


def test_scale_settings_are_completed(churn: Client) -> None:
    churn("PUT", BLUE, deployment(scaleSettings={"scaleType": "TargetUtilization", "maxInstances": 3}))
    found = churn("GET", BLUE).json()["properties"]["scaleSettings"]
    assert found == {
        "scaleType": "TargetUtilization",
        "minInstances": 1,
        "maxInstances": 3,
        "pollingInterval": "PT1S",
        "targetUtilizationPercentage": 70,
    }


def test_what_is_given_is_kept(churn: Client) -> None:
    probe = {"initialDelay": "PT60S", "timeout": None}
    churn("PUT", BLUE, deployment(livenessProbe=probe, requestSettings={"requestTimeout": "PT1M"}))
    found = churn("GET", BLUE).json()["properties"]
    assert (found["livenessProbe"]["initialDelay"], found["livenessProbe"]["timeout"]) == ("PT60S", "PT2S")
    assert found["requestSettings"] == {
        "maxConcurrentRequestsPerInstance": 1,
        "maxQueueWait": "PT0.5S",
        "requestTimeout": "PT1M",
    }


@pytest.mark.parametrize("model", [{"referenceType": "Id", "assetId": f"{MODEL}9"}, {"referenceType": "Id"}, "m"])
def test_a_batch_deployments_model_has_to_exist(ask: Client, model: object) -> None:
    register(ask)
    ask("PUT", "/batchEndpoints/nightly", endpoint("AADToken"))
    assert ask("PUT", "/batchEndpoints/nightly/deployments/first", batch(model=model)).status == 400
