"""Which Pythons are there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from amlpriv.errors import BuildError
from amlpriv.interpreters import Interpreter, find_pythons, nearest, uv_program

RUNNING = Path(sys.executable)
posix = pytest.mark.skipif(os.name != "posix", reason="makes scripts with a #! line")


def environ(tmp_path: Path, **more: str) -> dict[str, str]:
    """Nothing of this machine's: an empty PATH and home."""
    keep = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP", "TMP") if name in os.environ}
    return {**keep, "PATH": str(tmp_path), "HOME": str(tmp_path), "UV_PYTHON_INSTALL_DIR": str(tmp_path / "uv"), **more}


def shim(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def an(version: str, implementation: str = "cpython") -> Interpreter:
    major, minor, patch = map(int, version.split("."))
    return Interpreter(Path(f"/python{version}"), (major, minor, patch), implementation, "x86_64")


def test_the_running_python_is_found_as_the_interpreter_below_its_environment(tmp_path: Path) -> None:
    (found,) = find_pythons(environ(tmp_path), RUNNING)
    assert found.version == sys.version_info[:3]
    assert found.minor == sys.version_info[:2]
    assert found.implementation == sys.implementation.name
    assert found.path.is_file()
    assert Path(sys.base_prefix).resolve() in found.path.resolve().parents


@posix
def test_names_that_do_not_work_are_dropped_and_two_names_of_one_python_are_one(tmp_path: Path) -> None:
    shim(tmp_path / "python3.10", "echo 'pyenv: python3.10: command not found' >&2; exit 127")
    shim(tmp_path / "python3.9", "echo 'AMLPRIVnonsense'")
    shim(tmp_path / "python3", f'exec "{RUNNING}" "$@"')
    shim(tmp_path / "python", "exit 0")
    shim(tmp_path / "python3-config", f"touch {tmp_path}/was-run")
    (tmp_path / "python3.12").mkdir()
    found = find_pythons(environ(tmp_path), RUNNING)
    assert [one.version for one in found] == [sys.version_info[:3]]
    assert not (tmp_path / "was-run").exists()


@posix
def test_a_name_on_path_is_found_when_ours_does_not_run(tmp_path: Path) -> None:
    shim(tmp_path / "python3.99", f'exec "{RUNNING}" "$@"')
    (found,) = find_pythons(environ(tmp_path), tmp_path / "gone")
    assert found.version == sys.version_info[:3]


def test_the_variable_replaces_the_search(tmp_path: Path) -> None:
    missing = str(tmp_path / "gone")
    assert find_pythons(environ(tmp_path, AMLPRIV_PYTHONS=missing), RUNNING) == ()
    both = os.pathsep.join([missing, str(RUNNING), str(RUNNING)])
    assert len(find_pythons(environ(tmp_path, AMLPRIV_PYTHONS=both), RUNNING)) == 1


def test_the_search_is_made_once(tmp_path: Path) -> None:
    settings = environ(tmp_path)
    assert find_pythons(settings, RUNNING) is find_pythons(dict(settings), RUNNING)


@pytest.mark.parametrize(
    ("asked", "version"),
    [((3, 11), "3.11.9"), ((3, 12), "3.13.0"), ((3, 8), "3.9.18"), ((3, 14), "3.13.0"), ((3, 10), "3.11.9")],
)
def test_the_nearest_is_exact_else_near_else_higher(asked: tuple[int, int], version: str) -> None:
    found = [an("3.9.18"), an("3.11.2"), an("3.11.9"), an("3.13.0"), an("3.12.1", "pypy"), an("2.7.18")]
    assert nearest(asked, found) == an(version)


def test_another_implementation_is_better_than_none() -> None:
    assert nearest((3, 10), [an("3.10.14", "pypy")]).implementation == "pypy"


def test_no_python_is_an_error_with_the_next_step() -> None:
    with pytest.raises(BuildError, match="No Python 3 was found") as caught:
        nearest((3, 11), [an("2.7.18")])
    assert caught.value.hint == "Install Python 3.11, or name one in AMLPRIV_PYTHONS."


def test_uv_is_there() -> None:
    assert uv_program({}).is_file()
