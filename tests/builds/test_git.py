"""What git is asked about a project's repository."""

from __future__ import annotations

import os
from pathlib import Path

from amlpriv.builds.git import ask_git, listed_files, without_git
from tests.builds.repository import make_repository


def test_all_lines_of_a_long_answer_come(tmp_path: Path) -> None:
    names = {f"file{number}" for number in range(300)}
    make_repository(tmp_path, dict.fromkeys(names, ""))
    assert listed_files(tmp_path, os.environ, "--cached") == frozenset(names)


def test_a_hooks_variables_do_not_lead_elsewhere(tmp_path: Path) -> None:
    make_repository(tmp_path / "a", {"a": ""})
    make_repository(tmp_path / "b", {"b": ""})
    led = {**os.environ, "GIT_DIR": str(tmp_path / "b" / ".git"), "GIT_WORK_TREE": str(tmp_path / "b")}
    assert listed_files(tmp_path / "a", led, "--cached") == frozenset({"a"})
    assert "GIT_DIR" not in without_git(led)
    assert "PATH" not in without_git(led, "PATH")


def test_no_git_and_no_repository_are_no_answer(tmp_path: Path) -> None:
    assert ask_git(tmp_path, {"PATH": ""}, "status") is None
    assert listed_files(tmp_path, {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}) is None


def test_a_name_that_looks_like_a_secret_makes_the_list_unusable(tmp_path: Path) -> None:
    """It would come blotted out, and its file would not be found under it."""
    make_repository(tmp_path, {"client_secret=hunter2": ""})
    assert listed_files(tmp_path, os.environ, "--cached") is None
