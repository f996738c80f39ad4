"""Wheels that were built before."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from amlpriv.builds.store import WheelStore
from tests.wheelhouse import build_wheel

KEY = "a" * 64


def kept(folder: Path, key: str = KEY, **options: object) -> tuple[WheelStore, Path]:
    wheel = build_wheel(folder / "made")
    store = WheelStore(folder / "store", **options)  # type: ignore[arg-type]
    store.keep(key, wheel)
    return store, wheel


def test_what_was_kept_is_taken_as_a_copy(tmp_path: Path) -> None:
    store, wheel = kept(tmp_path)
    taken = store.take(KEY, tmp_path / "out")
    assert taken == tmp_path / "out" / wheel.name
    assert taken is not None
    assert taken.read_bytes() == wheel.read_bytes()
    taken.write_bytes(b"the copy is the user's")
    again = store.take(KEY, tmp_path / "out")
    assert again is not None
    assert again.read_bytes() == wheel.read_bytes()
    assert [path.name for path in (tmp_path / "out").iterdir()] == [wheel.name]
    assert store.take("b" * 64, tmp_path / "out") is None


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_nobody_else_may_look_into_the_store(tmp_path: Path) -> None:
    store, _ = kept(tmp_path)
    assert store.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("damage", ["wheel", "no wheel", "entry", "no entry", "no object", "leads out", "no hash"])
def test_a_damaged_entry_is_removed_and_never_taken(tmp_path: Path, damage: str) -> None:
    store, wheel = kept(tmp_path)
    entry = store.folder / KEY
    described = json.loads((entry / "entry.json").read_text())
    if damage == "wheel":
        (entry / wheel.name).write_bytes(wheel.read_bytes()[:-1] + b"!")
    elif damage.endswith("wheel"):
        (entry / wheel.name).unlink()
    elif damage == "no entry":
        (entry / "entry.json").unlink()
    else:
        (tmp_path / "evil.whl").write_bytes(wheel.read_bytes())
        texts = {"entry": "{", "no object": "[1]", "no hash": json.dumps({"filename": wheel.name})}
        led = json.dumps({**described, "filename": "../../evil.whl"})
        (entry / "entry.json").write_text(texts.get(damage, led))
    assert store.take(KEY, tmp_path / "out") is None
    assert list(store.folder.iterdir()) == []
    store.keep(KEY, wheel)
    assert store.take(KEY, tmp_path / "out") is not None


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    store, wheel = kept(tmp_path, "1", most_wheels=2)
    store.keep("2", wheel)
    for age, key in enumerate(("2", "1")):
        os.utime(store.folder / key / "entry.json", (1000 - age, 1000 - age))
    assert store.take("1", tmp_path / "out") is not None
    store.keep("3", wheel)
    assert sorted(path.name for path in store.folder.iterdir()) == ["1", "3"]


def test_the_store_is_limited_in_size(tmp_path: Path) -> None:
    store, wheel = kept(tmp_path, "1", most_bytes=1)
    assert list(store.folder.iterdir()) == []
    WheelStore(store.folder, most_bytes=10 * wheel.stat().st_size).keep("1", wheel)
    assert [path.name for path in store.folder.iterdir()] == ["1"]


def test_what_a_killed_process_left_is_removed_after_a_day(tmp_path: Path) -> None:
    store, wheel = kept(tmp_path, "1")
    for name, age in ((".old.tmp", 25), (".new.tmp", 1)):
        (store.folder / name).mkdir()
        then = time.time() - age * 3600
        os.utime(store.folder / name, (then, then))
    store.keep("2", wheel)
    assert sorted(path.name for path in store.folder.iterdir()) == [".new.tmp", "1", "2"]


def test_many_at_once_do_not_get_in_each_others_way(tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path / "made")
    store = WheelStore(tmp_path / "store", most_wheels=3)

    def work(number: int) -> bool:
        store.keep(str(number % 5), wheel)
        taken = store.take(str(number % 5), tmp_path / f"out{number}")
        return taken is None or taken.read_bytes() == wheel.read_bytes()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(100)))
    assert len([path for path in store.folder.iterdir() if not path.name.startswith(".")]) <= 5


def test_a_store_that_cannot_be_written_keeps_nothing_and_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    store, _ = kept(tmp_path)
    assert store.take(KEY, tmp_path / "out") is None
