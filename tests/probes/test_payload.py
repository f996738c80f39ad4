"""What jobs of probes install and run."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from amlpriv.actions.inspecting import inspect_wheel
from amlpriv.probes.payload import MARK, conda_text, look_command, make_wheel, read_look
from amlpriv.specs.conda import parse_conda


def look(package: str, module: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Run the job's command with this machine's Python."""
    words, environ = shlex.split(look_command(package, module)), {**os.environ, "PYTHONPATH": str(path)}
    return subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, check=False, env=environ)


def test_the_wheel_is_a_wheel(tmp_path: Path) -> None:
    filename, data = make_wheel("amlpriv-verify-x")
    (tmp_path / filename).write_bytes(data)
    wheel = inspect_wheel(tmp_path / filename)
    assert (wheel.name, str(wheel.version)) == ("amlpriv-verify-x", "1.0.0")
    assert make_wheel("amlpriv-verify-x") == (filename, data)


def test_the_command_tells_that_the_package_is_there(tmp_path: Path) -> None:
    filename, data = make_wheel("amlpriv-verify-x")
    (tmp_path / filename).write_bytes(data)
    with zipfile.ZipFile(tmp_path / filename) as archive:
        archive.extractall(tmp_path / "site")
    (tmp_path / "site" / "amlpriv_verify_x-1.0.0.dist-info" / "direct_url.json").write_text('"https://a?sig=abcdef"')
    done = look("amlpriv-verify-x", "amlpriv_verify_x", tmp_path / "site")
    found = read_look(f"some line\n{done.stdout}")
    assert done.returncode == 0
    assert found is not None
    assert (found["installed"], found["imported"], found["signature_in_direct_url"]) == ("1.0.0", True, True)
    assert "abcdef" not in done.stdout


def test_the_command_fails_without_the_package(tmp_path: Path) -> None:
    done = look("amlpriv-verify-x", "amlpriv_verify_x", tmp_path)
    found = read_look(done.stdout)
    assert done.returncode == 1
    assert found is not None
    assert (found["imported"], found["error"]) == (False, "PackageNotFoundError")


@pytest.mark.parametrize("log", ["", "nothing", f"{MARK}no json", f"{MARK}[1]"])
def test_other_lines_of_a_log_mean_nothing(log: str) -> None:
    assert read_look(log) is None


def test_the_conda_file_is_one() -> None:
    spec = parse_conda(conda_text("n", ["a-b @ https://x/a_b-1-py3-none-any.whl?sig=x#sha256=00"]), "conda.yml")
    assert (spec.channels, len(spec.pip)) == (("conda-forge",), 1)
