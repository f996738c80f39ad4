"""Who serves what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from amlpriv.local.plane.serving_files import Served, deployment_version, served, serving_files


def register(root: Path, text: str = json.dumps({"pid": 1, "port": 4711, "version": "v"})) -> Path:
    files = serving_files(root, "Churn", "Blue")
    files.registration.parent.mkdir(parents=True, exist_ok=True)
    files.registration.write_text(text, encoding="utf-8")
    return files.lock


def test_a_registration_counts_while_its_process_lives(tmp_path: Path) -> None:
    lock = register(tmp_path)
    assert served(tmp_path, "churn", "blue") is None
    with FileLock(lock):
        assert served(tmp_path, "churn", "BLUE") == Served(4711, "v")
    assert served(tmp_path, "churn", "blue") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", "7", '{"port": "x"}', "\x00"])
def test_a_damaged_registration_is_none(tmp_path: Path, text: str) -> None:
    with FileLock(register(tmp_path, text)):
        assert served(tmp_path, "churn", "blue") is None


def test_without_a_registration_nobody_serves(tmp_path: Path) -> None:
    assert served(tmp_path, "churn", "blue") is None
    assert list(tmp_path.iterdir()) == []


def test_names_become_file_names_that_stay_below_the_root(tmp_path: Path) -> None:
    files = serving_files(tmp_path, "..", "con")
    assert tmp_path / "serving" in files.registration.resolve().parents
    assert files.registration.parent.name != ".."


def test_a_deployment_has_another_version_when_something_else_has_to_run() -> None:
    usual: dict[str, Any] = {
        "model": "m/1",
        "environmentId": "e/1",
        "environmentVariables": {"A": "1"},
        "codeConfiguration": None,
    }
    first = deployment_version("2026-11-20", usual)
    assert first == deployment_version("2026-11-20", {**usual, "requestSettings": {"requestTimeout": "PT9S"}})
    others: list[dict[str, Any]] = [{"model": "m/2"}, {"environmentId": "e/2"}, {"environmentVariables": {"A": "2"}}]
    others += [{"codeConfiguration": {"codeId": "c/1", "scoringScript": "score.py"}}]
    versions = {deployment_version("2026-11-20", {**usual, **other}) for other in others}
    assert len(versions | {first, deployment_version("2026-11-21", usual)}) == 6
