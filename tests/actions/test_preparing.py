"""From an environment file to wheels, findings and a digest, without any workspace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from amlpriv.actions.packages import wheel_at
from amlpriv.actions.preparing import Prepared, preparing
from amlpriv.errors import InputError, UnsupportedError, UsageError, WheelError
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


def test_a_folder_of_wheels_gives_what_the_file_asks_for(made: Project) -> None:
    """The pip line and the image's Python are known before the folder is looked through."""
    for version, tag in (
        ("1.2.0", "py3-none-any"),
        ("1.3.0", "py3-none-any"),
        ("1.2.0", "cp310-cp310-linux_x86_64"),
        ("1.2.0", "cp311-cp311-manylinux_2_28_x86_64"),
    ):
        build_wheel(made.folder / "dist", version=version, tag=tag)
    made.sources = {"contoso-features": "dist"}
    assert (
        prepare(made.write())
        .wheels["contoso-features"]
        .filename.endswith("1.2.0-cp311-cp311-manylinux_2_28_x86_64.whl")
    )
    made.listed = ["contoso-features"]
    assert str(prepare(made.write()).wheels["contoso-features"].version) == "1.3.0"


def test_a_folder_of_wheels_gives_what_another_private_wheel_requires(made: Project) -> None:
    for version in ("1.0", "2.0"):
        build_wheel(made.folder / "dist", name="contoso-core", version=version)
    made.wheel(name="contoso-features", requires_dist=["contoso-core<2"])
    made.sources["contoso-core"] = "dist"
    assert str(prepare(made.write()).wheels["contoso-core"].version) == "1.0"


@pytest.mark.parametrize("version", ["", "my version", "1/2", "../x", ".."])
def test_a_version_that_cannot_be_is_refused_before_anything_is_done(made: Project, version: str) -> None:
    with pytest.raises(UsageError, match="cannot be an environment's version") as caught:
        prepare(made.write(), version=version)
    assert caught.value.hint


def test_the_home_of_an_unknown_user_is_refused_with_its_line(made: Project) -> None:
    made.sources = {"contoso-features": '"~nosuchuser-of-amlpriv/x.whl"'}
    path = made.write()
    if os.name == "nt":
        pytest.skip("Windows makes up a folder for any user")
    with pytest.raises(InputError, match="no such user") as caught:
        prepare(path)
    assert (caught.value.file, caught.value.line) == (str(path), 11)


def test_a_marker_that_cannot_be_evaluated_is_refused_with_its_line(made: Project) -> None:
    made.listed = ["\"contoso-features ; os_name ~= 'x'\""]
    with pytest.raises(InputError, match="cannot evaluate the marker") as caught:
        prepare(made.write())
    assert caught.value.line == 9


def test_a_marker_of_a_wheel_that_cannot_be_evaluated_is_its_fault(made: Project) -> None:
    made.wheel(requires_dist=["numpy; os_name ~= 'x'"])
    with pytest.raises(WheelError, match="marker installers cannot evaluate"):
        prepare(made.write())


def test_two_paths_of_one_package_are_refused_with_both_lines(made: Project) -> None:
    path = made.sources.pop("contoso-features")
    made.listed = [f"./{path}", f"./{path}"]
    with pytest.raises(InputError, match=r"contoso-features comes from two places.*environment.yml:9\.") as caught:
        prepare(made.write())
    assert caught.value.line == 10


def test_a_path_and_a_source_of_one_package_are_refused_with_both_lines(made: Project) -> None:
    made.listed = [f"./{made.sources['contoso-features']}"]
    with pytest.raises(InputError, match=r"comes from two places.*environment.yml:11\.") as caught:
        prepare(made.write())
    assert caught.value.line == 9


def test_a_private_line_that_is_skipped_on_the_target_is_left_as_it_stands(made: Project) -> None:
    """Its wheel is neither checked nor published, and its source is not too much."""
    plain = prepare(made.write())
    made.wheel("winonly", "1.0", tag="cp311-cp311-win_amd64")
    made.listed.append("\"winonly==1.0 ; sys_platform == 'win32'\"")
    prepared = prepare(made.write())
    assert list(prepared.wheels) == ["contoso-features"]
    assert list(prepared.report) == []
    assert prepared.digest != plain.digest
    assert [line.text for line in prepared.conda.pip][1] == "winonly==1.0 ; sys_platform == 'win32'"


def test_a_path_that_is_skipped_on_the_target_is_left_out(made: Project) -> None:
    """The image builder has no such file, whatever its marker says."""
    plain = prepare(made.write())
    made.listed.append("\"./gone/x.whl ; sys_platform == 'win32'\"")
    prepared = prepare(made.write())
    assert (prepared.digest, list(prepared.report)) == (plain.digest, [])


def test_a_link_may_be_the_source(made: Project) -> None:
    (made.folder / "latest.whl").symlink_to(made.sources["contoso-features"])
    made.sources = {"contoso-features": "latest.whl"}
    assert prepare(made.write()).wheels["contoso-features"].filename == "contoso_features-1.2.0-py3-none-any.whl"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_as_source_does_not_hang(made: Project) -> None:
    os.mkfifo(made.folder / "x.whl")
    made.sources = {"contoso-features": "x.whl"}
    with pytest.raises(InputError, match="pipe"):
        prepare(made.write())
