"""Feeds made, versions deleted and promoted: what `amlpriv local feed` asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.local_feed.clients import Feed, Tools
from tests.wheelhouse import build_wheel


def test_a_deleted_version_is_gone_and_its_number_stays_taken(feed: Feed, tools: Tools, tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path, name="short-lived", version="1.0")
    assert feed.push(wheel).status == 202
    link = feed.ask("simple/short-lived/").links[wheel.name]
    assert feed.control("DELETE", "/private/Short_Lived/1").json() == {"deleted": "1"}
    assert feed.control("DELETE", "/private/short-lived/1.0").status == 404
    assert feed.ask(link).status == feed.ask("simple/short-lived/").status == 404
    answer = feed.push(wheel)
    assert answer.status == 409
    assert answer.message == "The feed 'private' already contained 'short-lived 1.0', which was deleted."
    assert "which was deleted" in tools.uv_publish(feed, wheel).flat
    assert feed.push(build_wheel(tmp_path, name="short-lived", version="1.1")).status == 202


def test_a_view_shows_what_was_promoted(feed: Feed, tools: Tools, tmp_path: Path) -> None:
    for version in ("1.0", "2.0"):
        assert feed.push(build_wheel(tmp_path, name="staged", version=version)).status == 202
    release = feed.url(feed="private@Release")
    assert feed.ask(f"{release}staged/").status == 404
    promoted = feed.control("PUT", "/private/staged/1.0/release").json()
    assert [one.get("views") for one in promoted["versions"]] == [["Release"], None]
    assert set(feed.ask(f"{release}staged/").links) == {"staged-1.0-py3-none-any.whl"}
    assert feed.ask("/local/ml/_packaging/private@Prerelease/pypi/simple/staged/").status == 404
    assert len(feed.ask("/local/ml/_packaging/private@local/pypi/simple/staged/").links) == 2
    assert tools.uv_install(feed, "staged", url=release).code == 0
    assert (tmp_path / "installed" / "staged-1.0.dist-info").is_dir()
    hidden = feed.ask("simple/staged/").links["staged-2.0-py3-none-any.whl"].replace("/pypi/", "@Release/pypi/")
    assert feed.ask(hidden).status == 404


def test_nothing_is_pushed_to_a_view(feed: Feed, tools: Tools, tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path, name="unstaged")
    ended = tools.twine(feed, wheel, url=feed.url("upload", feed="private@Release"))
    assert ended.code == 1
    assert "400 Bad Request" in ended.flat
    assert "Packages cannot be published to a view ('Release')" in ended.flat


def test_feeds_are_of_projects_and_of_organisations(feed: Feed, tmp_path: Path) -> None:
    made = feed.control("POST", "", {"name": "Scoped", "organisation": "contoso", "project": None, "upstream": False})
    assert made.status == 200
    wheel = build_wheel(tmp_path, name="scoped-thing")
    assert feed.push(wheel, path="/contoso/_packaging/scoped/pypi/upload/").status == 202
    links = feed.ask("/contoso/_packaging/Scoped/pypi/simple/scoped-thing/").links
    assert f"/contoso/_packaging/{made.json()['id']}/pypi/download/" in links[wheel.name]
    assert feed.ask("/contoso/ml/_packaging/Scoped/pypi/simple/scoped-thing/").status == 404
    assert feed.control("POST", "", {"name": "scoped", "organisation": "Contoso", "project": None}).status == 409
    assert feed.control("POST", "", {"name": "scoped", "organisation": "contoso", "project": "x"}).status == 200
    several = feed.control("DELETE", "/scoped/scoped-thing/1.2.0")
    assert several.status == 409
    assert "contoso/Scoped, contoso/x/scoped" in several.json()["error"]["message"]
    assert feed.control("DELETE", "/contoso%2FScoped/scoped-thing/1.2.0").status == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "", {"name": "a/b"}, 400),
        ("POST", "", {"name": ""}, 400),
        ("POST", "", {"name": "x", "organisation": "ä"}, 400),
        ("POST", "", {"name": "private"}, 409),
        ("DELETE", "/nowhere/x/1", None, 404),
        ("DELETE", "/private/x/1", None, 404),
        ("DELETE", "/private/x/one", None, 400),
        ("PUT", "/private/x/1/Release", None, 404),
        ("PUT", "/private/x/1/Elsewhere", None, 400),
        ("PATCH", "/nowhere", {}, 404),
    ],
)
def test_what_cannot_be_done_is_refused(feed: Feed, method: str, path: str, body: object, status: int) -> None:
    answer = feed.control(method, path, body)
    assert answer.status == status
    assert answer.json()["error"]["message"]


def test_all_of_it_is_there_after_a_restart(open_feed: Callable[..., Feed], tmp_path: Path) -> None:
    before = open_feed()
    assert before.push(build_wheel(tmp_path, name="kept")).status == 202
    assert before.push(build_wheel(tmp_path, name="gone")).status == 202
    before.control("DELETE", "/private/gone/1.2.0")
    before.control("POST", "", {"name": "second"})
    left = before.service.feeds.folder / before.service.feeds.all[0].id / "incoming" / "left"
    left.mkdir()
    after = open_feed()
    assert after.ask("simple/kept/", password=before.token()).status == 200
    assert after.push(build_wheel(tmp_path, name="gone")).status == 409
    assert [one["name"] for one in after.control("GET", "").json()["value"]] == ["private", "second"]
    assert after.service.feeds.all == before.service.feeds.all
    assert not left.exists()
