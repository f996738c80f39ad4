"""From an environment file to wheels, findings and a digest, without any workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlpriv.actions.preparing import Prepared, preparing, wheel_at
from amlpriv.errors import InputError, UnsupportedError
from amlpriv.facts.images import DEFAULT_IMAGE
from amlpriv.facts.routes import Route
from tests.actions.projects import Project, project
from tests.wheelhouse import build_wheel

CONDA = """\
channels: [conda-forge]
dependencies:
  - python=3.11
  - pip=25.3
  - pip:
    - {line}
"""

BACKEND = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""

COPIES = """\
import pathlib, shutil
def build_wheel(folder, config_settings=None, metadata_directory=None):
    wheel, = pathlib.Path("ready").glob("*.whl")
    shutil.copy(wheel, folder)
    return wheel.name
"""


@pytest.fixture
def made(tmp_path: Path) -> Project:
    return project(tmp_path / "project")


def prepare(path: Path, **options: object) -> Prepared:
    """The preparation, its files gone already."""
    said: list[str] = []
    with preparing(path, environ={}, say=said.append, **options) as prepared:  # type: ignore[arg-type]
        assert all(wheel.is_file() for wheel in prepared.paths.values())
        return prepared


def test_wheels_checks_and_digest_of_a_good_file(made: Project) -> None:
    prepared = prepare(made.write())
    assert list(prepared.wheels) == ["contoso-features"]
    assert list(prepared.report) == []
    assert len(prepared.digest) == 64
    assert str(prepared.target)


def test_paths_start_at_the_environment_file(made: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made.write()
    assert prepare(Path("project/environment.yml")).digest == prepare(made.file.absolute()).digest


def test_the_digest_does_not_know_where_things_are(made: Project, tmp_path: Path) -> None:
    digest = prepare(made.write()).digest
    made.folder.rename(tmp_path / "elsewhere")
    assert prepare(tmp_path / "elsewhere" / "environment.yml").digest == digest


def test_a_conda_file_of_its_own_is_found_beside_the_environment_file(made: Project) -> None:
    inline = prepare(made.write())
    text = made.file.read_text(encoding="utf-8")
    conda = text[text.index("  channels") : text.index("sources:")].replace("\n  ", "\n")[2:]
    (made.folder / "conda.yml").write_text(conda, encoding="utf-8")
    begin, end = text.index("conda_file:"), text.index("sources:")
    made.file.write_text(f"{text[:begin]}conda_file: conda.yml\n{text[end:]}", encoding="utf-8")
    assert prepare(made.file).digest == inline.digest


def test_a_plain_conda_file_with_a_path_in_its_pip_section(tmp_path: Path) -> None:
    build_wheel(tmp_path / "dist")
    path = tmp_path / "conda.yml"
    path.write_text(CONDA.format(line="./dist/contoso_features-1.2.0-py3-none-any.whl"), encoding="utf-8")
    said: list[str] = []
    with preparing(path, environ={}, say=said.append, name="churn") as prepared:
        assert list(prepared.wheels) == ["contoso-features"]
        assert prepared.image == DEFAULT_IMAGE
    assert any(DEFAULT_IMAGE in line for line in said)


def test_what_the_caller_says_goes_before_the_file(made: Project) -> None:
    plain = prepare(made.write())
    image = "mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20260202.v1"
    other = prepare(made.file, name="other", version="7", image=image)
    assert (other.file.name, other.file.version, other.image) == ("other", "7", image)
    assert other.digest != plain.digest
    assert prepare(made.file, name="other", version="7").digest == plain.digest  # names are not content


def test_a_finding_is_reported_and_left_to_the_caller(made: Project) -> None:
    made.listed = ["contoso-features>=2"]
    prepared = prepare(made.write())
    assert [finding.code for finding in prepared.report.errors] == ["AP104"]


@pytest.mark.parametrize("route", [Route.FEED, Route.CONTEXT, Route.MODEL])
def test_a_route_that_is_not_there_yet_is_refused(made: Project, route: Route) -> None:
    with pytest.raises(UnsupportedError, match=route.value):
        prepare(made.write(), via=route)


@pytest.mark.parametrize(("key", "value"), [("build", "{path: .}"), ("os_type", "windows")])
def test_what_cannot_be_shipped_yet_is_refused_with_its_line(made: Project, key: str, value: str) -> None:
    made.top = {key: value}
    with pytest.raises(InputError) as caught:
        prepare(made.write())
    assert caught.value.file == str(made.file)
    assert caught.value.line == 3


def test_a_kind_of_source_that_is_not_there_yet_is_refused_with_its_line(made: Project) -> None:
    text = made.write().read_text(encoding="utf-8").replace("{path: ", '{git: "https://github.com/x/y.git", tag: v')
    made.file.write_text(text.replace("whl}", 'whl"}').replace("tag: vwheels", 'tag: "vwheels'), encoding="utf-8")
    with pytest.raises(UnsupportedError, match=r"environment.yml:\d+.*'git'"):
        prepare(made.file)


def test_a_project_is_built_and_the_build_is_gone_afterwards(made: Project, environ: dict[str, str]) -> None:
    """The project's backend needs nothing from an index: it hands out a wheel that lies beside it."""
    folder = made.folder / "package"
    wheel = build_wheel(folder / "ready")
    (folder / "pyproject.toml").write_text(BACKEND, encoding="utf-8")
    (folder / "backend.py").write_text(COPIES, encoding="utf-8")
    made.sources = {"contoso-features": "package"}
    said: list[str] = []
    with preparing(made.write(), environ=environ, say=said.append) as prepared:
        path = prepared.paths["contoso-features"]
        assert path.read_bytes() == wheel.read_bytes()
        assert path != wheel
    assert said == ["building package"]
    assert not path.parent.exists()


def test_a_folder_of_wheels_gives_the_newest_of_the_package(tmp_path: Path) -> None:
    for version in ("1.9.0", "1.10.0", "1.2.0"):
        build_wheel(tmp_path / "dist", version=version)
    build_wheel(tmp_path / "dist", name="contoso-other", version="9.0")
    found = wheel_at(tmp_path / "dist", "contoso-features", tmp_path, environ={})
    assert found.name == "contoso_features-1.10.0-py3-none-any.whl"


@pytest.mark.parametrize(
    ("wheel", "words"), [(None, "neither a pyproject.toml nor a wheel"), ("contoso-x", "no wheel")]
)
def test_a_folder_without_the_wheel_is_named(tmp_path: Path, wheel: str | None, words: str) -> None:
    folder = tmp_path / "dist"
    folder.mkdir()
    if wheel:
        build_wheel(folder, name=wheel)
    with pytest.raises(InputError, match=words) as caught:
        wheel_at(folder, "contoso-features", tmp_path, environ={})
    assert caught.value.file == str(folder)
