"""Simple pages and downloads, as clients ask for them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.local_feed.clients import Feed, Tools
from tests.wheelhouse import build_wheel

GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture
def known(feed: Feed, tmp_path: Path) -> Path:
    """A package that the feed has: ``known-thing`` 1.2.0."""
    wheel = build_wheel(tmp_path, name="known-thing", requires_python=">=3.8,<4")
    assert feed.push(wheel).status in (202, 409)
    return wheel


def test_links_carry_the_ids_of_project_and_feed(feed: Feed, known: Path) -> None:
    answer = feed.ask("simple/known-thing/")
    link = answer.links[known.name]
    place = rf"https://localhost:{feed.port}/local/{GUID}/_packaging/{GUID}/pypi/download"
    assert re.fullmatch(rf"{place}/known-thing/1.2.0/{known.name}#sha256=[0-9a-f]{{64}}", link)
    assert feed.ask(link).body == known.read_bytes()
    assert b'data-requires-python="&gt;=3.8,&lt;4"' in answer.body
    assert answer.headers["content-type"].startswith("text/html")
    again = feed.ask(link.partition("/pypi/")[0] + "/pypi/simple/known-thing/")
    assert again.links == answer.links  # the feed by its ids


@pytest.mark.parametrize(
    "path",
    [
        "simple/known-thing/",
        "simple/Known_Thing",
        "simple/known.thing/",
        "/local/ml/_packaging/private@Local/pypi/simple/known-thing/",
        "/LOCAL/ML/_Packaging/Private/PyPI/Simple/known-thing/",
        "/local/%6Dl/%5Fpackaging/private/pypi/simple/known%2Dthing/",
        "//local/ml/_packaging/private/pypi/simple//known-thing/",
    ],
)
def test_a_name_is_found_however_it_is_spelt(feed: Feed, known: Path, path: str) -> None:
    answer = feed.ask(path)
    assert answer.status == 200
    assert known.name in answer.links


@pytest.mark.parametrize(
    "path",
    [
        "/local/_packaging/private/pypi/simple/known-thing/",
        "/other/ml/_packaging/private/pypi/simple/known-thing/",
        "/local/other/_packaging/private/pypi/simple/known-thing/",
        "/local/ml/_packaging/public/pypi/simple/known-thing/",
        "/local/ml/_packaging/private/npm/registry/",
        "/local/ml/_packaging/private/pypi/nothing/",
        "/local/ml/_packaging/private/pypi/",
        "/_packaging/private/pypi/simple/",
        "/local/ml/more/_packaging/private/pypi/simple/",
        "simple/unknown-thing/",
        "simple/known-thing/more/",
        "download/known-thing/1.2.0/",
        "download/known-thing/1.3/known_thing-1.2.0-py3-none-any.whl",
        "download/known-thing/1.2.0/known_thing-1.3-py3-none-any.whl",
        "download/known-thing/1.2.0/..%2Fpackage.json",
        "download/known-thing/x/package.json",
        "download/..%2Fp-known-thing/1.2.0/known_thing-1.2.0-py3-none-any.whl",
    ],
)
def test_what_there_is_not_is_not_found(feed: Feed, known: Path, path: str) -> None:
    answer = feed.ask(path)
    assert answer.status == 404
    assert answer.reason.startswith("Not Found - ")
    assert answer.message in answer.reason


def test_a_feed_that_there_is_not_is_named(feed: Feed) -> None:
    assert feed.ask("/local/ml/_packaging/privat/pypi/simple/").message == "The feed with ID 'privat' doesn't exist."


def test_pages_are_html_for_clients_that_would_like_json(feed: Feed, known: Path) -> None:
    accept = "application/vnd.pypi.simple.v1+json, text/html; q=0.01"
    answer = feed.ask("simple/known-thing/", headers={"Accept": accept})
    assert known.name in answer.links
    assert answer.headers["content-type"].startswith("text/html")


def test_the_list_has_what_the_feed_has(feed: Feed, known: Path) -> None:
    assert feed.ask("simple/").links["known-thing"] == "known-thing/"
    assert feed.ask("simple").status == 200


def test_the_head_of_a_file_is_that_of_the_file(feed: Feed, known: Path) -> None:
    answer = feed.ask(feed.ask("simple/known-thing/").links[known.name], method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-length"] == str(known.stat().st_size)


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=-22", -22, None), ("bytes=5-", 5, None), ("bytes=3-999999999", 3, None)],
)
def test_a_part_of_a_file_can_be_had(feed: Feed, known: Path, wanted: str, start: int, end: int | None) -> None:
    link, content = feed.ask("simple/known-thing/").links[known.name], known.read_bytes()
    answer = feed.ask(link, headers={"Range": wanted})
    assert (answer.status, answer.body) == (206, content[start:end])
    assert answer.headers["content-range"].endswith(f"/{len(content)}")
    for other in ("bytes=0-", "bytes=9-3", "bytes=-", "bytes=1-2,4-5", "lines=1-2", "bytes=99999999-"):
        whole = feed.ask(link, headers={"Range": other})
        assert (whole.status, whole.body) == (200, content)


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "simple/x/"), ("GET", "upload/"), ("DELETE", "download/x/1/x.whl")]
)
def test_another_method_is_not_allowed(feed: Feed, method: str, path: str) -> None:
    assert feed.ask(path, method=method).status == 405


def test_the_old_host_has_the_organisation_in_it(feed: Feed, known: Path) -> None:
    for path in ("/ml/_packaging/private/pypi/", "/DefaultCollection/ml/_packaging/private/pypi/"):
        answer = feed.ask(f"{path}simple/known-thing/", headers={"Host": "local.pkgs.visualstudio.com"})
        assert re.match(rf"https://local\.pkgs\.visualstudio\.com/{GUID}/_packaging/", answer.links[known.name])
    other = feed.ask("/ml/_packaging/private/pypi/simple/", headers={"Host": "other.pkgs.visualstudio.com"})
    assert other.status == 404


def test_the_new_host_has_it_in_the_path(feed: Feed, known: Path) -> None:
    answer = feed.ask("simple/known-thing/", headers={"Host": "pkgs.dev.azure.com"})
    link = answer.links[known.name]
    assert re.match(rf"https://pkgs\.dev\.azure\.com/local/{GUID}/_packaging/", link)
    path = link.partition("pkgs.dev.azure.com")[2]
    assert feed.ask(path, headers={"Host": "pkgs.dev.azure.com"}).body == known.read_bytes()
    assert feed.ask("/", headers={"Host": "pkgs.dev.azure.com"}).status == 404


def test_a_page_may_be_read_and_its_files_not(feed: Feed, tools: Tools, known: Path) -> None:
    token = feed.token("listonly")
    page = feed.ask("simple/known-thing/", password=token)
    answer = feed.ask(page.links[known.name], password=token)
    assert (page.status, answer.status) == (200, 401)
    assert re.fullmatch(rf"TF400813: The user '{GUID}' is not authorized to access this resource\.", answer.message)
    ended = tools.pip_download(feed, "known-thing", token=token)
    assert ended.code == 1
    assert "401 Error, Credentials not correct for" in ended.text


def test_pip_and_uv_do_not_get_what_the_token_may_not_read(feed: Feed, tools: Tools, known: Path) -> None:
    forbidden = tools.pip_download(feed, "known-thing", token=feed.token("norole"))
    assert forbidden.code == 1
    assert "No matching distribution found" in forbidden.text  # it does not say that it was 403
    expired = tools.pip_download(feed, "known-thing", token=feed.token("expired"))
    assert "401 Error, Credentials not correct for" in expired.text
    by_uv = tools.uv_install(feed, "known-thing", token=feed.token("norole"))
    assert by_uv.code == 1
    assert "403 Forbidden" in by_uv.text
    assert tools.uv_install(feed, "known-thing", token=feed.token("read")).code == 0


def test_requests_are_logged_as_the_feeds(feed: Feed, known: Path) -> None:
    feed.ask("simple/known-thing/?sig=secret")
    assert feed.log.lines[-1][0] == "feed"


@pytest.mark.parametrize("name", ["x" * 3000, "x" * 240, "known-thing%00", "..%2F..%2Fetc", "%C3%A4", "-x", "a%0Ab"])
@pytest.mark.parametrize("area", ["simple/{}/", "download/{}/1.2.0/known_thing-1.2.0-py3-none-any.whl"])
def test_what_no_package_can_be_called_is_not_found(feed: Feed, known: Path, name: str, area: str) -> None:
    answer = feed.ask(area.format(name))
    assert answer.status == 404
    assert b"package.json" not in answer.body
    assert str(known.parents[1]).encode() not in answer.body
