"""``amlpriv diff`` and ``amlpriv schema``."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from amlpriv.actions.schema import environment_schema
from amlpriv.cli.main import main

CONDA = "name: a\nchannels: [conda-forge]\ndependencies: [python=3.11, pip]\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A conda file, and an environment that has the same in a file beside it."""
    (tmp_path / "conda.yml").write_text(CONDA)
    (tmp_path / "env.yml").write_text("name: e\nconda_file: conda.yml\n")
    return tmp_path / "conda.yml", tmp_path / "env.yml"


def test_the_exit_code_tells(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    one, other = files
    assert main(["diff", str(one), str(other)]) == 0
    changed = one.with_name("new.yml")
    changed.write_text(CONDA.replace("3.11", "3.12"))
    capsys.readouterr()
    assert main(["diff", str(one), str(changed)]) == 1
    assert capsys.readouterr().out == f"{changed}:3:16: conda python: 3.11.* -> 3.12.*\n"


def test_diff_as_json(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", *map(str, files), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"same": True, "differences": []}


def test_a_broken_file_is_named_with_its_line(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    files[0].write_text("dependencies:\n- foo==\n")
    assert main(["diff", *map(str, files)]) == 3
    assert f"{files[0]}:2:3" in capsys.readouterr().err


def test_the_schema_is_printed_and_fits_the_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    for file in (Path(__file__).parents[2] / "environments").glob("*.yml"):
        text = file.read_text("utf-8")
        assert text.startswith("# yaml-language-server: $schema=")
        jsonschema.validate(yaml.safe_load(text), schema)


def test_the_schema_goes_into_a_file(tmp_path: Path) -> None:
    assert main(["schema", "--out", str(tmp_path / "amlpriv.json")]) == 0
    assert (tmp_path / "amlpriv.json").read_text("utf-8") == environment_schema()


def test_a_requirements_file_is_compared_with_a_python(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """It says none itself; a YAML file keeps its own."""
    plain = files[0].with_name("requirements.txt")
    plain.write_text("tabulate\n")
    assert main(["diff", str(plain), str(files[0])]) == 3
    assert "--python" in capsys.readouterr().err
    assert main(["diff", str(plain), str(files[0]), "--python", "3.11"]) == 1
    assert "pip tabulate: removed" in capsys.readouterr().out


def test_environments_are_listed_and_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = tmp_path / "job.yml"
    job.write_text("command: a\nenvironment: azureml:e:1  # pinned\n")
    assert main(["environments", str(job)]) == 0
    assert capsys.readouterr().out == f"{job}:2:14: environment: azureml:e:1\n"
    assert main(["environments", str(job), "--set", "azureml:e:2", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["environments"]
    assert (found["version"], found["kind"]) == ("2", "registered")
    assert job.read_text() == "command: a\nenvironment: azureml:e:2  # pinned\n"
    assert main(["environments", str(job), "--at", "environment"]) == 2
    assert main(["environments", str(job), "--set", "x.yml"]) == 2
    assert main(["environments"]) == 2
