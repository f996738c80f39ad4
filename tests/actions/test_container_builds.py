"""When a container builds: stand-ins for the tool and for the build on this machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from amlpriv.actions.check import check
from amlpriv.actions.container_builds import ContainerBuild, with_container
from amlpriv.actions.render import render
from amlpriv.building import build_inputs
from amlpriv.errors import BuildError, InputError, UsageError
from amlpriv.processes import ToolCancelledError
from amlpriv.target import Target
from tests.containers.boxes import StandIn, compiled_project, stand_in
from tests.wheelhouse import build_wheel

TARGET = Target((3, 12), (2, 35))
BUILT = "contoso_fast-1.0-cp312-cp312-manylinux_2_28_x86_64.whl"


@dataclass(slots=True)
class Case:
    """One project, and how often it was built here."""

    box: StandIn
    folder: Path
    said: list[str] = field(default_factory=list)
    here: int = 0

    def fitting(self, gives: str | BuildError, **environ: str) -> Path:
        """The wheel, where the build on this machine gives this."""
        project, out = self.folder / "project", self.folder / "out"
        if not project.exists():
            compiled_project(project)
        surroundings = {**self.box.environ, **environ}
        inputs = build_inputs(self.folder / "cache", surroundings)

        def build() -> Path:
            self.here += 1
            if isinstance(gives, BuildError):
                raise gives
            return self.folder / gives

        return ContainerBuild(TARGET, surroundings, inputs, self.said.append).fitting(project, out, build)

    @property
    def containers(self) -> int:
        return sum(call[0] == "create" for call in self.box.calls)


@pytest.fixture
def case(tmp_path: Path, environ: dict[str, str]) -> Case:
    return Case(
        stand_in(
            tmp_path, {**environ, "AMLPRIV_CACHE": str(tmp_path / "cache"), "AMLPRIV_NO_BUILD_CACHE": "0"}, "docker"
        ),
        tmp_path,
    )


def test_without_the_option_a_wheel_is_what_this_machine_builds(case: Case) -> None:
    assert case.fitting("contoso_fast-1.0-cp312-cp312-win_amd64.whl").name.endswith("win_amd64.whl")
    assert case.containers == 0
    assert case.said == []


@pytest.mark.parametrize(
    "tags", ["py3-none-any", "cp312-cp312-manylinux_2_17_x86_64", "cp39-abi3-manylinux2014_x86_64"]
)
def test_a_wheel_that_fits_needs_no_container(case: Case, tags: str) -> None:
    wheel = case.fitting(f"contoso_fast-1.0-{tags}.whl", AMLPRIV_BUILD_IN="docker")

    assert wheel == case.folder / f"contoso_fast-1.0-{tags}.whl"
    assert case.containers == 0
    assert case.said == ["project: its wheel runs on the target as it is, so no container is needed"]


@pytest.mark.parametrize(
    "tags",
    ["cp311-cp311-linux_x86_64", "cp312-cp312-linux_x86_64", "cp312-cp312-macosx_11_0_arm64", "cp312-cp312-win_amd64"],
)
def test_what_does_not_fit_for_sure_is_built_in_a_container(case: Case, tags: str) -> None:
    wheel = case.fitting(f"contoso_fast-1.0-{tags}.whl", AMLPRIV_BUILD_IN="docker")

    assert wheel == case.folder / "out" / BUILT
    assert case.containers == 1
    assert case.said == [f"building project for {TARGET} with docker in quay.io/pypa/manylinux_2_28_x86_64"]


def test_what_does_not_build_here_is_built_in_a_container(case: Case) -> None:
    case.fitting(BuildError("there is no compiler."), AMLPRIV_BUILD_IN="auto", AMLPRIV_BUILD_IMAGE="example.org/own:1")

    assert case.said[0] == "project does not build on this machine: there is no compiler."
    assert case.said[1].endswith("with docker in example.org/own:1")


def test_a_cancelled_build_begins_no_other(case: Case) -> None:
    with pytest.raises(ToolCancelledError):
        case.fitting(ToolCancelledError("It was cancelled."), AMLPRIV_BUILD_IN="docker")

    assert case.containers == 0


def test_the_same_source_is_built_once_for_one_target_and_image(case: Case) -> None:
    wheel = "contoso_fast-1.0-cp312-cp312-win_amd64.whl"

    first = case.fitting(wheel, AMLPRIV_BUILD_IN="docker")
    first.unlink()
    second = case.fitting(wheel, AMLPRIV_BUILD_IN="docker")
    assert (second.read_bytes(), case.containers) == (b"a wheel", 1)
    assert case.said[-1] == f"unchanged, not built again: project for {TARGET}"

    case.fitting(wheel, AMLPRIV_BUILD_IN="docker", AMLPRIV_BUILD_IMAGE="example.org/own:1")
    assert case.containers == 2
    case.fitting(wheel, AMLPRIV_BUILD_IN="docker", AMLPRIV_NO_BUILD_CACHE="1")
    assert case.containers == 3
    (case.folder / "project" / "src" / "contoso_fast" / "__init__.py").write_text("changed = True\n", encoding="utf-8")
    case.fitting(wheel, AMLPRIV_BUILD_IN="docker")
    assert case.containers == 4


def test_what_is_asked_for_goes_before_the_variables() -> None:
    environ = {"AMLPRIV_BUILD_IN": "podman", "AMLPRIV_BUILD_IMAGE": "example.org/a:1"}

    assert with_container(environ, None, None) == environ
    assert with_container(environ, "docker", None)["AMLPRIV_BUILD_IN"] == "docker"
    assert with_container(environ, None, "example.org/b:1")["AMLPRIV_BUILD_IMAGE"] == "example.org/b:1"
    with pytest.raises(UsageError, match="'lxc' is no container tool"):
        with_container({}, "lxc", None)
    with pytest.raises(UsageError, match="image without a container tool"):
        with_container({}, None, "example.org/a:1")


@pytest.mark.parametrize("image", ["", " ", "--privileged", "-v/:/host", "example.org/a b", "example.org/a:", "UPPER"])
def test_what_is_no_image_is_refused_before_anything_is_done(image: str) -> None:
    """It would be an option of the tool."""
    for environ, given in (({}, image), ({"AMLPRIV_BUILD_IMAGE": image}, None)):
        if image or given is not None:  # an empty variable is as none
            with pytest.raises(UsageError, match=r"is no image: ") as caught:
                with_container(environ, "docker", given)
            assert "It is written like" in str(caught.value.hint)
    assert with_container({"AMLPRIV_BUILD_IMAGE": "--privileged"}, None, None)
    assert with_container({"AMLPRIV_BUILD_IMAGE": ""}, "docker", None)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An environment file with a project whose own build gives a wheel for another Python."""
    project = tmp_path / "fast"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "contoso-fast"\nversion = "1.0"\n',
        encoding="utf-8",
    )
    made = build_wheel(tmp_path / "made", name="contoso-fast", version="1.0", tag="cp39-cp39-linux_x86_64")
    (project / "made.bin").write_bytes(made.read_bytes())
    (project / "backend.py").write_text(
        "import pathlib, shutil\n"
        "def build_wheel(folder, config_settings=None, metadata_directory=None):\n"
        f"    shutil.copy(pathlib.Path(__file__).with_name('made.bin'), pathlib.Path(folder, {made.name!r}))\n"
        f"    return {made.name!r}\n",
        encoding="utf-8",
    )
    file = tmp_path / "environment.yml"
    file.write_text(
        "name: contoso\nconda_file:\n  dependencies:\n  - python=3.12\n  - pip\n  - pip: [contoso-fast]\n"
        "sources:\n  contoso-fast: {path: fast}\n",
        encoding="utf-8",
    )
    return file


