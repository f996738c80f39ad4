"""The subdirectory within a checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlpriv.errors import InputError, NotFoundError
from amlpriv.repositories.folders import relative, subfolder


@pytest.mark.parametrize("bad", ["..", "a/../..", "/etc", "C:/x", ".git", "a/.GIT/hooks", "..\\x"])
def test_what_leads_out_is_refused(bad: str) -> None:
    with pytest.raises(InputError, match="leads out"):
        relative(bad)


def test_both_slashes_and_none_are_understood(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert subfolder(tmp_path, "a\\b", "x") == tmp_path / "a" / "b"
    assert subfolder(tmp_path, "a/b/", "x") == tmp_path / "a" / "b"
    assert subfolder(tmp_path, None, "x") == tmp_path


def test_near_folders_are_named(tmp_path: Path) -> None:
    for name in ("packages/mypackage1", "packages/mypackage2", ".hidden/x"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "pyproject.toml").touch()
    with pytest.raises(NotFoundError) as caught:
        subfolder(tmp_path, "src/mypackage2", "the repository")
    assert caught.value.hint == "Folders with a project: packages/mypackage2, packages/mypackage1."


def test_a_repository_without_projects_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"No folder of it has a pyproject\.toml"):
        subfolder(tmp_path, "x", "the repository")


def test_a_link_within_the_repository_is_fine_and_one_out_of_it_is_not(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (root / "shared.py").touch()
    (root / "a" / "shared.py").symlink_to("../shared.py")
    assert subfolder(root, "a", "x").is_dir()
    (root / "a" / "out").symlink_to(tmp_path)
    with pytest.raises(InputError, match="a/out"):
        subfolder(root, "a", "x")
