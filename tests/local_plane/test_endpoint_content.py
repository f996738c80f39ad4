"""What makes an endpoint, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from amlpriv.local.plane.endpoint_content import BATCH, ONLINE, Kind, check_traffic, merged, read_endpoint, shown
from amlpriv.local.plane.http import ArmError
from tests.local_plane.deploying import endpoint


@pytest.mark.parametrize("name", ["ab", "a" * 33, "1abc", "abc-", "a_bc", "a.bc", "", "änd"])
def test_a_name_has_3_to_32_letters_digits_and_hyphens(name: str) -> None:
    with pytest.raises(ArmError, match=r"3 to 32 letters.*unique in the region westeurope"):
        read_endpoint(ONLINE, name, endpoint())


@pytest.mark.parametrize("name", ["abc", "a" * 32, "A-1"])
def test_such_a_name_is_taken(name: str) -> None:
    assert read_endpoint(ONLINE, name, endpoint())["name"] == name


def test_the_location_is_the_workspaces() -> None:
    assert read_endpoint(ONLINE, "churn", endpoint(location="West Europe"))["location"] == "westeurope"
    with pytest.raises(ArmError, match="The location property is required") as caught:
        read_endpoint(ONLINE, "churn", endpoint(location=None))
    assert caught.value.code == "LocationRequired"
    with pytest.raises(ArmError, match=r"'eastus' is not that of the workspace.*'westeurope'"):
        read_endpoint(ONLINE, "churn", endpoint(location="eastus"))


@pytest.mark.parametrize(("kind", "mode"), [(ONLINE, "Password"), (BATCH, "Key"), (ONLINE, "")])
def test_an_unknown_auth_mode_is_refused(kind: Kind, mode: str) -> None:
    with pytest.raises(ArmError, match="authMode is one of"):
        read_endpoint(kind, "churn", endpoint(mode))


def test_an_endpoint_signs_in_as_itself_unless_it_is_told_otherwise() -> None:
    identity = read_endpoint(ONLINE, "churn", endpoint())["identity"]
    assert identity["type"] == "SystemAssigned"
    assert identity["principalId"] != read_endpoint(ONLINE, "other", endpoint())["identity"]["principalId"]
    user = {"type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/s/user": {}}}
    found = read_endpoint(ONLINE, "churn", {**endpoint(), "identity": user})["identity"]
    assert set(found["userAssignedIdentities"]["/subscriptions/s/user"]) == {"clientId", "principalId"}


@pytest.mark.parametrize("identity", [{"type": "Somebody"}, {"type": "UserAssigned"}, "me"])
def test_an_identity_that_makes_no_sense_is_refused(identity: Any) -> None:
    with pytest.raises(ArmError, match="identity"):
        read_endpoint(ONLINE, "churn", {**endpoint(), "identity": identity})


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"traffic": {"blue": 50}}, "50 percent"),
        ({"traffic": {"blue": 101}}, "from 0 to 100"),
        ({"traffic": {"blue": "100"}}, "whole number"),
        ({"traffic": {"blue": True}}, "whole number"),
        ({"traffic": {"red": 100}}, "do not exist: red"),
        ({"mirrorTraffic": {"blue": 60}}, "50 percent at most"),
        ({"mirrorTraffic": {"blue": 10, "green": 10}}, "one deployment"),
    ],
)
def test_traffic_that_cannot_be(properties: dict[str, Any], message: str) -> None:
    with pytest.raises(ArmError, match=message):
        check_traffic(properties, ["blue", "green"])


@pytest.mark.parametrize("traffic", [{}, {"red": 0}, {"blue": 100}, {"blue": 90, "green": 10}])
def test_traffic_that_can_be(traffic: dict[str, int]) -> None:
    check_traffic({"traffic": traffic, "mirrorTraffic": {"green": 50}}, ["blue", "green"])


def test_a_patch_leaves_what_it_does_not_name() -> None:
    known = {"name": "churn", "tags": {"a": "b"}, "properties": {"authMode": "Key", "description": "d"}, "keys": {}}
    whole = merged(known, {"properties": {"description": "e"}, "unknown": 1})
    assert whole == {"tags": {"a": "b"}, "properties": {"authMode": "Key", "description": "e"}}


def test_keys_are_never_shown() -> None:
    record = {**read_endpoint(ONLINE, "churn", endpoint()), "keys": {"primary": "canary"}, "state": "Succeeded"}
    assert "canary" not in str(shown(ONLINE, record))


def test_a_body_without_properties_is_refused() -> None:
    with pytest.raises(ArmError, match="properties"):
        read_endpoint(ONLINE, "churn", {"location": "westeurope"})
