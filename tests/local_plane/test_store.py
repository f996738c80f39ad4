"""State that survives a restart, in files that a person can read."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.filenames import file_name
from tests.local_plane.clients import Client, Clock

MakePlane = Callable[[], Plane]


def test_everything_survives_a_restart(ask: Client, make_plane: MakePlane) -> None:
    for version in ("b", "a", "c"):
        ask.put("churn", version, tags={"v": version})
    ask("PUT", "/environments/old", {"properties": {"isArchived": True, "description": "ä"}})
    paths = ("", "/datastores", "/environments", "/environments/churn/versions", "/environments/old")
    before = [ask("GET", path, listViewType="All").json() for path in paths]
    container = ask.plane.default_container
    ask.plane = make_plane()
    assert [ask("GET", path, listViewType="All").json() for path in paths] == before
    assert ask.plane.default_container == container
    assert ask.plane.containers == (container, "azureml")


def test_the_files_are_readable_and_named_after_what_they_hold(ask: Client, tmp_path: Path) -> None:
    ask.put("churn", "1", description="für alle")
    path = tmp_path / "plane" / "environments" / "churn" / "1.json"
    assert json.loads(path.read_text(encoding="utf-8"))["properties"]["description"] == "für alle"
    assert "für alle" in path.read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_the_files_are_the_owners_only(ask: Client, tmp_path: Path) -> None:
    ask.put("churn", "1")
    for path in (tmp_path / "plane").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_names_that_differ_only_in_case_stay_apart(ask: Client, make_plane: MakePlane, tmp_path: Path) -> None:
    ask.put("Churn", "1", image="one")
    ask.put("churn", "1", image="two")
    ask.plane = make_plane()
    assert ask("GET", "/environments/Churn/versions/1").json()["properties"]["image"] == "one"
    assert ask("GET", "/environments/churn/versions/1").json()["properties"]["image"] == "two"
    names = [path.name for path in (tmp_path / "plane" / "environments").iterdir()]
    assert len({name.lower() for name in names}) == 2


def test_long_and_reserved_names_survive(ask: Client, make_plane: MakePlane) -> None:
    names = ["con", "nul.txt", "com1", "a" * 255, "A" * 255, "a" * 254 + "b", "x."]
    for name in names:
        assert ask.put(name, "container").status == 201
    ask.plane = make_plane()
    assert sorted(ask.names("/environments")) == sorted(names)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("churn-train_1.0", "churn-train_1.0"),
        ("Churn", "%43hurn"),
        ("con", "%63on"),
        ("con.x", "%63on.x"),
        ("console", "console"),
        ("lpt9", "%6Cpt9"),
        ("..", "%2E%2E"),
        ("_container", "%5Fcontainer"),
        ("a.", "a%2E"),
        ("a/b\\c:d%", "a%2Fb%5Cc%3Ad%25"),
        ("", ""),
    ],
)
def test_file_names(name: str, expected: str) -> None:
    assert file_name(name) == expected


def test_file_names_are_short_and_different() -> None:
    names = {file_name("X" * length) for length in range(200)}
    assert len(names) == 200
    assert max(map(len, names)) <= 72


def test_a_file_that_somebody_broke_is_left_out_and_named(
    ask: Client, make_plane: MakePlane, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ask.put("churn", "1")
    ask.put("churn", "2")
    folder = tmp_path / "plane" / "environments" / "churn"
    (folder / "1.json").write_text("{")
    (folder / ".2.json.k3_x9a0b").write_text("left behind")
    with caplog.at_level(logging.WARNING):
        ask.plane = make_plane()
    assert ask.names("/environments/churn/versions") == ["2"]
    assert "1.json" in caplog.text
    assert not (folder / ".2.json.k3_x9a0b").exists()


def test_a_broken_workspace_file_is_a_named_error(make_plane: MakePlane, tmp_path: Path) -> None:
    make_plane()
    (tmp_path / "plane" / "workspace.json").write_text("{}")
    with pytest.raises(LocalWorkspaceError, match=r"workspace\.json cannot be read"):
        make_plane()


def test_a_clock_that_was_set_back_does_not_change_the_order(ask: Client, make_plane: MakePlane, clock: Clock) -> None:
    ask.put("churn", "1")
    clock.move(timedelta(days=-3))
    ask.plane = make_plane()
    ask.put("churn", "2")
    assert ask.names("/environments/churn/versions") == ["2", "1"]


def test_what_cannot_be_written_is_not_remembered(ask: Client, tmp_path: Path) -> None:
    ask.put("churn", "1")
    (tmp_path / "plane" / "environments" / "churn" / "2.json").mkdir()  # nothing can be moved to this name
    assert ask.put("churn", "2").status == 500
    assert ask.names("/environments/churn/versions") == ["1"]


def test_only_one_of_many_at_once_creates_a_version(ask: Client) -> None:
    statuses: list[int] = []

    def put(image: str) -> None:
        statuses.append(ask.put("churn", "1", image=image).status)

    threads = [threading.Thread(target=put, args=(f"image{number % 4}",)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 3 + [201] + [409] * 12


def test_five_thousand_versions_are_listed_as_fast_as_ten(ask: Client, make_plane: MakePlane, tmp_path: Path) -> None:
    ask.put("churn", "0")
    folder = tmp_path / "plane" / "environments" / "churn"
    text = (folder / "0.json").read_text(encoding="utf-8")
    for number in range(1, 5000):
        copy = text.replace('"version": "0"', f'"version": "{number}"').replace(".0000002+", f".{number:07d}+")
        (folder / f"{number}.json").write_text(copy, encoding="utf-8")
    started = time.perf_counter()
    ask.plane = make_plane()
    loaded = time.perf_counter()
    newest = [str(number) for number in reversed(range(4900, 5000))]
    for _ in range(20):
        assert ask.names("/environments/churn/versions", listViewType="All") == newest
    listed = (time.perf_counter() - loaded) / 20
    assert loaded - started < 10
    assert listed < 0.05
