"""Where files are kept, and how they are written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from amlpriv.errors import LocalWorkspaceError, UsageError
from amlpriv.local.home import Home, write_private

posix = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX'")


def test_the_variables_name_home_and_cache(tmp_path: Path) -> None:
    home = Home.find({"AMLPRIV_HOME": str(tmp_path / "h"), "AMLPRIV_CACHE": str(tmp_path / "c")})
    assert home == Home(root=tmp_path / "h", cache=tmp_path / "c")
    assert not home.root.exists()


def test_without_variables_the_platforms_folders_are_taken() -> None:
    home = Home.find({"AMLPRIV_HOME": ""})
    assert home.root.is_absolute()
    assert home.root.name == home.cache.name == "amlpriv"
    assert home.root != home.cache


@posix
def test_folders_are_made_for_the_owner_only(tmp_path: Path) -> None:
    home = Home(tmp_path / "a" / "b", tmp_path / "cache")
    home.prepare()
    home.prepare()
    for folder in (home.root, home.storage, home.plane, home.logs, home.certificates):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not home.cache.exists()


@posix
def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    Home(tmp_path, tmp_path).prepare()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_home_that_cannot_be_made_names_the_variable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalWorkspaceError, match="AMLPRIV_HOME"):
        Home(tmp_path / "file" / "home", tmp_path).prepare()


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_private(path, "one")
    write_private(path, b"two")
    assert path.read_text() == "two"
    assert list(tmp_path.iterdir()) == [path]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_private_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").write_text("")
    with pytest.raises(LocalWorkspaceError, match="cannot write"):
        write_private(tmp_path / "taken", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize("name", ["AMLPRIV_HOME", "AMLPRIV_CACHE"])
@pytest.mark.skipif(os.name != "posix", reason="Windows takes ~somebody for a neighbour of the own folder")
def test_the_home_of_a_user_who_does_not_exist_is_wrong_usage(tmp_path: Path, name: str) -> None:
    places = {"AMLPRIV_HOME": str(tmp_path), "AMLPRIV_CACHE": str(tmp_path), name: "~nosuchuser/x"}
    with pytest.raises(UsageError, match=f"{name} is ~nosuchuser/x"):
        Home.find(places)
