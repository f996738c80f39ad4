"""Online and batch endpoints: life, keys, tokens, refusals."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlpriv.local.plane.app import Plane
from tests.local_plane.clients import Client
from tests.local_plane.deploying import batch, endpoint, error, make, register

KINDS = [("onlineEndpoints", "Key", "/score"), ("batchEndpoints", "AADToken", "/jobs")]


@pytest.mark.parametrize(("kind", "mode", "path"), KINDS)
def test_an_endpoint_comes_back_as_it_was_made(ask: Client, kind: str, mode: str, path: str) -> None:
    body = {**endpoint(mode, description="d", properties={"p": "1"}), "tags": {"a": "b"}}
    assert ask("PUT", f"/{kind}/churn", body).status == 201
    found = ask("GET", f"/{kind}/churn").json()
    properties = found["properties"]
    assert found["id"].endswith(f"/workspaces/local/{kind}/churn")
    assert found["type"] == f"Microsoft.MachineLearningServices/workspaces/{kind}"
    assert (found["name"], found["location"], found["tags"]) == ("churn", "westeurope", {"a": "b"})
    assert found["systemData"]["createdAt"] <= found["systemData"]["lastModifiedAt"]
    assert (properties["authMode"], properties["description"], properties["properties"]) == (mode, "d", {"p": "1"})
    assert properties["scoringUri"] == f"https://churn.westeurope.inference.ml.azure.com{path}"
    assert properties["swaggerUri"] == "https://churn.westeurope.inference.ml.azure.com/swagger.json"
    assert properties["keys"] is None


@pytest.mark.parametrize(("kind", "mode", "path"), KINDS)
def test_a_second_put_replaces_and_a_patch_changes_what_it_names(ask: Client, kind: str, mode: str, path: str) -> None:
    ask("PUT", f"/{kind}/churn", {**endpoint(mode, description="d"), "tags": {"a": "b"}})
    assert ask("PATCH", f"/{kind}/churn", {"tags": {"c": "d"}}).status == 202
    found = ask("GET", f"/{kind}/churn").json()
    assert (found["tags"], found["properties"]["description"]) == ({"c": "d"}, "d")
    assert ask("PUT", f"/{kind}/churn", endpoint(mode)).status == 200
    found = ask("GET", f"/{kind}/churn").json()
    assert (found["tags"], found["properties"]["description"]) == ({}, None)


@pytest.mark.parametrize(("kind", "mode", "path"), KINDS)
def test_what_is_deleted_is_gone_and_may_be_deleted_again(ask: Client, kind: str, mode: str, path: str) -> None:
    ask("PUT", f"/{kind}/churn", endpoint(mode))
    assert ask("DELETE", f"/{kind}/churn").status == 202
    assert error(ask("GET", f"/{kind}/churn"))[0] == 404
    assert ask("PATCH", f"/{kind}/churn", {}).status == 404
    assert ask("DELETE", f"/{kind}/churn").status == 204


@pytest.mark.parametrize(("kind", "mode", "path"), KINDS)
def test_lists_have_the_newest_first_in_pages(ask: Client, kind: str, mode: str, path: str) -> None:
    for name in ("one", "two", "three"):
        ask("PUT", f"/{kind}/{name}", endpoint(mode))
    assert ask.names(f"/{kind}") == ["three", "two", "one"]
    assert ask.names(f"/{kind}", count="2") == ["three", "two"]
    assert ask.names(f"/{kind}", name="two") == ["two"]


def test_names_compare_without_regard_to_case(ask: Client) -> None:
    ask("PUT", "/onlineEndpoints/Churn", endpoint())
    assert ask("PUT", "/onlineEndpoints/cHURN", endpoint()).json()["name"] == "Churn"
    found = ask("GET", "/onlineEndpoints/churn").json()
    assert (found["name"], ask.names("/onlineEndpoints")) == ("Churn", ["Churn"])
    assert found["properties"]["scoringUri"] == "https://churn.westeurope.inference.ml.azure.com/score"


def test_an_endpoint_takes_its_deployments_along(ask: Client) -> None:
    register(ask)
    make(ask, "churn", "blue", blue=100)
    make(ask, "churn2", "blue")
    ask("DELETE", "/onlineEndpoints/churn")
    ask("PUT", "/onlineEndpoints/churn", endpoint())
    assert ask.names("/onlineEndpoints/churn/deployments") == []
    assert ask.names("/onlineEndpoints/churn2/deployments") == ["blue"]


def test_everything_survives_a_restart(ask: Client, make_plane: Callable[[], Plane]) -> None:
    register(ask)
    make(ask, "churn", "blue", blue=100)
    key = ask("POST", "/onlineEndpoints/churn/listKeys").json()
    again = Client(make_plane())
    assert again("GET", "/onlineEndpoints/churn").json() == ask("GET", "/onlineEndpoints/churn").json()
    assert again("POST", "/onlineEndpoints/churn/listKeys").json() == key
    assert again.names("/onlineEndpoints/churn/deployments") == ["blue"]


def keys(ask: Client) -> tuple[str, str]:
    found = ask("POST", "/onlineEndpoints/churn/listKeys").json()
    return found["primaryKey"], found["secondaryKey"]


def test_keys_are_listed_and_made_anew_one_by_one(ask: Client) -> None:
    make(ask)
    primary, secondary = keys(ask)
    assert len({primary, secondary}) == 2
    assert ask("POST", "/onlineEndpoints/churn/regenerateKeys", {"keyType": "Primary"}).status == 202
    changed, same = keys(ask)
    assert (changed != primary, same) == (True, secondary)
    # SDK v2 sends the present value, and wants another one.
    ask("POST", "/onlineEndpoints/churn/regenerateKeys", {"keyType": "Secondary", "keyValue": secondary})
    assert keys(ask)[1] not in (secondary, "")
    ask("POST", "/onlineEndpoints/churn/regenerateKeys", {"keyType": "Secondary", "keyValue": "mine"})
    assert keys(ask) == (changed, "mine")


def test_keys_may_be_the_callers_own_and_stay_with_the_next_put(ask: Client) -> None:
    ask("PUT", "/onlineEndpoints/churn", endpoint(keys={"primaryKey": "p", "secondaryKey": "s"}))
    assert keys(ask) == ("p", "s")
    ask("PUT", "/onlineEndpoints/churn", endpoint())
    assert keys(ask) == ("p", "s")
    assert '"p"' not in ask("GET", "/onlineEndpoints/churn").body.decode()  # type: ignore[union-attr]


def test_keys_and_tokens_are_for_their_own_mode(ask: Client) -> None:
    make(ask, "keyed")
    make(ask, "tokened", mode="AMLToken")
    assert ask("POST", "/onlineEndpoints/tokened/token").json()["tokenType"] == "Bearer"
    assert "does not use keys" in error(ask("POST", "/onlineEndpoints/tokened/listKeys"))[1]
    assert error(ask("POST", "/onlineEndpoints/tokened/regenerateKeys", {"keyType": "Primary"}))[0] == 400
    assert "does not use tokens" in error(ask("POST", "/onlineEndpoints/keyed/token"))[1]
    assert error(ask("POST", "/onlineEndpoints/keyed/regenerateKeys", {"keyType": "Third"}))[0] == 400
    assert error(ask("POST", "/onlineEndpoints/none/listKeys"))[0] == 404


def test_the_auth_mode_stays(ask: Client) -> None:
    make(ask)
    assert error(ask("PUT", "/onlineEndpoints/churn", endpoint("AMLToken"))) == (
        400,
        "The authMode of an endpoint cannot be changed.",
    )


def test_traffic_is_for_deployments_that_exist_and_adds_up(ask: Client) -> None:
    register(ask)
    make(ask, "churn", "blue", "green")
    assert "do not exist: red" in error(ask("PUT", "/onlineEndpoints/churn", endpoint(traffic={"red": 100})))[1]
    assert "90 percent" in error(ask("PATCH", "/onlineEndpoints/churn", {"properties": {"traffic": {"blue": 90}}}))[1]
    split = {"blue": 90, "green": 10}
    assert ask("PATCH", "/onlineEndpoints/churn", {"properties": {"traffic": split}}).status == 202
    assert ask("GET", "/onlineEndpoints/churn").json()["properties"]["traffic"] == split
    assert ask("PATCH", "/onlineEndpoints/churn", {"properties": {"traffic": {"blue": 0}}}).status == 202


def test_the_default_of_a_batch_endpoint_has_to_exist(ask: Client) -> None:
    register(ask)
    ask("PUT", "/batchEndpoints/nightly", endpoint("AADToken"))
    body = endpoint("AADToken", defaults={"deploymentName": "first"})
    assert "there is no such deployment" in error(ask("PUT", "/batchEndpoints/nightly", body))[1]
    ask("PUT", "/batchEndpoints/nightly/deployments/first", batch())
    assert ask("PUT", "/batchEndpoints/nightly", body).status == 200
    assert ask("GET", "/batchEndpoints/nightly").json()["properties"]["defaults"] == {"deploymentName": "first"}
