"""Who serves what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from filelock import FileLock

from amlpriv.local.plane.serving_files import served_port, serving_files


def register(root: Path, text: str = json.dumps({"pid": 1, "port": 4711})) -> Path:
    files = serving_files(root, "Churn", "Blue")
    files.registration.parent.mkdir(parents=True, exist_ok=True)
    files.registration.write_text(text, encoding="utf-8")
    return files.lock


def test_a_registration_counts_while_its_process_lives(tmp_path: Path) -> None:
    lock = register(tmp_path)
    assert served_port(tmp_path, "churn", "blue") is None
    with FileLock(lock):
        assert served_port(tmp_path, "churn", "BLUE") == 4711
    assert served_port(tmp_path, "churn", "blue") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"port": "x"}', "\x00"])
def test_a_damaged_registration_is_none(tmp_path: Path, text: str) -> None:
    with FileLock(register(tmp_path, text)):
        assert served_port(tmp_path, "churn", "blue") is None


def test_without_a_registration_nobody_serves(tmp_path: Path) -> None:
    assert served_port(tmp_path, "churn", "blue") is None
    assert list(tmp_path.iterdir()) == []


def test_names_become_file_names_that_stay_below_the_root(tmp_path: Path) -> None:
    files = serving_files(tmp_path, "..", "con")
    assert tmp_path / "serving" in files.registration.resolve().parents
    assert files.registration.parent.name != ".."
