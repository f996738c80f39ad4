"""From a running interpreter to a build that imports the same private packages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import amlpriv
from tests.actions.captured_projects import make_venv, make_world, uv
from tests.repositories.servers import serve_ssh

pytestmark = [pytest.mark.local, pytest.mark.slow, pytest.mark.xdist_group("build")]


def test_an_editable_a_git_and_a_wheel_install_are_built_and_imported(
    tmp_path: Path, local_environ: dict[str, str]
) -> None:
    """The git repository is served by a real sshd, with a tag and a subdirectory."""
    world = make_world(tmp_path / "world")
    bare = tmp_path / "served" / "team" / "nlp.git"
    bare.parent.mkdir(parents=True)
    subprocess.run(["git", "clone", "-q", "--bare", str(world.repository), str(bare)], check=True, capture_output=True)
    kept = {name: value for name, value in local_environ.items() if name not in ("MAMBA_EXE", "CONDA_EXE")}
    here = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "AMLPRIV_PYTHONS": sys.executable}
    try:
        with serve_ssh(tmp_path / "served", tmp_path / "ssh") as server:
            environ = {**kept, **here, "GIT_SSH_COMMAND": server.command()}
            python = make_venv(tmp_path / "kernel", environ, python=sys.executable)
            line = f"contoso-nlp @ git+{server.url('team/nlp.git')}@v1.0#subdirectory=packages/nlp"
            install = ["pip", "install", "-q", "--python", str(python)]
            uv([*install, "-e", str(world.project), line, str(world.wheel)], environ)
            file = tmp_path / "environment.yml"
            found = amlpriv.capture(name="captured", python=python, out=file, environ=environ)
            assert not found.report.errors
            built = amlpriv.build(file, workspace="local", environ=environ)
    except FileNotFoundError:
        pytest.skip("NOT PROVEN here: git by ssh, since there is no sshd (Debian: apt-get install openssh-server)")
    assert built.environment.imported == {"contoso-core": "2.0", "contoso-features": "1.0", "contoso-nlp": "1.0"}
