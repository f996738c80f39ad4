"""Code: the question whether the same content is there already."""

from __future__ import annotations

from tests.local_plane.clients import Client

HASHES = {"hash_sha256": "ab" * 32, "hash_version": 202208}
QUERY = {"hash": "ab" * 32, "hashVersion": "202208"}


def put(ask: Client, name: str, uri: str = "https://a.test/c/src") -> None:
    body = {"properties": {"codeUri": uri, "isAnonymous": True, "properties": HASHES}}
    assert ask("PUT", f"/codes/{name}/versions/1", body).status == 201


def ids(ask: Client, name: str, **query: str) -> list[str]:
    response = ask("GET", f"/codes/{name}/versions", **query)
    assert response.status == 200
    return [item["id"].rpartition("/codes/")[2] for item in response.json()["value"]]


def test_an_unknown_hash_is_an_empty_list_under_any_name(ask: Client) -> None:
    assert ids(ask, "nobody", **QUERY) == []


def test_the_same_content_is_found_under_the_name_that_has_it(ask: Client) -> None:
    put(ask, "first")
    put(ask, "second")
    assert ids(ask, "nobody", **QUERY) == ["second/versions/1", "first/versions/1"]
    assert ids(ask, "nobody", hash=QUERY["hash"]) == ["second/versions/1", "first/versions/1"]


def test_another_hash_or_another_way_to_hash_is_not_the_same(ask: Client) -> None:
    put(ask, "first")
    assert ids(ask, "nobody", **{**QUERY, "hash": "cd" * 32}) == []
    assert ids(ask, "nobody", **{**QUERY, "hashVersion": "202301"}) == []


def test_without_a_hash_it_is_the_list_of_that_name(ask: Client) -> None:
    put(ask, "first")
    assert ask("GET", "/codes/nobody/versions").status == 404
    assert ids(ask, "first") == []  # anonymous
    assert ask("GET", "/codes/first/versions/1").json()["properties"]["properties"]["hash_version"] == "202208"


def test_code_needs_its_place(ask: Client) -> None:
    assert ask("PUT", "/codes/c/versions/1", {"properties": {"codeUri": ""}}).status == 400
