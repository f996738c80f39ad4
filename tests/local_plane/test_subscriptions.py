"""What a client asks before it asks for the workspace."""

from __future__ import annotations

from amlpriv.local.plane.names import SUBSCRIPTION
from tests.local_plane.clients import TENANT, Client


def test_the_subscription_and_its_group_are_there(ask: Client) -> None:
    assert [one["subscriptionId"] for one in ask("GET", "//subscriptions").json()["value"]] == [SUBSCRIPTION]
    assert ask("GET", f"//subscriptions/{SUBSCRIPTION}").json()["tenantId"] == TENANT
    assert ask("GET", f"//subscriptions/{SUBSCRIPTION}/resourcegroups/amlpriv").json()["name"] == "amlpriv"
    assert len(ask("GET", f"//subscriptions/{SUBSCRIPTION}/resourcegroups").json()["value"]) == 1
    assert ask("GET", "//subscriptions/other").status == 404
