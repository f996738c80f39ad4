"""build and run: an environment on this machine, made from what is registered in the local workspace."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from amlpriv.actions.build import Built, build, run
from amlpriv.actions.publish import publish
from amlpriv.errors import BuildError, FindingsError, InputError, JobError, UnsupportedError, UsageError
from amlpriv.local.home import Home
from tests.actions.projects import Project, project
from tests.wheelhouse import build_wheel

pytestmark = [pytest.mark.local, pytest.mark.slow, pytest.mark.xdist_group("build")]

HERE = "{}.{}".format(*sys.version_info)


@pytest.fixture(scope="module")
def surroundings(local_environ: dict[str, str]) -> dict[str, str]:
    """The shared local workspace; this Python alone, and no conda."""
    left_out = ("MAMBA_EXE", "CONDA_EXE")
    rest = {name: value for name, value in local_environ.items() if name not in left_out}
    return {**rest, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}", "AMLPRIV_PYTHONS": sys.executable}


def write(made: Project, name: str, *, python: str = HERE, conda: str = "") -> Path:
    made.name = name
    text = made.write().read_text(encoding="utf-8").replace("python=3.11", f"python={python}{conda}")
    path = made.folder / f"{name}.yml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return project(tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="module")
def built(made: Project, surroundings: dict[str, str]) -> Built:
    """An environment for an older Python than there is, with a package for conda only."""
    return build(write(made, "old", python="3.9", conda="\n    - graphviz=12"), environ=surroundings)


def builds(environ: dict[str, str], name: str) -> list[Path]:
    folder = Home.find(environ).root / "builds"
    return [path for path in folder.iterdir() if path.is_dir() and name in path.name] if folder.exists() else []


def test_the_private_package_is_installed_and_imported(built: Built) -> None:
    assert built.environment.imported == {"contoso-features": "1.2.0"}
    assert built.environment.tool == "venv"
    assert not built.environment.reused


def test_another_python_than_asked_is_told(built: Built) -> None:
    shown = built.as_json()
    assert (shown["asked"], shown["used"]) == ("3.9", HERE)
    finding = next(item for item in built.report if item.code == "AP402")
    assert "3.9" in finding.message
    assert HERE in finding.message


def test_packages_that_only_conda_has_are_told(built: Built) -> None:
    finding = next(item for item in built.report if item.code == "AP403")
    assert "graphviz" in finding.message


def test_it_is_reused_while_its_content_is_the_same(built: Built, made: Project, surroundings: dict[str, str]) -> None:
    again = build(made.folder / "old.yml", environ=surroundings)
    assert again.environment.reused
    assert again.environment.folder == built.environment.folder
    assert {item.code for item in again.report} == {item.code for item in built.report}


def test_strict_python_refuses_also_what_is_built_already(
    built: Built, made: Project, surroundings: dict[str, str]
) -> None:
    with pytest.raises(BuildError, match=r"Python 3\.9 was asked for"):
        build(write(made, "strict", python="3.9"), strict_python=True, environ=surroundings)
    assert builds(surroundings, "strict") == []
    with pytest.raises(BuildError, match=r"Python 3\.9 was asked for"):
        build(made.folder / "old.yml", strict_python=True, environ=surroundings)
    assert build(made.folder / "old.yml", environ=surroundings).environment.reused, "the refusal took it away"


@pytest.mark.parametrize("code", [0, 3, 41])
def test_the_commands_exit_code_is_returned(
    built: Built, made: Project, surroundings: dict[str, str], capfd: pytest.CaptureFixture[str], code: int
) -> None:
    job = f"import contoso_features, os, sys; print(contoso_features.__version__, os.getcwd()); sys.exit({code})"
    _, returned = run(made.folder / "old.yml", ["python", "-c", job], folder=made.folder, environ=surroundings)
    assert returned == code
    assert capfd.readouterr().out == f"1.2.0 {made.folder}\n"


def test_a_program_that_does_not_exist_is_named(built: Built, made: Project, surroundings: dict[str, str]) -> None:
    """With the exit code of a job that could not be started: the build itself went well."""
    with pytest.raises(JobError, match="no-such-program"):
        run(made.folder / "old.yml", ["no-such-program"], environ=surroundings)


def test_tests_that_slipped_into_the_wheel_are_not_imported(tmp_path: Path, surroundings: dict[str, str]) -> None:
    modules = {"contoso_features/__init__.py": "", "tests/__init__.py": "raise SystemExit('tests were imported')\n"}
    good = project(tmp_path, modules=modules)
    assert build(write(good, "slipped"), environ=surroundings).environment.imported


def test_plain_urls_are_signed_for_the_build_and_registered_plain(tmp_path: Path, surroundings: dict[str, str]) -> None:
    plain = project(tmp_path)
    plain.top["via"] = "plain"
    file = write(plain, "plain")
    first, again = build(file, environ=surroundings), build(file, environ=surroundings)
    assert first.environment.imported == {"contoso-features": "1.2.0"}
    assert (again.environment.reused, again.published.version) == (True, first.published.version)
    registered = first.published.registered
    assert registered is not None
    assert registered.conda is not None
    assert "/amlpriv/wheels/" in registered.conda.reveal()
    assert "sig=" not in registered.conda.reveal()
    texts = [path.read_bytes() for path in first.environment.folder.rglob("*.json")]
    assert not any(b"sig=" in text for text in texts)
    with pytest.raises(UnsupportedError):
        publish(file, workspace="local", environ=surroundings)


@pytest.mark.parametrize(
    "call",
    [
        lambda file, environ: build(file, environ=environ),
        lambda file, environ: run(file, ["python"], environ=environ),
    ],
)
def test_a_wrong_file_starts_nothing(
    tmp_path: Path, environ: dict[str, str], call: Callable[[Path, dict[str, str]], object]
) -> None:
    with pytest.raises(InputError, match="does not exist"):
        call(tmp_path / "nowhere.yml", environ)
    made = project(tmp_path)
    made.listed = ["contoso-features>=9"]
    with pytest.raises(FindingsError):
        call(made.write(), environ)
    assert not Path(environ["AMLPRIV_HOME"]).exists()


def test_another_workspace_than_the_local_one_is_refused(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="on the local workspace only"):
        build(project(tmp_path).write(), workspace="config.json", environ=environ)


def test_no_command_is_wrong_usage(tmp_path: Path, environ: dict[str, str]) -> None:
    build_wheel(tmp_path)
    with pytest.raises(UsageError, match="no command to run"):
        run(project(tmp_path).write(), [], environ=environ)
