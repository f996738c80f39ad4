"""A requirement without a source that a project beside it has the name of."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from amlpriv.actions.siblings import Landscape
from amlpriv.errors import InputError
from tests.actions.monorepos import WORKSPACE, Repository, new_repository


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the tests of this file have built already."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def repository(tmp_path: Path, built: Path) -> Repository:
    return new_repository(tmp_path / "repo", tmp_path / "home", built)


def test_a_sibling_by_its_name_is_taken_and_said(repository: Repository) -> None:
    repository.project("packages/features", ["Contoso.Core>=1", "packaging"])
    repository.project("packages/core", ["contoso-deep"])
    repository.write("libs/deep/setup.py", "from setuptools import setup\nsetup(name='contoso_deep', version='1.0')\n")
    prepared = repository.only_features()
    assert list(prepared.wheels) == ["contoso-core", "contoso-deep", "contoso-features"]
    taken = [line for line in repository.said if "taken" in line]
    assert taken == [
        "contoso-core: taken from packages/core, a project beside contoso-features, which needs it",
        "contoso-deep: taken from libs/deep, a project beside contoso-core, which needs it",
    ]


def test_a_pip_line_that_names_a_sibling_is_served_by_it(repository: Repository) -> None:
    repository.project("packages/features")
    repository.project("packages/core")
    file = repository.environment(
        ["contoso-features", "contoso-core>=1", "packaging"], {"contoso-features": "{path: ../packages/features}"}
    )
    prepared = repository.prepare(file)
    assert list(prepared.wheels) == ["contoso-core", "contoso-features"]
    assert prepared.needed["contoso-core"].listed


def test_a_declared_source_goes_before_a_sibling(repository: Repository) -> None:
    repository.project("packages/features", ["contoso-core", "contoso-text"])
    repository.project("packages/text", ["contoso-core"], '[tool.uv.sources]\ncontoso-core = {path = "../../other"}\n')
    repository.project("packages/core")
    repository.project("other", name="contoso-core", version="2.0")
    prepared = repository.only_features()
    assert str(prepared.wheels["contoso-core"].version) == "2.0"


def test_a_sibling_of_another_version_is_an_error_and_not_left_to_the_index(repository: Repository) -> None:
    repository.project("packages/features", ["contoso-core>=4"])
    repository.project("packages/core", version="3.0")
    prepared = repository.only_features()
    messages = {finding.code: finding.message for finding in prepared.report.errors}
    assert set(messages) == {"AP104", "AP106"}
    assert "contoso-features 1.0 requires contoso-core>=4; the sources have 3.0" in messages["AP106"]


def test_two_siblings_of_one_name_are_not_guessed_between(repository: Repository) -> None:
    repository.project("packages/features", ["contoso-core"])
    repository.project("packages/core")
    repository.project("libs/core")
    with pytest.raises(InputError, match=r"several projects beside it have this name"):
        repository.only_features()


def test_nothing_outside_the_repository_is_a_sibling(repository: Repository) -> None:
    inside = Repository(repository.root / "inner", repository.environ)
    subprocess.run(["git", "init", "--quiet", str(inside.root)], check=True)
    repository.write("pyproject.toml", '[tool.uv.workspace]\nmembers = ["inner/features", "core"]\n')
    repository.project("core")
    inside.project("features", ["contoso-core"])
    file = inside.environment(["contoso-features"], {"contoso-features": "{path: ../features}"})
    assert list(inside.prepare(file).wheels) == ["contoso-features"]


def test_without_git_what_lies_beside_is_a_sibling_and_a_checkout_is_not(repository: Repository) -> None:
    free = Repository(repository.root.parent / "free", repository.environ)
    free.project("features", ["contoso-core", "contoso-text"])
    free.project("core")
    free.project("text")
    subprocess.run(["git", "init", "--quiet", str(free.root / "text")], check=True)
    file = free.environment(["contoso-features"], {"contoso-features": "{path: ../features}"})
    assert list(free.prepare(file).wheels) == ["contoso-core", "contoso-features"]


def test_a_public_name_is_taken_from_a_sibling_that_has_it(repository: Repository) -> None:
    repository.project("packages/features", ["packaging"])
    repository.project("vendor/packaging", name="packaging", version="99.0")
    assert list(repository.only_features().wheels) == ["contoso-features"]  # not beside it
    repository.project("packages/fork", name="packaging", version="99.0")
    assert list(repository.only_features().wheels) == ["contoso-features", "packaging"]
    assert any(line.startswith("packaging: taken from packages/fork") for line in repository.said)


def test_a_pip_line_is_served_beside_a_pyproject_that_is_no_package(repository: Repository) -> None:
    text = '[project]\nname = "all"\nversion = "1"\ndependencies = ["contoso-core", "packaging"]\n'
    file = repository.write("pyproject.toml", text + '[tool.amlpriv]\npython = "3.11"\n' + WORKSPACE)
    repository.project("libs/core")
    assert list(repository.prepare(file).wheels) == ["contoso-core"]


def test_only_so_many_folders_are_looked_into(repository: Repository) -> None:
    for number in range(9):
        repository.write(f"packages/p{number}/pyproject.toml", f'[project]\nname = "p{number}"\n')
    folder = repository.root / "packages" / "p0"
    assert [place.name for place in Landscape().siblings(folder, "p8")] == ["p8"]
    assert Landscape(left=5).siblings(folder, "p8") == []


def test_a_link_out_of_the_repository_is_no_sibling(repository: Repository) -> None:
    outside = Repository(repository.root.parent, repository.environ).project("outside/core")
    folder = repository.project("packages/features")
    (repository.root / "packages" / "core").symlink_to(outside, target_is_directory=True)
    assert Landscape().siblings(folder, "contoso-core") == []


def test_a_neighbour_that_cannot_be_read_is_none(repository: Repository) -> None:
    folder = repository.project("packages/features")
    repository.write("packages/core/pyproject.toml", "this is no TOML")
    repository.write("packages/text/setup.cfg", "[metadata]\nname = contoso-text\n")
    repository.write("packages/deep/setup.cfg", "[metadata]\nname = contoso-deep\n")
    repository.write("packages/deep/setup.py", "from setuptools import setup\nsetup()\n")
    landscape = Landscape()
    assert landscape.siblings(folder, "contoso-core") == []
    assert landscape.siblings(folder, "contoso-text") == []  # setuptools alone makes no project of a setup.cfg
    assert [place.name for place in landscape.siblings(folder, "contoso-deep")] == ["deep"]


def test_a_project_that_its_workspace_leaves_out_is_no_member(repository: Repository) -> None:
    repository.write("pyproject.toml", WORKSPACE)
    landscape = Landscape()
    assert landscape.workspace(repository.project("packages/features")) is not None
    assert landscape.workspace(repository.project("packages/old")) is None
    assert landscape.workspace(repository.project("other")) is None
