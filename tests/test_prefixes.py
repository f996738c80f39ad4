"""Folders of environments."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from amlpriv.errors import UsageError
from amlpriv.prefixes import activated, clear, python_of, remove, sweep, work_folder

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX paths")


@posix
def test_an_active_environment_knows_no_other(tmp_path: Path) -> None:
    around = {"PATH": "/usr/bin", "PYTHONPATH": "/x", "PYTHONHOME": "/y", "VIRTUAL_ENV": "/z", "CONDA_PREFIX": "/c"}
    inside = {"PATH": f"{tmp_path}/bin:/usr/bin", "PYTHONNOUSERSITE": "1"}
    assert activated(tmp_path, "venv", around) == {**inside, "VIRTUAL_ENV": str(tmp_path)}
    assert activated(tmp_path, "conda", around) == {**inside, "CONDA_PREFIX": str(tmp_path)}
    assert activated(tmp_path, "venv", {})["PATH"] == f"{tmp_path}/bin"
    assert python_of(tmp_path, "micromamba") == tmp_path / "bin" / "python"


@pytest.mark.parametrize("sign", ["pyvenv.cfg", "conda-meta", ".amlpriv-complete"])
def test_a_former_environment_is_removed(tmp_path: Path, sign: str) -> None:
    folder = tmp_path / "env"
    folder.mkdir()
    (folder / sign).mkdir()
    clear(folder)
    assert not folder.exists()
    clear(folder)


def test_anything_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(UsageError, match="not an environment"):
        clear(tmp_path)
    with pytest.raises(UsageError, match="not an environment"):
        clear(tmp_path / "thesis.txt")
    assert (tmp_path / "thesis.txt").exists()


@posix
def test_a_link_is_removed_and_not_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    remove(tmp_path / "link")
    assert [entry.name for entry in tmp_path.iterdir()] == ["real"]


def test_work_folders_go_also_after_an_exception_and_the_next_one_removes_old_ones(tmp_path: Path) -> None:
    (tmp_path / ".env.work-old").mkdir()
    (tmp_path / ".other.work-old").mkdir()
    seen: list[str] = []

    def interrupted() -> None:
        with work_folder(tmp_path / "env") as work:
            seen.append(work.name)
            assert {entry.name for entry in tmp_path.iterdir()} == {".other.work-old", work.name}
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert seen
    assert [entry.name for entry in tmp_path.iterdir()] == [".other.work-old"]


def test_what_killed_builds_left_is_swept_and_what_is_being_built_is_not(tmp_path: Path) -> None:
    from filelock import FileLock

    for name in ("killed", "busy", "finished", "strange"):
        (tmp_path / name).mkdir()
        (tmp_path / name / ("thesis.txt" if name == "strange" else "pyvenv.cfg")).touch()
        (tmp_path / f".{name}.work-x1").mkdir()
    (tmp_path / "finished" / ".amlpriv-complete").touch()
    with FileLock(f"{tmp_path / 'busy'}.lock"):
        sweep(tmp_path)
    left = {entry.name for entry in tmp_path.iterdir() if entry.suffix != ".lock"}
    assert left == {"busy", ".busy.work-x1", "finished", "strange"}
    sweep(tmp_path / "missing")


def test_the_variables_of_the_conda_section_are_set_but_do_not_deactivate(tmp_path: Path) -> None:
    around = {"PATH": "/usr/bin", "SALES": "no"}
    inside = activated(tmp_path, "venv", around, {"SALES": "EMEA", "PATH": "/x", "VIRTUAL_ENV": "/y"})
    assert inside["SALES"] == "EMEA"
    assert inside["PATH"].endswith("/usr/bin")
    assert inside["VIRTUAL_ENV"] == str(tmp_path)
