"""SDK v1's real ``add_private_pip_wheel`` against the local workspace, in a Python environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from amlpriv.interpreters import find_pythons, uv_program
from amlpriv.local.environment import environment_variables
from amlpriv.local.plane.datastores import blob_sas
from amlpriv.local.state import State
from tests.contract.requests_sent import RequestsSent
from tests.wheelhouse import build_wheel

SCRIPT = Path(__file__).parent / "scripts" / "private_wheel_v1.py"
SUPPORTED = ((3, 8), (3, 11))
"""The Pythons that azureml-core is made for."""

pytestmark = [pytest.mark.local, pytest.mark.slow]


@pytest.fixture(scope="session")
def python_v1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a virtual environment with azureml-core; made once."""
    found = find_pythons(os.environ, Path(sys.executable))
    fitting = [one for one in found if SUPPORTED[0] <= one.minor <= SUPPORTED[1] and one.implementation == "cpython"]
    if not fitting:
        pytest.skip("NOT PROVEN: SDK v1 needs a Python 3.8 to 3.11, and this machine has none")
    folder = tmp_path_factory.mktemp("v1") / "venv"
    uv = uv_program(os.environ)
    subprocess.run([uv, "venv", "--quiet", "--python", str(fitting[0].path), str(folder)], check=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    command = [str(uv), "pip", "install", "--quiet", "--python", str(python), "azureml-core"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"NOT PROVEN: azureml-core cannot be installed here: {done.stderr.strip()[-300:]}")
    return python


def test_a_script_adds_a_private_wheel_and_registers_an_environment(
    python_v1: Path, local_state: State, tmp_path: Path
) -> None:
    """private_wheel_v1.py, untouched; then pip installs what the returned URL names."""
    wheel = build_wheel(tmp_path / "dist", name="contoso-v1", version="2.0.0")
    environ = {**environment_variables(local_state, os.environ), "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    environ.pop("PYTHONPATH", None)
    config = {
        "subscription_id": local_state.subscription_id,
        "resource_group": local_state.resource_group,
        "workspace_name": local_state.workspace_name,
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    command = [str(python_v1), str(SCRIPT), str(wheel)]
    sent = RequestsSent(local_state)
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    url = f"{local_state.storage_url}/azureml/Environment/azureml-private-packages/{wheel.name}"
    assert done.stdout.splitlines() == [
        "workspace local westeurope",
        f"url {url}",
        "refused True",
        "same True",
        "registered 1 1",
        "changed 2",
        f"packages azureml-defaults numpy==1.26.4 {url}",
        "image mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04",
        "latest {'STAGE': 'test'}",
        "listed churn-v1",
        "connection https://feed.contoso.example/simple False",
        "connections 2 []",
        "json False",
        "datastores workspaceblobstore workspaceartifactstore workspaceblobstore azureml",
        "downloaded 2",
        "file d",
    ]
    assert (sent.undescribed(), sent.unsent("sdk_v1")) == ([], [])
    _check_installs(f"{url}?{_read_token(local_state, wheel.name)}", environ, tmp_path / "site")


def _check_installs(url: str, environ: dict[str, str], site: Path) -> None:
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), url]
    done = subprocess.run(install, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert '"2.0.0"' in (site / "contoso_v1" / "__init__.py").read_text()


def _read_token(state: State, wheel: str) -> str:
    now = datetime.now(timezone.utc)
    path = f"Environment/azureml-private-packages/{wheel}"
    return blob_sas(
        *(state.account, "azureml", path, state.account_key.reveal()),
        permissions="r",
        start=now - timedelta(minutes=5),
        expiry=now + timedelta(hours=1),
    )
