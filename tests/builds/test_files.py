"""Which files of a project count for its build."""

from __future__ import annotations

import os
from pathlib import Path

from amlpriv.builds.files import Walk, configuration_text
from amlpriv.builds.git import listed_files
from tests.builds.repository import git, make_repository, write

IGNORED = "*.so\n_generated.py\nmlruns/\nmodels/\n*.log\n/assets/\n"
PROJECT = {
    ".gitignore": IGNORED,
    "pyproject.toml": '[tool.hatch.build]\nartifacts = ["assets"]\n',
    "src/pkg/__init__.py": "",
    "data/.gitkeep": "",
}


def found(project: Path) -> list[str]:
    wanted = None
    if (project / ".git").exists():
        tracked = listed_files(project, os.environ, "--cached") or frozenset()
        wanted = tracked | (listed_files(project, os.environ, "--others", "--exclude-standard") or frozenset())
    walk = Walk.over(project, project, project, wanted, configuration_text(project))
    return sorted(walk.files(project))


def test_what_git_tracks_or_would_track_counts_and_what_was_deleted_does_not(tmp_path: Path) -> None:
    make_repository(tmp_path, {**PROJECT, "gone.txt": ""})
    (tmp_path / "gone.txt").unlink()
    write(tmp_path, {"new.txt": "", "run.log": "", "mlruns/0/metrics": "", "data/huge.log": ""})
    assert found(tmp_path) == [".gitignore", "data/.gitkeep", "new.txt", "pyproject.toml", "src/pkg/__init__.py"]


def test_ignored_files_inside_a_package_count_for_they_end_up_in_wheels(tmp_path: Path) -> None:
    make_repository(tmp_path, PROJECT)
    write(tmp_path, {"src/pkg/_generated.py": "", "src/pkg/fast.so": "", "src/pkg/models/a.bin": ""})
    write(tmp_path, {"models/a.bin": "", "_generated.py": "", "fast.so": "", "assets/logo.log": ""})
    assert set(found(tmp_path)) - set(PROJECT) == {
        "src/pkg/_generated.py",
        "src/pkg/fast.so",
        "src/pkg/models/a.bin",
        "_generated.py",
        "fast.so",
        "assets/logo.log",  # the configuration names the folder
    }


def test_caches_and_environments_never_count(tmp_path: Path) -> None:
    make_repository(tmp_path, PROJECT)
    write(tmp_path, {".venv/a.py": "", "my-env/pyvenv.cfg": "", "src/pkg/__pycache__/a.pyc": "", "x.egg-info/PKG": ""})
    assert sorted(found(tmp_path)) == sorted(PROJECT)


def test_a_submodule_counts_with_all_its_files(tmp_path: Path) -> None:
    make_repository(tmp_path / "inner", {"code.c": ""})
    outer = make_repository(tmp_path / "outer", PROJECT)
    git(outer, "submodule", "add", "-q", (tmp_path / "inner").as_posix(), "vendor/inner")
    assert "vendor/inner/code.c" in found(outer)


def test_names_of_every_kind_are_found(tmp_path: Path) -> None:
    names = {"blank at end ", "ünïcode", 'a"quote', "tab\there", "back\\slash"} if os.name == "posix" else {"ünïcode"}
    make_repository(tmp_path, {**PROJECT, **dict.fromkeys(names, "")})
    assert names <= set(found(tmp_path))


def test_without_git_everything_but_junk_counts(tmp_path: Path) -> None:
    write(tmp_path, {**PROJECT, "run.log": "", "node_modules/a.js": "", "build/lib/a.py": ""})
    assert sorted(found(tmp_path)) == sorted([*PROJECT, "run.log"])


def test_the_configuration_is_read_with_the_scripts_beside_it(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "first", "hatch_build.py": "second", "src/a.py": "third"})
    text = configuration_text(tmp_path)
    assert ("first" in text, "second" in text, "third" in text) == (True, True, False)
