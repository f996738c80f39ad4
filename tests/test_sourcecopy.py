"""What of a project is copied, and what is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from amlpriv.sourcecopy import copy_project, git_root

posix = pytest.mark.skipif(os.name != "posix", reason="makes links and pipes")


def write(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def names(folder: Path | None) -> list[str]:
    assert folder is not None
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def test_old_results_caches_and_environments_stay_behind(tmp_path: Path) -> None:
    project = write(
        tmp_path / "p",
        *("pyproject.toml", "src/a/__init__.py", "src/a/build/x.py", "src/a/dist/y.js", "empty.txt"),
        *("build/lib/a.py", "build/bdist.linux/b", "dist/a-1.whl", "dist/a-1.tar.gz", "a.egg-info/PKG-INFO"),
        *(".venv/x", "old/pyvenv.cfg", "conda/conda-meta/history", "src/__pycache__/a.pyc", "node_modules/a.js"),
    )
    copy = copy_project(project, tmp_path / "copy", None)
    assert names(copy) == ["empty.txt", "pyproject.toml", "src/a/__init__.py", "src/a/build/x.py", "src/a/dist/y.js"]


def test_a_build_folder_with_sources_comes_along(tmp_path: Path) -> None:
    project = write(tmp_path / "p", "build/__init__.py", "build/lib/x.py", "dist/index.js")
    assert names(copy_project(project, tmp_path / "copy", None)) == names(project)


def test_too_many_files_are_not_copied(tmp_path: Path) -> None:
    project = write(tmp_path / "p", "a", "b", "c")
    assert copy_project(project, tmp_path / "copy", None, most_files=2) is None
    assert copy_project(project, tmp_path / "copy", None, most_bytes=2) is None
    assert not (tmp_path / "copy").exists()


def test_of_a_repository_only_git_and_the_ignore_files_above_come_along(tmp_path: Path) -> None:
    top = write(tmp_path / "r", ".git/HEAD", ".git/objects/aa/bb", ".git/hooks/x", ".gitignore", "other/huge.bin")
    write(top, "packages/.gitignore", "packages/p/pyproject.toml", "packages/p/src/a.py", "packages/q/pyproject.toml")
    project = top / "packages" / "p"
    assert git_root(project) == top
    copy = copy_project(project, tmp_path / "copy", top)
    assert copy == tmp_path / "copy" / "r" / "packages" / "p"
    assert names(tmp_path / "copy" / "r") == [
        ".git/HEAD",
        ".git/objects/info/alternates",
        ".gitignore",
        "packages/.gitignore",
        "packages/p/pyproject.toml",
        "packages/p/src/a.py",
    ]
    alternates = tmp_path / "copy" / "r" / ".git" / "objects" / "info" / "alternates"
    assert alternates.read_text() == f"{(top / '.git' / 'objects').as_posix()}\n"


@pytest.mark.parametrize("text", ["requires = ['setuptools_scm']", "readme = '../../README.md'", "source = 'vcs'"])
def test_a_project_that_looks_outside_gets_the_whole_repository(tmp_path: Path, text: str) -> None:
    top = write(tmp_path / "r", ".git/HEAD", "README.md", "packages/p/a.py")
    (top / "packages" / "p" / "pyproject.toml").write_text(text)
    copy = copy_project(top / "packages" / "p", tmp_path / "copy", top)
    assert copy is not None
    assert (copy / ".." / ".." / "README.md").is_file()


def test_a_worktree_points_to_the_real_repository(tmp_path: Path) -> None:
    project = write(tmp_path / "w", "pyproject.toml")
    (project / ".git").write_text("gitdir: ../r/.git/worktrees/w\n")
    copy = copy_project(project, tmp_path / "copy", project)
    assert copy is not None
    real = (tmp_path / "r" / ".git" / "worktrees" / "w").resolve()
    assert (copy / ".git").read_text() == f"gitdir: {real}\n"


@posix
def test_links_work_in_the_copy_and_pipes_are_left_out(tmp_path: Path) -> None:
    project = write(tmp_path / "p", "a/b.txt")
    write(tmp_path, "outside.txt")
    (project / "inner").symlink_to("a/b.txt")
    (project / "loop").symlink_to(".")
    (project / "outer").symlink_to("../outside.txt")
    os.mkfifo(project / "pipe")
    copy = copy_project(project, tmp_path / "elsewhere" / "copy", None)
    assert copy is not None
    assert str((copy / "inner").readlink()) == "a/b.txt"
    assert (copy / "outer").read_text() == "outside.txt"
    assert (copy / "loop").resolve() == copy.resolve()
    assert not (copy / "pipe").exists()
