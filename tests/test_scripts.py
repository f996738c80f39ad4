"""Scripts as users write them, run untouched under ``amlpriv local exec``. They lie in ``tests/scripts``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent / "scripts"

pytestmark = pytest.mark.timeout(300)


def _run(name: str, folder: Path, environ: dict[str, str]) -> str:
    """Standard output of a script that a user starts in a folder without a config.json."""
    work = folder / "scripts"
    shutil.copytree(SCRIPTS, work, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "amlpriv", "local", "exec", "--", sys.executable, name]
    done = subprocess.run(command, cwd=work, env=environ, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (work / "config.json").exists()
    return done.stdout


def test_a_script_registers_an_environment_from_a_conda_yaml(tmp_path: Path, local_environ: dict[str, str]) -> None:
    """register_environment.py: create, find by label, update, archive, restore."""
    said = _run("register_environment.py", tmp_path, local_environ).splitlines()
    version = said[0].rpartition(" ")[2]
    assert said == [
        f"registered churn {version}",
        "python python=3.11",
        "description Churn training, 2026",
        "listed []",
        f"listed ['{version}']",
    ]


def test_a_script_uploads_a_build_context(tmp_path: Path, local_environ: dict[str, str]) -> None:
    """upload_build_context.py: the files are in the workspace's storage."""
    said = _run("upload_build_context.py", tmp_path, local_environ).splitlines()
    assert said[0].startswith("registered churn-docker ")
    assert said[0].endswith(" Dockerfile")
    assert said[1] == "uploaded Dockerfile, requirements.txt"


def test_a_script_submits_a_job_and_a_pipeline(tmp_path: Path, local_environ: dict[str, str]) -> None:
    """submit_jobs.py: both really run, their logs are streamed, their outputs come down."""
    said = _run("submit_jobs.py", tmp_path, local_environ)
    assert "training on 3 rows at rate 0.5 with Python 3" in said
    assert "model rows=3 rate=0.5" in said
    assert "report good: rows=3 rate=0.25" in said


def test_a_script_creates_an_online_deployment(tmp_path: Path, local_environ: dict[str, str]) -> None:
    """create_deployment.py: endpoint, deployment with model and code, traffic, deletion."""
    said = _run("create_deployment.py", tmp_path, local_environ).replace("..", "").splitlines()
    assert said[0] == "endpoint churn-endpoint True"
    assert "deployment blue True" in said
    assert "traffic {'blue': 100} https://churn-endpoint.westeurope.inference.ml.azure.com/score" in said
    assert "deployments ['blue']" in said
    assert "churn-endpoint" not in said[-1]
