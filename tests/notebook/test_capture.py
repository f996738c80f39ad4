"""amlpriv.capture() in a real kernel, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from amlpriv.specs.environment import EnvironmentFile, parse_environment_file
from amlpriv.specs.sources import PathSource
from tests.actions.captured_projects import World, make_venv, make_world, uv

ROOT = Path(__file__).parents[2]

CELLS = (
    "import contoso_features, contoso_nlp, contoso_core\nimport sys, amlpriv",
    "!echo done",
    "found = amlpriv.capture(name='from-kernel', out='environment.yml')\nprint(found.python == sys.executable)",
    "print(sorted(one.name for one in found.left_out if not one.dependency))",
    "print(amlpriv.capture(only_imported='code.ipynb').text)",
    "amlpriv.capture(out='environment.yml')",
)


@pytest.mark.slow
def test_a_kernel_becomes_an_environment_file_with_a_source_for_each_private_package(tmp_path: Path) -> None:
    world = make_world(tmp_path / "world")
    python = kernel_python(tmp_path, world)
    work = tmp_path / "world" / "work"
    work.mkdir()
    cell = {"cell_type": "code", "source": CELLS[0]}
    (work / "code.ipynb").write_text(json.dumps({"cells": [cell]}))
    shown = run_cells(tmp_path, python, work)
    assert shown[2] == "True\n"
    assert shown[3] == "['amlpriv', 'ipykernel', 'ipython', 'jupyter_client', 'jupyter_core']\n"
    assert "contoso-public" not in shown[4]
    assert "exists already" in shown[5]
    file = read(work / "environment.yml")
    assert file.name == "from-kernel"
    features, core = (file.sources[f"contoso-{name}"] for name in ("features", "core"))
    assert isinstance(features, PathSource)
    assert isinstance(core, PathSource)
    assert (work / features.path).resolve() == world.project.resolve()
    assert (work / core.path).resolve() == world.wheel.resolve()
    assert "contoso-nlp" not in file.sources  # its repository is one of this machine
    assert file.conda is not None
    lines = ["contoso-core==2.0", "contoso-features", "contoso-nlp==1.0", "contoso-public==1.0"]
    assert [line.text for line in file.conda.pip if line.text.startswith("contoso")] == lines


def kernel_python(folder: Path, world: World) -> Path:
    """A venv with a kernel, amlpriv as this checkout, and one private package of each kind."""
    python = make_venv(folder / "kernel", os.environ, python=sys.executable)
    install = ["pip", "install", "-q", "--python", str(python)]
    uv([*install, "ipykernel", "packaging", "pyyaml"], os.environ)
    uv([*install, "--no-deps", "-e", str(ROOT)], os.environ)
    git = f"contoso-nlp @ git+{world.repository.as_uri()}@v1.0#subdirectory=packages/nlp"
    uv([*install, git, str(world.wheel), "-e", str(world.project)], os.environ)
    uv([*install, "--no-index", "--find-links", str(world.index), "contoso-public"], os.environ)
    return python


def run_cells(folder: Path, python: Path, work: Path) -> list[str]:
    """What each cell shows in a kernel of this interpreter."""
    kernel = folder / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "x", "language": "python"}))
    environ = {**os.environ, "JUPYTER_PATH": str(folder / "jupyter"), "JUPYTER_PLATFORM_DIRS": "1"}
    command = [sys.executable, str(Path(__file__).with_name("kernel.py")), json.dumps(CELLS)]
    done = subprocess.run(command, env=environ, cwd=work, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    shown: list[str] = json.loads(done.stdout)
    return shown


def read(path: Path) -> EnvironmentFile:
    """The file, which names no other."""
    load: Callable[[str], str] = str
    return parse_environment_file(path.read_text(), str(path), load=load)
