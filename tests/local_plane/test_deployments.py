"""Deployments below an endpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlpriv.local.plane.serving_files import serving_files
from tests.local_plane.clients import Client
from tests.local_plane.deploying import batch, deployment, endpoint, error, make, register

BLUE = "/onlineEndpoints/churn/deployments/blue"
FIRST = "/batchEndpoints/nightly/deployments/first"


@pytest.fixture
def churn(ask: Client) -> Client:
    """An online endpoint with the deployment blue."""
    register(ask)
    make(ask, "churn", "blue")
    return ask


def test_a_deployment_comes_back_with_what_the_service_fills_in(churn: Client) -> None:
    found = churn("GET", BLUE).json()
    properties = found["properties"]
    assert found["id"].endswith("/onlineEndpoints/churn/deployments/blue")
    assert found["type"] == "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments"
    assert (found["name"], found["location"], found["sku"]) == (
        "blue",
        "westeurope",
        {"name": "Default", "capacity": 1},
    )
    assert properties["provisioningState"] == "Succeeded"
    assert properties["scaleSettings"] == {"scaleType": "Default"}
    assert properties["requestSettings"]["requestTimeout"] == "PT5S"
    assert properties["livenessProbe"]["failureThreshold"] == 30


def test_put_again_replaces_and_patch_changes(churn: Client) -> None:
    body = {**deployment(environmentVariables={"A": "1"}), "sku": {"name": "Default", "capacity": 2}}
    assert churn("PUT", BLUE, body).status == 200
    assert churn("PATCH", BLUE, {"tags": {"a": "b"}, "sku": {"name": "Default", "capacity": 3}}).status == 202
    found = churn("GET", BLUE).json()
    assert (found["tags"], found["sku"]["capacity"]) == ({"a": "b"}, 3)
    assert found["properties"]["environmentVariables"] == {"A": "1"}


def test_the_endpoint_has_to_exist(ask: Client) -> None:
    register(ask)
    for method, body in (("PUT", deployment()), ("GET", None), ("PATCH", {}), ("DELETE", None)):
        assert error(ask(method, "/onlineEndpoints/none/deployments/blue", body)) == (
            404,
            "The online endpoint none does not exist in this workspace.",
        )
    assert ask("GET", "/onlineEndpoints/none/deployments").status == 404


def test_what_is_not_there_is_404(churn: Client) -> None:
    assert error(churn("GET", "/onlineEndpoints/churn/deployments/red")) == (
        404,
        "The online endpoint churn has no deployment red.",
    )
    assert churn("DELETE", "/onlineEndpoints/churn/deployments/red").status == 204


def test_a_list_is_of_one_endpoint(churn: Client) -> None:
    make(churn, "churn-2", "red")
    churn("PUT", "/onlineEndpoints/churn/deployments/Green", deployment())
    assert churn.names("/onlineEndpoints/churn/deployments") == ["Green", "blue"]
    assert churn.names("/onlineEndpoints/churn/deployments", **{"$top": "1"}) == ["Green"]


def test_names_compare_without_regard_to_case(churn: Client) -> None:
    assert churn("GET", "/onlineEndpoints/CHURN/deployments/BLUE").json()["name"] == "blue"
    assert churn("PUT", "/onlineEndpoints/churn/deployments/Blue", deployment()).status == 200
    assert churn.names("/onlineEndpoints/churn/deployments") == ["blue"]


def test_a_deployment_with_traffic_stays(churn: Client) -> None:
    churn("PUT", "/onlineEndpoints/churn", endpoint(traffic={"blue": 100}))
    assert error(churn("DELETE", BLUE)) == (
        409,
        "The deployment blue has 100 percent of the endpoint's traffic; set that to 0 first.",
    )
    churn("PUT", "/onlineEndpoints/churn", endpoint(traffic={"blue": 0}))
    assert churn("DELETE", BLUE).status == 202
    assert churn.names("/onlineEndpoints/churn/deployments") == []


def test_mirror_traffic_counts_as_well(churn: Client) -> None:
    churn("PUT", "/onlineEndpoints/churn", endpoint(mirrorTraffic={"blue": 10}))
    assert churn("DELETE", BLUE).status == 409


@pytest.mark.parametrize("name", ["ab", "-blue", "blue_1", "a" * 33])
def test_a_name_has_rules(churn: Client, name: str) -> None:
    status, message = error(churn("PUT", f"/onlineEndpoints/churn/deployments/{name}", deployment()))
    assert (status, "3 to 32 letters" in message) == (400, True)


def test_skus(churn: Client) -> None:
    (found,) = churn("GET", f"{BLUE}/skus").json()["value"]
    assert found["sku"] == {"name": "Default", "capacity": 1}


def test_logs_are_what_the_server_printed(churn: Client, tmp_path: Path) -> None:
    logs = f"{BLUE}/getLogs"
    assert "amlpriv local serve churn/blue" in churn("POST", logs, {"tail": 10}).json()["content"]
    files = serving_files(tmp_path, "churn", "blue")
    files.log.parent.mkdir(parents=True)
    files.log.write_text("one\ntwo\nthree\n", encoding="utf-8")
    assert churn("POST", logs, {"tail": 2}).json() == {"content": "two\nthree\n"}
    assert churn("POST", logs, {"containerType": "InferenceServer"}).json()["content"].startswith("one")
    assert "no storage initializer" in churn("POST", logs, {"containerType": "StorageInitializer"}).json()["content"]
    assert churn("POST", logs, {"tail": 0}).status == 400
    assert churn("POST", logs, {"containerType": "Other"}).status == 400


def test_batch_deployments(ask: Client) -> None:
    register(ask)
    ask("PUT", "/batchEndpoints/nightly", endpoint("AADToken"))
    assert ask("PUT", FIRST, batch(miniBatchSize=3)).status == 201
    properties = ask("GET", FIRST).json()["properties"]
    assert (properties["miniBatchSize"], properties["outputFileName"]) == (3, "predictions.csv")
    assert properties["retrySettings"] == {"maxRetries": 3, "timeout": "PT30S"}
    ask("PUT", "/batchEndpoints/nightly", endpoint("AADToken", defaults={"deploymentName": "first"}))
    assert "default of its endpoint" in error(ask("DELETE", FIRST))[1]
    ask("PUT", "/batchEndpoints/nightly", endpoint("AADToken"))
    assert ask("DELETE", FIRST).status == 202
    assert ask.names("/batchEndpoints/nightly/deployments") == []


def test_batch_endpoints_have_no_jobs(ask: Client) -> None:
    register(ask)
    ask("PUT", "/batchEndpoints/nightly", endpoint("AADToken"))
    ask("PUT", FIRST, batch())
    front = "//mferp/managementfrontend" + ask("GET", "/batchEndpoints/nightly").json()["id"]
    assert ask("GET", f"{front}/jobs").json() == {"value": []}
    assert ask("GET", f"{front}/deployments/first/jobs").json() == {"value": []}
    assert ask("GET", f"{front}/deployments/second/jobs").status == 404
