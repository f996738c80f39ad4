"""Connections: what may be read, what may not, and where it lies."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.names import WORKSPACE_ID
from tests.local_plane.clients import Client

CANARY = "canary-pat-in-a-connection"
FEED = {
    "category": "PythonFeed",
    "target": "https://pkgs.contoso.test/simple/",
    "authType": "PAT",
    "credentials": {"pat": CANARY},
    "metadata": {"a": "b"},
}


def put(ask: Client, name: str = "feed", **properties: Any) -> Any:
    return ask("PUT", f"/connections/{name}", {"properties": {**FEED, **properties}})


def secret_files(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "plane" / "connection-secrets"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def test_put_answers_200_also_the_first_time(ask: Client) -> None:
    first, again = put(ask), put(ask)
    assert (first.status, again.status) == (200, 200)
    body = again.json()
    assert body["id"] == f"{WORKSPACE_ID}/connections/feed"
    assert (body["name"], body["type"].rpartition("/")[2]) == ("feed", "connections")
    assert body["properties"]["createdByWorkspaceArmId"] == WORKSPACE_ID
    assert body["systemData"]["createdAt"] == first.json()["systemData"]["createdAt"]


def test_only_listsecrets_shows_the_secret(ask: Client) -> None:
    answers = [put(ask), ask("GET", "/connections/feed"), ask("GET", "/connections")]
    assert all(answer.status == 200 and CANARY not in str(answer.json()) for answer in answers)
    assert answers[1].json()["properties"]["credentials"] is None
    assert answers[1].json()["properties"]["metadata"] == {"a": "b"}
    shown = ask("POST", "/connections/feed/listsecrets").json()
    assert shown["properties"] == {**answers[1].json()["properties"], "credentials": {"pat": CANARY}}
    assert ask("POST", "/connections/feed/listSecrets").status == 200


def test_the_record_that_a_person_reads_has_no_secret(ask: Client, tmp_path: Path) -> None:
    put(ask)
    [secret] = secret_files(tmp_path)
    others = [path for path in (tmp_path / "plane").rglob("*") if path.is_file() and path != secret]
    assert all(CANARY not in path.read_text(encoding="utf-8") for path in others)
    assert CANARY in secret.read_text(encoding="utf-8")
    if sys.platform != "win32":
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert stat.S_IMODE(secret.parent.stat().st_mode) == 0o700


def test_a_restart_keeps_secrets(ask: Client, make_plane: Callable[[], Plane]) -> None:
    put(ask)
    again = Client(make_plane())
    assert again("POST", "/connections/feed/listsecrets").json()["properties"]["credentials"] == {"pat": CANARY}
    assert again("GET", "/connections").json() == ask("GET", "/connections").json()


def test_an_old_secret_goes_with_its_replacement_and_with_deletion(ask: Client, tmp_path: Path) -> None:
    put(ask)
    put(ask, "feed-2", credentials={"pat": "second"})
    put(ask, credentials={"pat": "new"})
    assert len(secret_files(tmp_path)) == 2
    put(ask, authType="None", credentials=None)
    assert ask("POST", "/connections/feed/listsecrets").json()["properties"]["credentials"] is None
    [left] = secret_files(tmp_path)
    assert "second" in left.read_text(encoding="utf-8")
    assert (ask("DELETE", "/connections/feed-2").status, secret_files(tmp_path)) == (200, [])


def test_a_secret_that_was_written_before_a_crash_changes_nothing(ask: Client, tmp_path: Path) -> None:
    put(ask)
    [secret] = secret_files(tmp_path)
    secret.with_name("feed.000000000000.json").write_text('{"credentials": {"pat": "half"}}', encoding="utf-8")
    assert ask("POST", "/connections/feed/listsecrets").json()["properties"]["credentials"] == {"pat": CANARY}
    put(ask)
    assert len(secret_files(tmp_path)) == 1


@pytest.mark.parametrize("content", [None, "{", "[]", "{}"])
def test_a_damaged_secret_is_said_and_can_be_replaced(ask: Client, tmp_path: Path, content: str | None) -> None:
    put(ask)
    [secret] = secret_files(tmp_path)
    secret.unlink()
    if content is not None:
        secret.write_text(content, encoding="utf-8")
    response = ask("POST", "/connections/feed/listsecrets")
    assert response.status == 500
    assert "the credentials of the connection feed cannot be read" in response.json()["error"]["message"]
    assert ask("GET", "/connections/feed").status == 200
    assert put(ask).status == 200
    assert ask("POST", "/connections/feed/listsecrets").status == 200


def test_lists(ask: Client) -> None:
    put(ask, "feed-1")
    put(ask, "repository", category="Git", target="https://git.contoso.test/r")
    put(ask, "feed-2", authType="None", credentials=None)
    assert ask.names("/connections", includeAll="false") == ["feed-2", "repository", "feed-1"]
    assert ask.names("/connections", category="pythonfeed", includeAll="true") == ["feed-2", "feed-1"]
    assert ask.names("/connections", target="https://git.contoso.test/r") == ["repository"]
    assert ask.names("/connections", category="Snowflake") == []


def test_deletion(ask: Client) -> None:
    put(ask)
    assert (ask("DELETE", "/connections/feed").status, ask("DELETE", "/connections/feed").status) == (200, 204)
    for method, path in (("GET", "/connections/feed"), ("POST", "/connections/feed/listsecrets")):
        response = ask(method, path)
        assert (response.status, response.json()["error"]["code"]) == (404, "UserError")
    assert ask.names("/connections") == []


def test_patch_replaces_what_it_names(ask: Client) -> None:
    put(ask)
    changed = ask("PATCH", "/connections/feed", {"properties": {"target": "https://other.test/", "authType": "PAT"}})
    assert changed.status == 200
    assert changed.json()["properties"]["target"] == "https://other.test/"
    assert ask("POST", "/connections/feed/listsecrets").json()["properties"]["credentials"] == {"pat": CANARY}
    other: dict[str, Any] = {"authType": "UsernamePassword"}
    assert ask("PATCH", "/connections/feed", {"properties": other}).status == 400
    other |= {"credentials": {"username": "u", "password": "p"}}
    assert ask("PATCH", "/connections/feed", {"properties": other}).status == 200
    assert ask("PATCH", "/connections/none", {"properties": other}).status == 404


def test_what_is_refused_is_not_stored(ask: Client, tmp_path: Path) -> None:
    for response in (put(ask, "ab"), put(ask, authType="SAS", credentials={"sas": CANARY}), put(ask, credentials={})):
        assert response.status == 400
        assert CANARY not in str(response.json())
    assert (ask.names("/connections"), secret_files(tmp_path)) == ([], [])


def test_the_api_version_of_sdk_v1_gets_a_bare_list(ask: Client) -> None:
    put(ask)
    put(ask, "other", category="Git")
    listed = ask("GET", "/connections", **{"api-version": "2020-01-01"}).json()
    assert [item["name"] for item in listed] == ["other", "feed"]
    assert CANARY not in str(listed)
    chosen = ask("GET", "/connections", **{"api-version": "2020-01-01", "category": "Git"}).json()
    assert [item["name"] for item in chosen] == ["other"]


def test_a_secret_is_read_from_its_own_folder_only(
    ask: Client, make_plane: Callable[[], Plane], tmp_path: Path
) -> None:
    put(ask)
    (tmp_path / "plane" / "other.json").write_text('{"credentials": {"pat": "other"}}')
    record = tmp_path / "plane" / "connections" / "feed" / "_container.json"
    [secret] = secret_files(tmp_path)
    record.write_text(record.read_text().replace(secret.name, "../other.json"))
    assert Client(make_plane())("POST", "/connections/feed/listsecrets").status == 404


def test_a_target_that_somebody_edited_shows_no_password(
    ask: Client, make_plane: Callable[[], Plane], tmp_path: Path
) -> None:
    put(ask)
    record = tmp_path / "plane" / "connections" / "feed" / "_container.json"
    record.write_text(record.read_text().replace("https://pkgs", f"https://user:{CANARY}@pkgs"))
    again = Client(make_plane())
    for path in ("/connections", "/connections/feed"):
        assert CANARY not in str(again("GET", path).json())
