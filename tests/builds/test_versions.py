"""Versions that come from git tags: right from a shallow clone and a dirty tree, or an error with the way out."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from amlpriv.actions.inspecting import inspect_wheel
from amlpriv.building import build_wheel
from amlpriv.builds.versions import version_comes_from_git
from amlpriv.errors import BuildError
from tests.builds.repository import commit, git, make_repository, write

SCM = """
[build-system]
requires = ["setuptools>=77", "setuptools-scm>=8"]
build-backend = "setuptools.build_meta"
[project]
name = "contoso-features"
dynamic = ["version"]
[tool.setuptools_scm]
"""
VCS = """
[build-system]
requires = ["hatchling", "hatch-vcs"]
build-backend = "hatchling.build"
[project]
name = "contoso-features"
dynamic = ["version"]
[tool.hatch.version]
source = "vcs"
"""
BOTH = pytest.mark.parametrize("pyproject", [SCM, VCS], ids=["setuptools-scm", "hatch-vcs"])

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def tagged(folder: Path, pyproject: str) -> Path:
    """A repository whose version is 1.4, with two commits before it."""
    make_repository(folder, {"pyproject.toml": pyproject, "src/contoso_features/__init__.py": "", "a": "1"})
    commit(folder)
    commit(folder, tag="v1.4")
    return folder


def clone(origin: Path, into: Path, *options: str) -> Path:
    git(origin.parent, "clone", "-q", *options, origin.as_uri(), str(into))
    return into


def version(project: Path, out: Path, **environ: str) -> str:
    return str(inspect_wheel(build_wheel(project, out, environ={**os.environ, **environ})).version)


@needs_git
@BOTH
def test_a_shallow_clone_of_a_tag_has_the_tags_version_and_a_dirty_tree_says_that_it_is(
    tmp_path: Path, pyproject: str
) -> None:
    origin = tagged(tmp_path / "origin", pyproject)
    shallow = clone(origin, tmp_path / "shallow", "--depth", "1", "--branch", "v1.4")
    assert version(shallow, tmp_path / "out") == "1.4"
    write(shallow, {"a": "edited"})
    commit_id = git(shallow, "rev-parse", "HEAD").strip()
    dirty = version(shallow, tmp_path / "out")
    assert re.fullmatch(r"1\.5\.dev0\+(g[0-9a-f]+\.)?d20240506", dirty), dirty
    assert "+d" in dirty or commit_id.startswith(dirty.partition("+g")[2].partition(".")[0])


@needs_git
@BOTH
def test_a_shallow_clone_without_the_tag_is_refused_with_the_way_out(tmp_path: Path, pyproject: str) -> None:
    origin = tagged(tmp_path / "origin", pyproject)
    commit(origin)
    shallow = clone(origin, tmp_path / "shallow", "--depth", "1")
    with pytest.raises(BuildError, match="this clone is shallow") as caught:
        version(shallow, tmp_path / "out")
    assert str(shallow / "pyproject.toml") in caught.value.message
    assert f"git -C {shallow} fetch --tags --unshallow" in str(caught.value.hint)
    git(shallow, "fetch", "-q", "--tags", "--unshallow")
    assert re.fullmatch(r"1\.5\.dev1\+g[0-9a-f]+", version(shallow, tmp_path / "out"))


@needs_git
def test_a_version_that_is_given_needs_no_history(tmp_path: Path) -> None:
    origin = tagged(tmp_path / "origin", SCM)
    commit(origin)
    shallow = clone(origin, tmp_path / "shallow", "--depth", "1")
    assert version(shallow, tmp_path / "out", SETUPTOOLS_SCM_PRETEND_VERSION="7.0") == "7.0"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SCM, True),
        (VCS, True),
        (SCM.replace('dynamic = ["version"]', 'version = "1"'), False),  # setuptools-scm for the list of files only
        ('[project]\nname = "a"\ndynamic = ["version"]\n', False),
        ("setup(use_scm_version=True)", True),
        ('[tool.pdm.version]\nsource = "scm"\n[project]\ndynamic = ["readme", "version"]\n', True),
        ('[project]\nname = "a"\nversion = "1"\n', False),
    ],
)
def test_which_projects_take_their_version_from_git(text: str, expected: bool) -> None:
    assert version_comes_from_git(text) == expected
