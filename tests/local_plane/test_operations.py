"""Long-running operations as Azure's clients follow them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.operations import KEPT
from tests.local_plane.clients import Client
from tests.local_plane.deploying import endpoint


def polled(ask: Client, address: str) -> list[str]:
    """The states that an operation tells, until it is over."""
    assert address.startswith("https://localhost:9/")
    states: list[str] = []
    while not states or states[-1] == "InProgress":
        states.append(ask("GET", "/" + address.removeprefix("https://localhost:9")).json()["status"])
    return states


def test_a_new_resource_is_told_at_once_and_can_be_polled_on_the_same_host(ask: Client) -> None:
    answer = ask("PUT", "/onlineEndpoints/churn", endpoint())
    assert answer.status == 201
    assert answer.json()["properties"]["provisioningState"] == "Creating"
    assert answer.headers["Retry-After"] == "1"
    assert polled(ask, answer.headers["Azure-AsyncOperation"]) == ["InProgress", "Succeeded"]
    assert ask("GET", "/onlineEndpoints/churn").json()["properties"]["provisioningState"] == "Succeeded"


def test_the_location_leads_to_the_result(ask: Client) -> None:
    place = "/" + ask("PUT", "/onlineEndpoints/churn", endpoint()).headers["Location"].removeprefix(
        "https://localhost:9"
    )
    assert ask("GET", place).status == 202
    result = ask("GET", place)
    assert result.status == 200
    assert result.json() == ask("GET", "/onlineEndpoints/churn").json()


def test_a_deletion_has_no_result(ask: Client) -> None:
    ask("PUT", "/onlineEndpoints/churn", endpoint())
    answer = ask("DELETE", "/onlineEndpoints/churn")
    assert (answer.status, answer.body) == (202, None)
    place = "/" + answer.headers["Location"].removeprefix("https://localhost:9")
    assert [ask("GET", place).status, ask("GET", place).status] == [202, 204]


def test_the_address_keeps_the_api_version(ask: Client) -> None:
    answer = ask("PUT", "/onlineEndpoints/churn", endpoint(), **{"api-version": "2022-02-01-preview"})
    assert answer.headers["Azure-AsyncOperation"].endswith("?api-version=2022-02-01-preview")


def test_a_switch_makes_operations_immediate(ask: Client) -> None:
    ask.control("PUT", "settings", {"long_running": "immediate"})
    answer = ask("PUT", "/onlineEndpoints/churn", endpoint())
    assert "Azure-AsyncOperation" not in answer.headers
    assert (answer.status, answer.json()["properties"]["provisioningState"]) == (201, "Succeeded")
    assert ask("PATCH", "/onlineEndpoints/churn", {"tags": {"a": "b"}}).json()["tags"] == {"a": "b"}
    assert ask("POST", "/onlineEndpoints/churn/regenerateKeys", {"keyType": "Primary"}).status == 200
    assert ask("DELETE", "/onlineEndpoints/churn").status == 204


def test_a_switch_makes_operations_fail_with_an_error(ask: Client) -> None:
    ask.control("PUT", "settings", {"long_running": "fail"})
    answer = ask("PUT", "/onlineEndpoints/churn", endpoint())
    assert polled(ask, answer.headers["Azure-AsyncOperation"]) == ["InProgress", "Failed"]
    place = "/" + answer.headers["Azure-AsyncOperation"].removeprefix("https://localhost:9")
    assert ask("GET", place).json()["error"]["code"] == "InternalServerError"
    assert ask("GET", "/" + answer.headers["Location"].removeprefix("https://localhost:9")).status == 500
    assert ask("GET", "/onlineEndpoints/churn").json()["properties"]["provisioningState"] == "Failed"
    assert ask("DELETE", "/onlineEndpoints/churn").status == 202
    assert ask("GET", "/onlineEndpoints/churn").status == 200


def test_there_is_no_other_mode(ask: Client) -> None:
    assert ask.control("PUT", "settings", {"long_running": "sometimes"}).status == 400


def test_an_operation_survives_a_restart(ask: Client, make_plane: Callable[[], Plane]) -> None:
    address = ask("PUT", "/onlineEndpoints/churn", endpoint()).headers["Azure-AsyncOperation"]
    assert polled(Client(make_plane()), address) == ["InProgress", "Succeeded"]


def test_old_operations_are_forgotten(ask: Client) -> None:
    ask("PUT", "/onlineEndpoints/churn", endpoint())
    addresses = [ask("PUT", "/onlineEndpoints/churn", endpoint()).headers["Location"] for _ in range(KEPT + 1)]
    statuses = [ask("GET", "/" + one.removeprefix("https://localhost:9")).status for one in addresses]
    assert statuses == [404] + [202] * KEPT


@pytest.mark.parametrize("what", ["mfeOperationsStatus", "mfeOperationResults"])
def test_an_unknown_operation_is_404(ask: Client, what: str) -> None:
    path = f"//subscriptions/{'0' * 8}-0000-0000-0000-{'0' * 12}/providers/Microsoft.MachineLearningServices"
    assert ask("GET", f"{path}/locations/westeurope/{what}/none").status == 404
