from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from amlpriv.containers.sources import copy_for_container, source_time
from tests.containers.boxes import compiled_project

WHO = ["-c", "user.name=Contoso", "-c", "user.email=dev@example.org"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit, of a known time, and one project."""
    root = tmp_path / "repository"
    compiled_project(root / "fast", setup="# asks git for its version\n")
    environ = {**os.environ, "GIT_COMMITTER_DATE": "1700000000 +0000"}
    for command in (["init", "-q"], ["add", "."], [*WHO, "commit", "-qm", "first"]):
        subprocess.run(["git", *command], cwd=root, check=True, env=environ)
    return root


def test_the_copy_of_a_repository_stands_on_its_own(repository: Path, tmp_path: Path) -> None:
    copy = copy_for_container(repository / "fast", tmp_path / "copy", os.environ)
    repository.rename(tmp_path / "elsewhere")

    log = subprocess.run(["git", "log", "--format=%s"], cwd=copy, check=True, capture_output=True, text=True)

    assert log.stdout == "first\n"
    assert not (tmp_path / "copy" / "repository" / ".git" / "objects" / "info" / "alternates").exists()


def test_a_link_that_leads_out_becomes_what_it_leads_to(tmp_path: Path) -> None:
    project, outside = compiled_project(tmp_path / "project"), tmp_path / "outside"
    outside.mkdir()
    (outside / "data.txt").write_text("data", encoding="utf-8")
    try:
        (project / "data.txt").symlink_to(outside / "data.txt")
    except OSError:
        pytest.skip("this account may not make links")
    (project / "folder").symlink_to(outside, target_is_directory=True)
    (project / "own.txt").symlink_to("pyproject.toml")
    (project / "nowhere").symlink_to(tmp_path / "missing")

    copy = copy_for_container(project, tmp_path / "copy", os.environ)

    assert not (copy / "data.txt").is_symlink()
    assert (copy / "data.txt").read_text("utf-8") == "data"
    assert (copy / "folder" / "data.txt").read_text("utf-8") == "data"
    assert (copy / "own.txt").is_symlink()
    assert not os.path.lexists(copy / "nowhere")


def test_the_time_is_the_users_or_that_of_the_commit_or_a_fixed_one(repository: Path, tmp_path: Path) -> None:
    without = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}

    assert source_time(repository / "fast", {**without, "SOURCE_DATE_EPOCH": "42"}) == "42"
    assert source_time(repository / "fast", without) == "1700000000"
    assert source_time(compiled_project(tmp_path / "plain"), without) == "315619200"
