"""What a feed passes on from the user's index, what it keeps, and when it keeps quiet."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from amlpriv.local.feed.upstream import Upstream
from tests.local_feed.clients import Feed, Index, Tools
from tests.local_feed.conftest import plain_environ
from tests.wheelhouse import build_wheel

ONE, TWO = "public_thing-1.0-py3-none-any.whl", "public_thing-2.0-py3-none-any.whl"


def origins(feed: Feed, package: str) -> dict[str, str]:
    """Where the versions that the feed has came from."""
    packages = feed.control("GET", "").json()["value"][0]["packages"]
    return {each["version"]: each["origin"] for one in packages if one["name"] == package for each in one["versions"]}


def test_what_upstream_has_is_installed_through_the_feed(feed: Feed, tools: Tools, index: Index) -> None:
    page = feed.ask("simple/public-thing/")
    assert set(page.links) == {ONE, TWO}
    assert all(link.startswith(f"https://localhost:{feed.port}/local/") for link in page.links.values())
    assert b"data-requires-python" in page.body
    ended = tools.uv_install(feed, "public-thing<2")
    assert ended.code == 0, ended.text
    assert tools.pip_download(feed, "Public.Thing<2").code == 0
    assert sum(path.endswith(ONE) for path in index.asked) == 1  # the second one got what was saved at the first
    assert origins(feed, "public-thing") == {"1.0": "upstream"}


def test_an_unknown_package_is_not_found(feed: Feed) -> None:
    assert feed.ask("simple/nobody-has-this/").status == 404


def test_a_page_is_asked_for_again_after_some_minutes(tmp_path: Path, open_feed: Callable[..., Feed]) -> None:
    index = Index(tmp_path / "index")
    index.add(build_wheel(tmp_path, name="lib", version="1.0"))
    time = [0.0]
    with index:
        feed = open_feed(Upstream(plain_environ(index.url), clock=lambda: time[0]))
        assert len(feed.ask("simple/lib/").links) == 1
        index.add(build_wheel(tmp_path, name="lib", version="2.0"))
        assert len(feed.ask("simple/lib/").links) == 1
        time[0] = 301.0
        assert len(feed.ask("simple/lib/").links) == 2


def test_what_was_saved_stays_when_upstream_is_gone(
    tmp_path: Path, open_feed: Callable[..., Feed], tools: Tools, caplog: pytest.LogCaptureFixture
) -> None:
    index = Index(tmp_path / "index")
    wheels = [build_wheel(tmp_path, name="lib", version=version) for version in ("1.0", "2.0")]
    for wheel in wheels:
        index.add(wheel)
    with index:
        feed = open_feed(Upstream(plain_environ(index.url)))
        assert tools.pip_download(feed, "lib<2").code == 0
        url = index.url
    with caplog.at_level(logging.WARNING):
        alone = open_feed(Upstream({**plain_environ(url), "PIP_RETRIES": "0"}))  # after a restart, with an empty memory
        assert set(alone.ask("simple/lib/").links) == {wheels[0].name}
    assert "the upstream of the feeds could not be asked for lib" in caplog.text
    assert tools.uv_install(alone, "lib").code == 0


def test_a_file_that_is_not_what_its_page_says_is_not_kept(tmp_path: Path, open_feed: Callable[..., Feed]) -> None:
    index = Index(tmp_path / "index")
    wheel = build_wheel(tmp_path, name="forged", version="1.0")
    index.add(wheel, digest="0" * 64)
    with index:
        feed = open_feed(Upstream(plain_environ(index.url)))
        answer = feed.ask(feed.ask("simple/forged/").links[wheel.name])
    assert answer.status == 502
    assert "could not be had from the upstream source" in answer.message
    assert origins(feed, "forged") == {}


def test_a_version_that_upstream_has_cannot_be_pushed(feed: Feed, tools: Tools, tmp_path: Path) -> None:
    words = "cannot be published to the feed because it exists in at least one of the feed's upstream sources."
    wheel = build_wheel(tmp_path, name="other", version="1")
    assert words in tools.twine(feed, wheel).flat
    another = build_wheel(tmp_path, name="other", version="1.0", tag="py2-none-any")
    answer = feed.push(another)
    assert (answer.status, answer.message) == (409, f"'other 1.0' {words}")
    saved = feed.ask(feed.ask("simple/other/").links[wheel.name])
    assert saved.status == 200
    assert "already contains file" in feed.push(wheel).message
    assert words in feed.push(another, password=feed.token("isolated")).message  # it is known without asking


def test_a_pushed_version_hides_those_of_upstream_until_they_are_allowed(
    feed: Feed, tools: Tools, tmp_path: Path
) -> None:
    public = "contoso_shared-9.0-py3-none-any.whl"
    hidden_link = feed.ask("simple/contoso-shared/").links[public]
    mine = build_wheel(tmp_path, name="contoso-shared", version="1.2.0")
    assert feed.push(mine).status == 202
    assert set(feed.ask("simple/contoso-shared/").links) == {mine.name}
    assert feed.ask(hidden_link).status == 404
    assert tools.uv_install(feed, "contoso-shared").code == 0
    assert (tmp_path / "installed" / "contoso_shared-1.2.0.dist-info").is_dir()

    assert feed.control("PUT", "/private/contoso-shared/upstreaming", {"allow": True}).status == 200
    assert set(feed.ask("simple/contoso-shared/").links) == {mine.name, public}
    assert feed.ask(hidden_link).status == 200
    assert feed.control("PUT", "/private/contoso-shared/upstreaming", {"allow": False}).status == 200
    assert set(feed.ask("simple/contoso-shared/").links) == {mine.name, public}  # saved meanwhile, it stays


def test_for_an_isolated_client_nothing_is_asked(feed: Feed, index: Index) -> None:
    before = len(index.asked)
    token = feed.token("isolated")
    assert feed.ask("simple/contoso-unasked/", password=token).status == 404
    assert feed.ask("download/contoso-unasked/1.0/contoso_unasked-1.0-py3-none-any.whl", password=token).status == 404
    assert index.asked[before:] == []


def test_a_feed_without_upstream_has_its_own_packages_only(feed: Feed, tools: Tools) -> None:
    feed.control("POST", "", {"name": "closed", "upstream": False})
    url = feed.url(feed="closed")
    assert feed.ask(f"{url}public-thing/").status == 404
    ended = tools.pip_download(feed, "public-thing", url=url)
    assert "No matching distribution found for public-thing" in ended.text


def test_a_view_other_than_local_does_not_look_upstream(feed: Feed) -> None:
    assert feed.ask("/local/ml/_packaging/private@Release/pypi/simple/public-thing/").status == 404
    assert TWO in feed.ask("/local/ml/_packaging/private@Local/pypi/simple/public-thing/").links


def test_settings_that_make_no_sense_are_a_warning(open_feed: Callable[..., Feed], tmp_path: Path) -> None:
    broken = Upstream({**plain_environ("http://127.0.0.1:9/simple"), "PIP_CERT": str(tmp_path / "nowhere.pem")})
    feed = open_feed(broken)
    assert feed.ask("simple/lib/").status == 404


def test_a_feed_is_not_its_own_upstream(open_feed: Callable[..., Feed], caplog: pytest.LogCaptureFixture) -> None:
    feed = open_feed(Upstream(plain_environ("https://localhost:9/local/ml/_packaging/private/pypi/simple/")))
    assert feed.ask("simple/lib/").status == 404
    assert "cannot be its own upstream" in caplog.text


def test_the_users_own_index_is_an_upstream(open_feed: Callable[..., Feed], tools: Tools) -> None:
    import os

    feed = open_feed(Upstream(dict(os.environ)))
    ended = tools.pip_download(feed, "six==1.17.0")
    assert ended.code == 0, ended.text
    assert origins(feed, "six") == {"1.17.0": "upstream"}
