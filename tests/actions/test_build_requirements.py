"""Private packages that other private packages need to be built; several builds at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from amlpriv.errors import BuildError, InputError
from tests.actions.monorepos import USES_TOOL, Repository, new_repository


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the tests of this file have built already."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def repository(tmp_path: Path, built: Path) -> Repository:
    return new_repository(tmp_path / "repo", tmp_path / "home", built)


def test_a_private_build_requirement_is_built_first(repository: Repository) -> None:
    both = USES_TOOL.replace('"contoso-build"', '"contoso-build", "contoso-words"')
    sources = "[tool.uv.sources]\ncontoso-build = {workspace = true}\ncontoso-words = {workspace = true}\n"
    repository.project("packages/features", ["contoso-core"], sources, backend=both)
    repository.project("packages/core", backend=USES_TOOL)
    repository.tools()
    prepared = repository.only_features()
    assert list(prepared.wheels) == ["contoso-core", "contoso-features"]  # what only builds need is not shipped
    assert str(prepared.wheels["contoso-features"].version) == "5.0"
    assert repository.said.index("building words") < repository.said.index("building features")
    assert repository.said.count("building build") == 1
    repository.only_features()
    assert not any(line.startswith("building") for line in repository.said)
    repository.write("tools/words/contoso_words/__init__.py", "VERSION = '6.0'\n")
    assert str(repository.only_features().wheels["contoso-core"].version) == "6.0"


def test_a_sibling_that_only_its_name_tells_is_noted_for_a_build_too(repository: Repository) -> None:
    repository.project("tools/features", backend=USES_TOOL)
    repository.tools()
    repository.write("pyproject.toml", "")
    file = repository.environment(["contoso-features"], {"contoso-features": "{path: ../tools/features}"})
    words = "contoso-build: taken from tools/build, a project beside contoso-features, whose build needs it"
    assert words in repository.prepare(file).notes
    assert words in repository.said


def test_builds_that_need_each_other_are_told(repository: Repository) -> None:
    repository.project("packages/features", backend=USES_TOOL.replace("-build", "-core"))
    repository.project("packages/core", backend=USES_TOOL.replace("-build", "-features"))
    with pytest.raises(InputError, match=r"need each other to be built: features -> core -> features"):
        repository.only_features()


def test_a_build_that_fails_names_the_package_and_who_needs_it(repository: Repository) -> None:
    repository.project("packages/features", ["contoso-core"])
    repository.project("packages/core")
    (repository.root / "packages/core/contoso_core/__init__.py").unlink()
    with pytest.raises(BuildError, match=r"core") as it:
        repository.only_features()
    assert "contoso-core is needed by contoso-features." in (it.value.hint or "")


FAILS = """\
import pathlib, time
def build_wheel(folder, config_settings=None, metadata_directory=None):
    pathlib.Path({mark!r}).touch()
    if {fails}:
        raise RuntimeError("no luck today")
    time.sleep(60)
"""


def test_the_first_failure_stops_the_other_builds(repository: Repository) -> None:
    build = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    repository.project("packages/features", ["contoso-core"], backend=build)
    repository.project("packages/core", backend=build)
    mark = repository.root.parent / "slow"
    repository.write("packages/features/backend.py", FAILS.format(mark=str(mark), fails=False))
    wait = f"[time.sleep(0.1) for _ in range(100) if not pathlib.Path({str(mark)!r}).exists()] or True"
    repository.write("packages/core/backend.py", FAILS.format(mark=f"{mark}2", fails=wait))
    begun = time.monotonic()
    with pytest.raises(BuildError, match="no luck today") as it:
        repository.only_features()
    assert "contoso-core is needed by contoso-features." in (it.value.hint or "")
    assert time.monotonic() - begun < 30
