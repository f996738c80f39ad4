"""``amlpriv capture``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from amlpriv.specs.environment import parse_environment_file
from tests.actions.captured_projects import make_venv, uv, write_project
from tests.cli.conftest import Amlpriv


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venv with an editable project whose folder can be taken away."""
    folder = tmp_path_factory.mktemp("cli")
    write_project(folder / "features", "contoso-features")
    interpreter = make_venv(folder / "venv", os.environ)
    uv(["pip", "install", "-q", "--python", str(interpreter), "-e", str(folder / "features")], os.environ)
    return interpreter


def test_the_file_goes_to_standard_output_and_everything_else_does_not(amlpriv: Amlpriv, python: Path) -> None:
    ended = amlpriv("capture", "--python", python, "--name", "churn")
    assert ended.code == 0
    file = parse_environment_file(ended.out, load=lambda path: path)
    assert file.name == "churn"
    assert set(file.sources) == {"contoso-features"}
    assert "captured" in ended.err


def test_out_gets_the_file_and_is_not_written_over(amlpriv: Amlpriv, python: Path, tmp_path: Path) -> None:
    out = tmp_path / "environment.yml"
    assert amlpriv("capture", "--python", python, "--out", out).code == 0
    ended = amlpriv("capture", "--python", python, "--out", out)
    assert (ended.code, ended.out) == (13, "")
    assert "--force" in ended.err
    assert amlpriv("capture", "--python", python, "--out", out, "--force").code == 0


def test_json_has_everything(amlpriv: Amlpriv, python: Path) -> None:
    found = amlpriv("capture", "--python", python, "--image", "example.org/i:1", "--json").json
    assert found["findings"] == []
    assert found["python"] == str(python)
    assert "image: example.org/i:1\n" in found["text"]
    assert {"left_out", "modified", "notes", "out", "name"} <= found.keys()


def test_the_interpreter_is_that_of_the_active_environment(
    amlpriv: Amlpriv, python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(python.parent.parent))
    assert "contoso-features" in amlpriv("capture").out
    monkeypatch.delenv("VIRTUAL_ENV")
    monkeypatch.setenv("PATH", str(python.parent))
    assert "contoso-features" in amlpriv("capture").out
    monkeypatch.setenv("PATH", os.devnull)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    ended = amlpriv("capture")
    assert ended.code == 2
    assert "--python" in ended.err


def test_a_missing_source_is_exit_code_1_and_the_file_has_a_remark(amlpriv: Amlpriv, python: Path) -> None:
    project = python.parents[2] / "features"
    project.rename(project.with_name("moved"))
    try:
        ended = amlpriv("capture", "--python", python)
    finally:
        project.with_name("moved").rename(project)
    assert ended.code == 1
    assert "AP701" in ended.err
    assert "# contoso-features 1.0 has no source" in ended.out


@pytest.mark.skipif(os.name != "posix", reason="makes scripts with a #! line")
@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        ("#!/bin/sh\necho 'pyenv: python: command not found' >&2; exit 127\n", 4, "command not found"),
        ("#!/bin/sh\ncat >/dev/null; echo AMLPRIVOLD 3.7\n", 2, "3.8 is the oldest"),
        ("#!/bin/sh\ncat >/dev/null; echo AMLPRIVzz\n", 4, "did not say"),
    ],
)
def test_a_python_that_does_not_answer_is_told(
    amlpriv: Amlpriv, tmp_path: Path, script: str, code: int, words: str
) -> None:
    (tmp_path / "python").write_text(script)
    (tmp_path / "python").chmod(0o755)
    ended = amlpriv("capture", "--python", tmp_path / "python")
    assert ended.code == code
    assert words in ended.err


@pytest.mark.parametrize("words", [("--image", ""), ("--only-imported", "")])
def test_an_empty_value_is_refused(amlpriv: Amlpriv, python: Path, words: tuple[str, str]) -> None:
    assert amlpriv("capture", "--python", python, *words).code == 2


def test_what_cannot_be_followed_is_in_the_json_too(amlpriv: Amlpriv, python: Path, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import runpy\nrunpy.run_path('no.py')\n")
    notes = amlpriv("capture", "--python", python, "--only-imported", tmp_path / "main.py", "--json").json["notes"]
    assert any("no.py" in note for note in notes)


def test_a_path_at_which_nothing_is_is_wrong_usage(amlpriv: Amlpriv, tmp_path: Path) -> None:
    ended = amlpriv("capture", "--python", tmp_path / "nope")
    assert ended.code == 2
    assert "There is nothing at" in ended.err
