"""A real workspace's names stand for the embedded one: in path, query, body and headers, there and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from amlpriv.local.plane.aliases import Aliases
from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.http import Request
from amlpriv.local.plane.names import PROVIDER, WORKSPACE_ID
from amlpriv.local.plane.translation import LOCAL_NAMES, Names
from tests.local_plane.clients import Client

PROD = {
    "subscription_id": "1234abcd-0000-4000-8000-00000000beef",
    "resource_group": "Prod.RG",
    "workspace_name": "prod-ws",
}
OTHER = {**PROD, "resource_group": "other", "workspace_name": "second"}
GROUP = f"/subscriptions/{PROD['subscription_id']}/resourceGroups/Prod.RG"
PROD_ID = f"{GROUP}/providers/{PROVIDER}/workspaces/prod-ws"


@pytest.fixture
def prod(ask: Client) -> Client:
    assert ask.control("PUT", "aliases/run1", {"value": [PROD]}).status == 200
    return ask


def test_without_an_alias_a_real_workspace_is_not_found(ask: Client) -> None:
    assert ask("GET", f"/{PROD_ID}").status == 404


def test_the_workspace_answers_in_the_clients_names(prod: Client) -> None:
    found = prod("GET", f"/{PROD_ID}").json()
    assert (found["id"], found["name"]) == (PROD_ID, "prod-ws")
    assert found["properties"]["friendlyName"] == "prod-ws"
    assert found["properties"]["storageAccount"].startswith(f"{GROUP}/providers/Microsoft.Storage/")
    assert PROD_ID in found["properties"]["mlFlowTrackingUri"]
    assert WORKSPACE_ID not in str(found)


def test_both_names_see_the_same_things(prod: Client) -> None:
    made = prod("PUT", f"/{PROD_ID}/environments/e/versions/1", {"properties": {"image": "ubuntu"}}).json()
    assert made["id"] == f"{PROD_ID}/environments/e/versions/1"
    assert prod("GET", "/environments/e/versions/1").json()["id"] == f"{WORKSPACE_ID}/environments/e/versions/1"


def test_lists_of_a_subscription_and_of_a_group_name_the_alias(prod: Client) -> None:
    for place in (f"/subscriptions/{PROD['subscription_id']}", GROUP):
        found = prod("GET", f"/{place}/providers/{PROVIDER}/workspaces").json()["value"]
        assert [item["name"] for item in found] == ["prod-ws"]


def test_ids_come_back_as_the_client_spells_them(prod: Client) -> None:
    shouted = PROD_ID.replace("Prod.RG", "PROD.rg").replace("beef", "BEEF")
    assert prod("GET", f"/{shouted}").json()["id"] == shouted


@pytest.mark.parametrize(("old", "new"), [("prod-ws", "prod-ws2"), ("Prod.RG", "Prod.RG2"), ("beef", "beee")])
def test_a_name_that_only_begins_alike_is_another_one(prod: Client, old: str, new: str) -> None:
    assert prod("GET", f"/{PROD_ID.replace(old, new)}").status == 404


def test_the_next_page_is_asked_for_by_the_same_name(prod: Client) -> None:
    for number in range(120):
        prod.put("many", str(number))
    page = prod("GET", f"/{PROD_ID}/environments/many/versions").json()
    assert page["nextLink"].startswith(f"https://localhost:9{PROD_ID}/environments/many/versions?")


def _rewriting(*known: dict[str, str], path: str = PROD_ID, body: bytes = b"") -> Any:
    aliases = Aliases()
    aliases.put("lease", list(known))
    return aliases.find(Request("PUT", path, {}, {}, body))


@pytest.mark.parametrize("path", ["/score", "/score/", "/swagger.json"])
def test_a_scoring_payload_is_passed_as_it_is(path: str) -> None:
    assert _rewriting(PROD, path=path, body=f'{{"id": "{PROD_ID}"}}'.encode()) is None


def test_a_refusal_under_an_alias_names_the_clients_own_names(prod: Client) -> None:
    refused = prod("GET", f"/{PROD_ID.replace('prod-ws', 'other')}").json()["error"]["message"]
    assert "workspaces/other' under resource group 'Prod.RG'" in refused
    unknown = prod("GET", f"/{PROD_ID}/nothing/like/that").json()["error"]["message"]
    assert PROD_ID in unknown
    for text in (refused, unknown):
        assert "amlpriv" not in text
        assert LOCAL_NAMES.subscription not in text


@pytest.mark.parametrize(("old", "new"), [("prod-ws", "local"), ("Prod.RG", "amlpriv")])
def test_half_of_an_alias_and_half_of_the_local_names_are_no_workspace(prod: Client, old: str, new: str) -> None:
    answer = prod("GET", f"/{PROD_ID.replace(old, new)}")
    assert (answer.status, PROD["subscription_id"] in answer.json()["error"]["message"]) == (404, True)


def test_names_hold_until_the_jobs_have_ended() -> None:
    busy = [True]
    aliases = Aliases()
    aliases.hold_while(lambda: busy[0])
    aliases.put("script", [PROD])
    aliases.drop("script")
    request = Request("GET", PROD_ID, {}, {})
    assert aliases.as_json() == {}
    assert aliases.find(request) is not None
    busy[0] = False
    assert aliases.find(request) is None
    busy[0] = True
    assert aliases.find(request) is None


def test_a_request_that_names_the_workspace_in_its_body_only_is_found() -> None:
    assert _rewriting(PROD, path="/discovery/query", body=f'{{"scope": "{PROD_ID}"}}'.encode()) is not None
    assert _rewriting(PROD, path="/discovery/query", body=b"{}") is None


def test_of_two_aliases_the_nearest_one_is_taken() -> None:
    found = _rewriting(PROD, OTHER, path=PROD_ID.replace("Prod.RG", "OTHER").replace("prod-ws", "second"))
    assert found.client == Names(PROD["subscription_id"], "OTHER", "second")


def test_the_local_names_are_no_alias() -> None:
    names = {
        "subscription_id": LOCAL_NAMES.subscription,
        "resource_group": LOCAL_NAMES.group,
        "workspace_name": LOCAL_NAMES.workspace,
    }
    assert _rewriting(names, path=WORKSPACE_ID) is None


def test_names_go_with_the_last_lease_that_has_them(prod: Client) -> None:
    prod.control("PUT", "aliases/run2", {"value": [PROD]})
    prod.control("DELETE", "aliases/run1")
    prod.control("DELETE", "aliases/never-there")
    assert prod("GET", f"/{PROD_ID}").status == 200
    assert prod.control("GET", "aliases").json() == {"run2": [PROD]}
    prod.control("DELETE", "aliases/run2")
    assert prod("GET", f"/{PROD_ID}").status == 404


def test_a_restart_keeps_them(prod: Client, make_plane: Callable[[], Plane]) -> None:
    assert Client(make_plane())("GET", f"/{PROD_ID}").json()["name"] == "prod-ws"


def test_a_damaged_file_is_an_empty_one(tmp_path: Path) -> None:
    for text in ("{", "[]", '{"a": 1}', '{"a": [{}]}'):
        (tmp_path / "aliases.json").write_text(text)
        assert Aliases(tmp_path / "aliases.json").as_json() == {}


def test_the_oldest_leases_are_forgotten() -> None:
    aliases = Aliases()
    for number in range(300):
        aliases.put(str(number), [PROD])
    assert next(iter(aliases.as_json())) == "100"


@pytest.mark.parametrize(
    "names", [None, {}, ["x"], [{}], [{**PROD, "workspace_name": ""}], [{**PROD, "resource_group": "a/b"}]]
)
def test_names_that_make_no_sense_are_refused(ask: Client, names: object) -> None:
    assert ask.control("PUT", "aliases/x", {"value": names}).status == 400
    assert ask.control("GET", "aliases").json() == {}


def test_only_who_knows_the_start_id_may_name_aliases(ask: Client) -> None:
    answer = ask("PUT", "//_amlpriv/aliases/x", {"value": [PROD]})
    assert answer.status == 403
