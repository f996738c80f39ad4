"""Computes: every name is this machine."""

from __future__ import annotations

from amlpriv.local.plane.names import WORKSPACE_ID
from tests.local_plane.clients import Client


def test_every_name_is_a_cluster_that_is_ready(ask: Client) -> None:
    body = ask("GET", "/computes/cpu-cluster").json()
    assert body["id"] == f"{WORKSPACE_ID}/computes/cpu-cluster"
    assert (body["name"], body["location"]) == ("cpu-cluster", "westeurope")
    properties = body["properties"]
    assert (properties["computeType"], properties["provisioningState"]) == ("AmlCompute", "Succeeded")
    assert properties["properties"]["scaleSettings"]["maxNodeCount"] == 1
    assert ask("GET", "/computes/a%20b").status == 400


def test_the_list_has_this_machine_and_what_was_created(ask: Client) -> None:
    assert ask.names("/computes") == ["local"]
    body = {"properties": {"computeType": "AmlCompute", "properties": {"vmSize": "STANDARD_NC6"}}, "tags": {"a": "b"}}
    first, again = (ask("PUT", "/computes/gpu", body) for _ in range(2))
    assert (first.status, again.status) == (201, 200)
    assert again.json()["tags"] == {"a": "b"}
    assert again.json()["properties"]["properties"]["vmSize"] == "STANDARD_NC6"
    assert ask.names("/computes") == ["gpu", "local"]


def test_a_created_compute_can_be_deleted(ask: Client) -> None:
    ask("PUT", "/computes/dev", {"properties": {"computeType": "ComputeInstance"}})
    assert ask("GET", "/computes/dev").json()["properties"]["computeType"] == "ComputeInstance"
    assert (ask("DELETE", "/computes/dev").status, ask("DELETE", "/computes/dev").status) == (200, 204)
    assert ask.names("/computes") == ["local"]


def test_it_has_no_nodes_to_look_at(ask: Client) -> None:
    assert ask("POST", "/computes/dev/listNodes").json()["nodes"] == []


def test_a_body_without_type_is_refused(ask: Client) -> None:
    assert ask("PUT", "/computes/dev", {"properties": {}}).status == 400
    assert ask("PUT", "/computes/dev", {}).status == 400


def test_there_is_one_size_and_no_quota(ask: Client) -> None:
    place = f"//{WORKSPACE_ID.partition('/resourceGroups')[0]}/providers/Microsoft.MachineLearningServices/locations/x"
    [size] = ask("GET", f"{place}/vmSizes").json()["value"]
    assert (size["name"], size["vCPUs"] > 0) == ("LOCAL", True)
    assert ask("GET", f"{place}/usages").json() == {"value": []}
