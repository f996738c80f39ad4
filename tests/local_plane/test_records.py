"""Files that somebody edited: a record that does not fit is left out and named, and the others are listed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.names import WORKSPACE_ID
from tests.local_plane.clients import Client, Clock

JOB = {"jobType": "Command", "command": "ls", "environmentId": f"{WORKSPACE_ID}/environments/one/versions/1"}
ENDPOINT = {"location": "westeurope", "properties": {"authMode": "Key"}}
BATCH = {"location": "westeurope", "properties": {"authMode": "AADToken"}}
DEPLOYMENT = {
    "location": "westeurope",
    "properties": {
        "environmentId": f"{WORKSPACE_ID}/environments/one/versions/1",
        "instanceType": "x",
        "codeConfiguration": {"scoringScript": "s.py"},
    },
}
RUN_HISTORY = f"//history/v1.0{WORKSPACE_ID}"
VERSIONED: dict[str, Any] = {
    "environments": {"image": "ubuntu", "condaFile": "dependencies: [python]", "tags": {"a": "b"}},
    "models": {"modelUri": "https://a.test/m"},
    "data": {"dataType": "uri_file", "dataUri": "https://a.test/m"},
    "codes": {"codeUri": "https://a.test/m"},
    "components": {"componentSpec": {"type": "command", "name": "one", "version": "1", "command": "ls"}},
}
PATHS = {
    "environments": "/environments/one/versions",
    "models": "/models/one/versions",
    "data": "/data/one/versions",
    "codes": "/codes/one/versions",
    "components": "/components/one/versions",
    "connections": "/connections",
    "computes": "/computes",
    "jobs": "/jobs",
    "onlineEndpoints": "/onlineEndpoints",
    "batchEndpoints": "/batchEndpoints",
    "onlineDeployments": "/onlineEndpoints/one/deployments",
    "batchDeployments": "/batchEndpoints/one/deployments",
    "definitions": f"//environment/v1.0{WORKSPACE_ID}/environments",
}
WRONG: tuple[Any, ...] = (None, 5, [1], {"a": 1})
"""What stands in a field instead; None first: the field is removed."""


def fill(ask: Client) -> None:
    """One of everything."""
    for kind, properties in VERSIONED.items():
        assert ask("PUT", f"/{kind}/one/versions/1", {"properties": properties}).status == 201
    connection = {"category": "PythonFeed", "authType": "PAT", "target": "https://a.test", "credentials": {"pat": "p"}}
    for path, body in (
        ("/connections/one", {"properties": connection}),
        ("/computes/one", {"properties": {"computeType": "AmlCompute", "properties": {"vmSize": "x"}}}),
        ("/jobs/one", {"properties": {**JOB, "outputs": {"o": {"jobOutputType": "uri_folder"}}}}),
        ("/onlineEndpoints/one", ENDPOINT),
        ("/batchEndpoints/one", BATCH),
        ("/onlineEndpoints/one/deployments/blue", DEPLOYMENT),
        ("/batchEndpoints/one/deployments/blue", DEPLOYMENT),
        (PATHS["definitions"] + "/one", {"python": {}}),
    ):
        assert ask("PUT", path, body).status < 300, path
    assert ask("GET", f"{RUN_HISTORY}/runs/one").status in (200, 404)


def changed(document: Any, value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The document with ``value`` (None: nothing) in each of its fields, two levels below ``properties`` too."""
    for where in fields(document, depth=4):
        copy = json.loads(json.dumps(document))
        owner = copy
        for name in where[:-1]:
            owner = owner[name]
        if value is None:
            del owner[where[-1]]
        else:
            owner[where[-1]] = value
        yield where, copy


def fields(document: Any, depth: int) -> Iterator[tuple[str, ...]]:
    for name, value in document.items():
        yield (name,)
        if isinstance(value, dict) and depth > 1:
            yield from ((name, *rest) for rest in fields(value, depth - 1))


@pytest.mark.parametrize("value", WRONG, ids=repr)
@pytest.mark.parametrize("kind", sorted(PATHS))
def test_no_edited_field_makes_a_list_fail(
    ask: Client, make_plane: Callable[[], Plane], tmp_path: Path, kind: str, value: Any, caplog: Any
) -> None:
    fill(ask)
    for path in sorted((tmp_path / "plane" / kind).rglob("*.json")):
        text = path.read_text(encoding="utf-8")
        for where, document in changed(json.loads(text), value):
            path.write_text(json.dumps(document), encoding="utf-8")
            caplog.clear()
            with caplog.at_level(logging.WARNING):
                again = Client(make_plane())
                lists = (PATHS[kind], PATHS[kind].removesuffix("/versions"))
                asked = (*lists, f"{PATHS[kind]}/one", f"{PATHS[kind]}/blue", f"{PATHS[kind]}/1")
                answers = {where_to: again("GET", where_to, listViewType="All").status for where_to in asked}
            assert set(answers.values()) <= {200, 404}, (path, where, answers)
            if where in (("name",), ("version",), ("createdAt",), ("lastModifiedAt",)):
                assert str(path) in caplog.text, where
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("hidden", [".ipynb_checkpoints", ".git"])
def test_folders_of_others_stay_and_stop_nothing(
    ask: Client, make_plane: Callable[[], Plane], tmp_path: Path, hidden: str
) -> None:
    fill(ask)
    places = [tmp_path / "plane" / "environments" / "one" / hidden, tmp_path / "plane" / "environments" / hidden]
    for place in places:
        place.mkdir()
        (place / "1.json").write_text("{}")
        (place.parent / ".DS_Store").write_text("")
        (place.parent / ".1.json.swp").write_text("")
    again = Client(make_plane())
    assert again.names("/environments") == ["one"]
    for place in places:
        assert (place / "1.json").read_text() == "{}"
        assert (place.parent / ".DS_Store").exists()
        assert (place.parent / ".1.json.swp").exists()


def test_a_folder_that_somebody_copied_is_left_out_and_named(
    ask: Client, make_plane: Callable[[], Plane], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(ask)
    folder = tmp_path / "plane" / "environments"
    (folder / "two").mkdir()
    (folder / "two" / "1.json").write_bytes((folder / "one" / "1.json").read_bytes())
    with caplog.at_level(logging.WARNING):
        again = Client(make_plane())
    assert again.names("/environments") == ["one"]
    assert str(folder / "two" / "1.json") in caplog.text


def test_the_clock_is_only_moved_by_records_that_count(
    ask: Client, make_plane: Callable[[], Plane], tmp_path: Path, clock: Clock
) -> None:
    fill(ask)
    path = tmp_path / "plane" / "environments" / "one" / "1.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "createdAt": "2999-01-01T00:00:00.0000000+00:00", "name": "other"}))
    again = Client(make_plane())
    again.put("two", "1")
    created = again("GET", "/environments/two/versions/1").json()["systemData"]["createdAt"]
    assert created[:4] == str(clock.time.year)
