"""What Azure Resource Manager looks at before anything else, and what is not imitated."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.http import Request, Response
from amlpriv.local.plane.names import GROUP_ID, WORKSPACE_ID
from tests.local_plane.clients import KEY, NOON, TENANT, Client


def error_of(response: Response) -> tuple[int, str]:
    return response.status, response.json()["error"]["code"]


def test_a_request_without_token_is_401_with_a_challenge(ask: Client) -> None:
    ask.headers = {}
    response = ask("GET", "")
    assert error_of(response) == (401, "AuthenticationFailed")
    assert response.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")


@pytest.mark.parametrize("header", ["Basic eDp5", "Bearer", "Bearer  ", "x"])
def test_only_a_bearer_token_counts(ask: Client, header: str) -> None:
    ask.headers = {"authorization": header}
    assert ask("GET", "").status == 401


def test_the_api_version_is_required(ask: Client) -> None:
    assert error_of(ask("GET", "", **{"api-version": ""})) == (400, "MissingApiVersionParameter")


@pytest.mark.parametrize("version", ["1", "latest", "2024-4-1", "2024-04-01-beta", "2024-04-01x", "v2024-04-01"])
def test_an_api_version_is_a_date(ask: Client, version: str) -> None:
    answer = ask("GET", "", **{"api-version": version})
    assert error_of(answer) == (400, "InvalidApiVersionParameter")
    assert "YYYY-MM-DD" in answer.json()["error"]["message"]
    for good in ("2024-04-01", "2024-04-01-preview", "2024-04-01-Preview"):
        assert ask("GET", "", **{"api-version": good}).status == 200


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (WORKSPACE_ID.replace("/00000000", "/10000000"), "SubscriptionNotFound"),
        (WORKSPACE_ID.replace("Groups/amlpriv", "Groups/other"), "ResourceGroupNotFound"),
        (WORKSPACE_ID.replace("workspaces/local", "workspaces/other"), "ResourceNotFound"),
        (WORKSPACE_ID.replace("workspaces/local", "workspaces/other") + "/schedules/j", "ResourceNotFound"),
        (f"{GROUP_ID}/providers/Microsoft.Storage/storageAccounts/other", "ResourceNotFound"),
    ],
)
def test_other_names_do_not_exist(ask: Client, path: str, code: str) -> None:
    assert error_of(ask("GET", f"/{path}")) == (404, code)


def test_paths_compare_without_regard_to_case_and_ids_come_back_as_they_should_be(ask: Client) -> None:
    response = ask("GET", f"/{WORKSPACE_ID.upper()}/")
    assert response.json()["id"] == WORKSPACE_ID


def test_the_workspace_has_what_clients_read(ask: Client) -> None:
    workspace = ask("GET", "").json()
    assert workspace["name"] == "local"
    assert workspace["type"] == "Microsoft.MachineLearningServices/workspaces"
    assert workspace["location"]
    assert workspace["properties"]["storageAccount"].endswith("/storageAccounts/amlprivacct")
    assert ask.names(f"/{GROUP_ID}/providers/Microsoft.MachineLearningServices/workspaces") == ["local"]


def test_the_storage_account_tells_its_rules_unless_it_is_forbidden(ask: Client) -> None:
    path = f"/{GROUP_ID}/providers/Microsoft.Storage/storageAccounts/amlprivacct"
    assert ask("GET", path).json()["properties"]["allowSharedKeyAccess"] is True
    ask.control("PUT", "settings", {"storage_properties": {"allowSharedKeyAccess": False}})
    assert ask("GET", path).json()["properties"]["allowSharedKeyAccess"] is False
    ask.control("PUT", "settings", {"storage_account": "forbidden"})
    assert error_of(ask("GET", path)) == (403, "AuthorizationFailed")


def test_what_is_not_imitated_is_named_and_remembered(ask: Client) -> None:
    assert error_of(ask("PUT", "/schedules/j", {})) == (501, "NotImplementedByLocalWorkspace")
    assert error_of(ask("GET", "//nowhere")) == (404, "NotImplementedByLocalWorkspace")
    assert ask.plane.unknown == [f"PUT {WORKSPACE_ID}/schedules/j", "GET /nowhere"]
    assert ask.control("GET", "unknown").json()["value"] == ask.plane.unknown


def test_gaps_are_remembered_once_and_over_a_restart_unless_they_are_closed(
    ask: Client, make_plane: Callable[[], Plane], tmp_path: Path
) -> None:
    for _ in range(3):
        ask("GET", "//nowhere")
    assert make_plane().unknown == ["GET /nowhere"]
    (tmp_path / "plane" / "unknown.json").write_text(json.dumps(["GET /nowhere", f"GET {WORKSPACE_ID}/environments"]))
    assert make_plane().unknown == ["GET /nowhere"]
    for damaged in ("{", "5", "null"):
        (tmp_path / "plane" / "unknown.json").write_text(damaged)
        assert make_plane().unknown == []


def test_a_wrong_request_is_not_remembered_as_a_gap(ask: Client) -> None:
    assert ask("GET", "/datastores/other").status == 404
    assert ask.plane.unknown == []


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"properties": "\\ud800"}', b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_400(ask: Client, body: bytes) -> None:
    assert error_of(ask("PUT", "/environments/e/versions/1", body)) == (400, "InvalidRequestContent")


def test_a_crash_of_ours_is_a_500_and_its_secrets_stay_out_of_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    times = [NOON]

    def clock() -> datetime:
        if not times:
            raise RuntimeError(f"sig=canary-signature {KEY}")
        return times.pop()

    ask = Client(Plane(tmp_path, account="amlprivacct", account_key=KEY, tenant=TENANT, now=clock))
    with caplog.at_level(logging.ERROR):
        response = ask.put("churn", "1")
    assert error_of(response) == (500, "LocalWorkspaceCrash")
    assert "RuntimeError" in caplog.text
    assert "canary" not in caplog.text
    assert KEY not in caplog.text


def test_every_response_has_a_request_id(ask: Client) -> None:
    assert ask("GET", "").headers["x-ms-request-id"] != ask("GET", "").headers["x-ms-request-id"]


def test_the_control_routes_want_the_start_id_and_ping_does_not_tell_it(ask: Client) -> None:
    for headers in ({}, {"x-amlpriv-start-id": "wrong"}):
        response = ask.plane.handle(Request("GET", "/_amlpriv/counts", {}, headers))
        assert error_of(response) == (403, "NotThisLocalWorkspace")
    ping = ask.plane.handle(Request("GET", "/_amlpriv/ping", {}, {}))
    assert len(ping.json()["start_id"]) == 64
    assert ask.plane.start_id not in str(ping.body)


@pytest.mark.parametrize(
    "settings", [{"unknown": 1}, {"list_secrets": "maybe"}, {"storage_properties": 1, "list_secrets": "forbidden"}]
)
def test_a_setting_that_makes_no_sense_changes_nothing(ask: Client, settings: dict[str, Any]) -> None:
    before = ask.control("GET", "settings").json()
    assert error_of(ask.control("PUT", "settings", settings)) == (400, "InvalidSetting")
    assert ask.control("GET", "settings").json() == before


def test_settings_can_be_put_back(ask: Client) -> None:
    before = ask.control("GET", "settings").json()
    ask.control("PUT", "settings", {"datastore_type": "AzureFile"})
    assert ask.control("DELETE", "settings").json() == before
