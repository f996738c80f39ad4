"""Raw requests, and what 'verify' needs of blobs: a refusal is an answer; what was made can be removed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from amlpriv.errors import ConflictError, NotFoundError, UnsupportedError
from amlpriv.probes.site import NOT_IMITATED, upload_of
from amlpriv.workspace.ports import NoService
from tests.contract.conftest import Case


def _body(image: str = "ubuntu") -> dict[str, object]:
    return {"properties": {"image": image, "tags": {"a": "b"}, "properties": {"c": "d"}}}


def test_what_is_put_is_read_back(case: Case) -> None:
    ask, path = case.workspace.service.ask, f"environments/{case.name()}/versions/c1"
    made = ask("PUT", path, _body())
    found = ask("GET", path)
    assert made.ok
    assert made.body["id"] == found.body["id"] == f"{case.workspace.name.arm_id}/{path}"
    assert (found.properties["tags"], found.properties["properties"]) == ({"a": "b"}, {"c": "d"})


def test_refusals_are_answers(case: Case) -> None:
    ask, path = case.workspace.service.ask, f"environments/{case.name()}/versions/c1"
    missing = ask("GET", path)
    ask("PUT", path, _body())
    other = ask("PUT", path, _body("debian"))
    unknown = ask("GET", "somethings/else")
    assert (missing.status, other.status, unknown.status) == (404, 409, 501)
    assert (missing.ok, bool(other.message), unknown.code.startswith(NOT_IMITATED)) == (False, True, True)


def test_a_path_is_below_the_workspace_or_a_whole_id(case: Case) -> None:
    ask, path = case.workspace.service.ask, f"environments/{case.name()}/versions/c1"
    whole = f"{case.workspace.name.arm_id}/{path}"
    assert ask("PUT", whole, _body()).body["id"] == whole
    assert ask("GET", path).body == ask("GET", whole).body
    assert ask("GET", "").body["id"] == case.workspace.name.arm_id


def test_what_was_asked_raw_is_counted_and_seen_by_the_other_ports(case: Case) -> None:
    before = case.workspace.requests.control_plane
    name = case.name()
    case.workspace.service.ask("GET", "")
    case.workspace.service.ask("PUT", f"environments/{name}/versions/c1", _body())
    assert [found.version for found in case.workspace.environments.versions(name)] == ["c1"]
    case.workspace.service.ask("DELETE", f"environments/{name}")
    assert case.workspace.environments.versions(name) == ()
    assert case.workspace.requests.control_plane == before + 5


def test_an_environment_can_be_deleted_as_a_whole(case: Case) -> None:
    ask, name = case.workspace.service.ask, case.name()
    ask("PUT", f"environments/{name}/versions/1", _body())
    assert ask("DELETE", f"environments/{name}").ok
    assert ask("GET", f"environments/{name}/versions/1").status == 404


def test_an_answer_does_not_show_its_body(case: Case) -> None:
    answer = case.workspace.service.ask("PUT", f"environments/{case.name()}/versions/1", _body("secret-image"))
    assert "secret-image" not in repr(answer)


def test_a_removed_blob_is_gone(case: Case) -> None:
    blobs = case.blobs()
    blobs.put(upload_of("amlpriv/a.txt", b"a"))
    assert (blobs.remove("amlpriv/a.txt"), blobs.remove("amlpriv/a.txt")) == (True, False)
    with pytest.raises(NotFoundError):
        blobs.get("amlpriv/a.txt")


def test_a_container_is_made_once_and_dropped_with_what_it_holds(case: Case) -> None:
    place = replace(case.datastore, container=f"{case.datastore.container[:40]}-x")
    blobs = case.workspace.open_blobs(place, case.key)
    try:
        blobs.make_container()
    except UnsupportedError:
        assert case.datastore.account == "memory"
        return
    blobs.put(upload_of("a", b"a"))
    with pytest.raises(ConflictError):
        blobs.make_container()
    assert (blobs.drop_container(), blobs.drop_container()) == (True, False)


def test_a_workspace_without_raw_requests_says_so() -> None:
    with pytest.raises(UnsupportedError, match="GET jobs"):
        NoService().ask("GET", "jobs")
