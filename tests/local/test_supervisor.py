"""The supervisor as a process: small, and gone when it cannot work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import filelock
import pytest

from amlpriv.local.home import Home
from amlpriv.local.state import load_identity

LOADED = "import sys, amlpriv.local.supervisor; print(*sorted({name.partition('.')[0] for name in sys.modules}))"


def test_it_loads_neither_azure_nor_anything_else_that_is_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    heavy = {"azure", "cryptography", "mlflow", "requests", "IPython", "platformdirs", "asyncio", "urllib3"}
    assert not heavy & set(done.stdout.split())


def test_a_second_supervisor_in_a_home_gives_up(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", tmp_path)
    home.prepare()
    with filelock.FileLock(home.running):
        done = _supervise(home, "--lock-seconds", "0.2")
    assert done.returncode == 21
    assert "another supervisor runs in" in done.stderr


def test_a_damaged_identity_ends_it_with_the_reason(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", tmp_path)
    home.prepare()
    load_identity(home)
    home.identity.write_text("{")
    done = _supervise(home)
    assert done.returncode == 20
    assert "identity.json cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("missing", ["--home", "--node", "--azurite"])
def test_its_arguments_are_checked(tmp_path: Path, missing: str) -> None:
    given = [part for name in ("--home", "--node", "--azurite") if name != missing for part in (name, str(tmp_path))]
    command = [sys.executable, "-m", "amlpriv.local.supervisor", *given]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert missing in done.stderr


def _supervise(home: Home, *options: str) -> subprocess.CompletedProcess[str]:
    arguments = ["--home", str(home.root), "--node", "no-node", "--azurite", "no-azurite", *options]
    command = [sys.executable, "-m", "amlpriv.local.supervisor", *arguments]
    return subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=30, check=False)
