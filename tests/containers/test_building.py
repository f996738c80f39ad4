"""Builds in real containers, by buildah and podman; docker gets podman's arguments (``test_commands``)."""

from __future__ import annotations

import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import parse_wheel_filename

from amlpriv.containers.building import build_in_container
from amlpriv.containers.tools import ContainerTool
from amlpriv.errors import BuildError, InputError
from tests.containers.boxes import EXTENSION, PYPROJECT, SETUP, compiled_project
from tests.containers.conftest import Machine
from tests.package_servers import PASSWORD
from tests.wheelhouse import build_wheel

MACHINE = "example.org/machine"
BUILDAH = ContainerTool("buildah")


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _containers(environ: dict[str, str]) -> list[str]:
    command = ["buildah", "containers", "--all", "--quiet"]
    return subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout.split()


def test_a_compiled_project_becomes_a_manylinux_wheel_that_the_target_imports(
    machine: Machine, tool: ContainerTool, tmp_path: Path
) -> None:
    project, lines = compiled_project(tmp_path / "project"), list[str]()
    before = _files(project)

    wheel = build_in_container(
        project,
        tmp_path / "out",
        tool=tool,
        target=machine.target,
        environ=machine.environ,
        image=MACHINE,
        on_line=lines.append,
    )

    tags = parse_wheel_filename(wheel.name)[3]
    assert all(tag.platform.startswith("manylinux") for tag in tags)
    assert machine.target.accepts(tags)
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    code = "import contoso_fast; print(contoso_fast.answer())"
    done = subprocess.run([machine.python, "-c", code], cwd=tmp_path / "installed", capture_output=True, text=True)
    assert done.stdout == "42\n", done.stderr
    assert _files(project) == before
    assert _containers(machine.environ) == []
    assert any("Successfully built" in line for line in lines)
    assert PASSWORD not in "\n".join(lines)
    assert not any(line.startswith(("AMLPRIV", "amlpriv-build")) for line in lines)


def test_a_version_from_git_and_a_private_build_requirement_are_there_in_the_container(
    machine: Machine, tmp_path: Path
) -> None:
    private = build_wheel(tmp_path / "wheels", name="contoso-tools", version="1.0")
    module = next(name for name in zipfile.ZipFile(private).namelist() if name.endswith("/__init__.py")).split("/")[0]
    asked = "version = subprocess.check_output(['git', 'describe', '--tags'], text=True).strip()[1:]\n"
    setup = f"import subprocess, {module}\n{asked}" + SETUP.replace("setup(ext", "setup(version=version, ext")
    pyproject = PYPROJECT.replace('version = "1.0"', 'dynamic = ["version"]')
    pyproject = pyproject.replace('"setuptools>=61"', '"setuptools>=61", "contoso-tools"')
    project = compiled_project(tmp_path / "repository" / "packages" / "fast", setup=setup, pyproject=pyproject)
    who = ["-c", "user.name=Contoso", "-c", "user.email=dev@example.org"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "first"], ["tag", "v2.5"]):
        subprocess.run(["git", *command], cwd=tmp_path / "repository", check=True, env=machine.environ)

    wheel = build_in_container(
        project,
        tmp_path / "out",
        tool=BUILDAH,
        target=machine.target,
        environ=machine.environ,
        image=MACHINE,
        wheels=[private],
    )

    assert wheel.name.startswith("contoso_fast-2.5-")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": (3, 99)}, r"image example.org/machine has no CPython 3\.99; it has: cp3"),
        (
            {"pyproject": PYPROJECT.replace('["setuptools', '["contoso-none", "setuptools')},
            "does not have contoso-none",
        ),
        ({"code": "this is no C"}, r"the build backend failed: .*_fast\.c:1:1: error:"),
        ({"setup": "import time; time.sleep(60)", "timeout": 2.0}, "'buildah run' did not finish within 2 seconds"),
    ],
)
def test_what_gives_no_fitting_wheel_is_said(
    machine: Machine, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    texts = {"code": EXTENSION, "setup": SETUP, "pyproject": PYPROJECT}
    project = compiled_project(
        tmp_path / "project", **{name: str(change.get(name, text)) for name, text in texts.items()}
    )
    python: Any = change.get("target", machine.target.python)
    target, limit = replace(machine.target, python=python), float(str(change.get("timeout", 100)))

    with pytest.raises(BuildError, match=message):
        build_in_container(
            project,
            tmp_path / "out",
            tool=BUILDAH,
            target=target,
            environ=machine.environ,
            image=MACHINE,
            timeout=limit,
        )

    assert _containers(machine.environ) == []


def test_a_folder_without_a_project_is_refused_before_anything_is_run(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a Python project"):
        build_in_container(tmp_path, tmp_path / "out", tool=BUILDAH, target=machine.target, environ={})