def test_a_project_that_does_not_fit_is_refused_with_the_option_as_the_fix(
    file: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    report = check(file, offline=True, environ={**environ, "AMLPRIV_CACHE": str(tmp_path / "cache")}).report

    finding = next(finding for finding in report.errors if finding.code == "AP101")
    assert "`--build-in docker` (or podman, buildah). Or: build it with Python 3.12" in finding.fix


def test_with_the_option_the_wheel_of_the_container_is_checked_and_published(file: Path, case: Case) -> None:
    made = build_wheel(case.box.state, name="contoso-fast", version="1.0", tag=BUILT.split("1.0-")[1][:-4])
    case.box.gives(made.name)

    report = check(file, offline=True, environ=case.box.environ, build_in="docker").report
    shown = render(file, form="conda", environ=case.box.environ, build_in="docker", build_image="example.org/own:1")

    assert not report.errors
    assert made.name in shown
    assert "example.org/own:1" in case.box.calls[-5]


def test_a_wheel_of_a_container_with_git_lfs_pointers_is_refused(case: Case) -> None:
    """As one that was built here: the container saw the same project."""
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 7\n"
    tag, modules = BUILT.split("1.0-")[1][:-4], {"contoso_fast.py": "", "contoso_fast.bin": pointer}
    made = build_wheel(case.box.state, name="contoso-fast", version="1.0", tag=tag, modules=modules)
    case.box.gives(made.name)

    with pytest.raises(InputError, match=r"contoso_fast\.bin"):
        case.fitting("contoso_fast-1.0-cp312-cp312-win_amd64.whl", AMLPRIV_BUILD_IN="docker")
