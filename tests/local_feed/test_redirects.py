"""Downloads by way of another host."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.local_feed.clients import Feed, Tools
from tests.wheelhouse import build_wheel


@pytest.fixture
def redirected(feed: Feed, tmp_path: Path) -> tuple[str, Path]:
    """The address of a feed that redirects to this server's other name, and a wheel that it has."""
    if feed.service.feeds.find("local", "ml", "redirected") is None:
        feed.control("POST", "", {"name": "redirected", "upstream": False, "redirect_to": "self"})
    wheel = build_wheel(tmp_path, name="far-away")
    assert feed.push(wheel, path="/local/ml/_packaging/redirected/pypi/upload/").status in (202, 409)
    return feed.url(feed="redirected"), wheel


def test_pip_and_uv_follow_to_a_host_that_gets_no_token(
    feed: Feed, tools: Tools, redirected: tuple[str, Path], tmp_path: Path
) -> None:
    url, wheel = redirected
    link = feed.ask(f"{url}far-away/").links[wheel.name]
    answer = feed.ask(link)
    assert answer.status == 303
    assert answer.headers["location"].startswith(f"https://127.0.0.1:{feed.port}/_packaging/stored/")
    assert "sig=" in answer.headers["location"]
    assert tools.pip_download(feed, "far-away", url=url).code == 0
    assert (tmp_path / "downloaded" / wheel.name).read_bytes() == wheel.read_bytes()
    assert tools.uv_install(feed, "far-away", url=url).code == 0


def test_the_signature_is_all_that_is_wanted_and_it_is_for_one_file(feed: Feed, redirected: tuple[str, Path]) -> None:
    url, wheel = redirected
    location = feed.ask(feed.ask(f"{url}far-away/").links[wheel.name]).headers["location"]
    path = location.partition(f":{feed.port}")[2]
    assert feed.ask(path, headers={"Authorization": ""}).body == wheel.read_bytes()
    for other in (path.replace("sig=", "sig=x"), path.replace(wheel.name, "x.whl"), path.partition("?")[0]):
        answer = feed.ask(other, headers={"Authorization": ""})
        assert answer.status == 403
        assert answer.body.startswith(b"Server failed to authenticate the request.")


def test_a_host_that_cannot_be_reached_fails_the_download_only(
    feed: Feed, tools: Tools, redirected: tuple[str, Path]
) -> None:
    url, _ = redirected
    feed.control("PATCH", "/redirected", {"redirect_to": "https://127.0.0.1:9/store"})
    try:
        assert feed.ask(f"{url}far-away/").status == 200
        ended = tools.uv_install(feed, "far-away", url=url, UV_HTTP_RETRIES="0")
        assert ended.code != 0
        assert "127.0.0.1:9/store" in ended.text
    finally:
        feed.control("PATCH", "/redirected", {"redirect_to": "self"})
