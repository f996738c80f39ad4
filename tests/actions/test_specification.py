"""What the verbs take besides environment files: ``pyproject.toml`` and requirements files, published and compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import amlpriv
from amlpriv.actions.publish import Published, publish
from amlpriv.actions.specification import read_file
from amlpriv.cli.main import main
from amlpriv.errors import FindingsError, InputError, UsageError
from amlpriv.workspace.memory import MemoryWorkspace
from tests.actions.projects import IMAGE, NOW, Clock
from tests.wheelhouse import build_wheel

PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "churn-train"
version = "1.0"
requires-python = "==3.11.*"
dependencies = ["contoso-features>=1", "numpy"]

[dependency-groups]
more = ["pandas>=2"]

[tool.uv.sources]
contoso-features = {path = "dist", editable = true}

[tool.amlpriv]
name = "churn"
image = "IMAGE"
conda = ["pip=25.3"]
groups = ["more"]
""".replace("IMAGE", IMAGE)

BACKEND = """\
import pathlib, shutil
def build_wheel(folder, config_settings=None, metadata_directory=None):
    wheel, = pathlib.Path("ready").glob("*.whl")
    shutil.copy(wheel, folder)
    return wheel.name
"""

REQUIREMENTS = """\
-r more.txt   # the public ones
-c limits.txt
./dist/contoso_features-1.2.0-py3-none-any.whl
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project that needs a private wheel, and requirements files that name it."""
    build_wheel(tmp_path / "dist")
    build_wheel(tmp_path / "ready", name="churn-train", version="1.0", requires_dist=["contoso-features>=1", "numpy"])
    (tmp_path / "backend.py").write_text(BACKEND, "utf-8")
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    (tmp_path / "requirements.txt").write_text(REQUIREMENTS, "utf-8")
    (tmp_path / "more.txt").write_bytes(b"\xef\xbb\xbfpandas>=2 \\\n  ; python_version >= '3.9'\r\nnumpy\n")
    (tmp_path / "limits.txt").write_text("pandas<3\nscipy<2\n", "utf-8")
    return tmp_path


def published(file: Path, memory: MemoryWorkspace, environ: Mapping[str, str], **given: Any) -> Published:
    return publish(file, workspace=memory.open(), environ=environ, now=NOW, **given)


def pip_of(result: Published) -> list[str]:
    assert result.registered is not None
    assert result.registered.conda is not None
    data = yaml.safe_load(result.registered.conda.reveal())
    lines: list[str] = data["dependencies"][-1]["pip"]
    return lines


@pytest.fixture
def memory() -> MemoryWorkspace:
    return MemoryWorkspace(Clock())


def test_a_project_is_published_with_its_own_wheel_and_those_it_needs(
    folder: Path, memory: MemoryWorkspace, environ: dict[str, str]
) -> None:
    result = published(folder / "pyproject.toml", memory, environ)
    assert (result.name, result.plan.created) == ("churn", True)
    assert [item.wheel.name for item in result.plan.wanted.wheels] == ["churn-train", "contoso-features"]
    own, public, private = pip_of(result)
    assert own.startswith("churn-train @ https://")
    assert public == "pandas>=2"
    assert private.startswith("contoso-features @ https://")
    assert not published(folder / "pyproject.toml", memory, environ).plan.created


def test_requirements_are_published_with_their_paths_and_constraints(
    folder: Path, memory: MemoryWorkspace, environ: dict[str, str]
) -> None:
    (folder / "pyproject.toml").unlink()
    given = {"name": "churn", "image": IMAGE, "python": "3.11"}
    result = published(folder / "requirements.txt", memory, environ, **given)
    pandas, numpy, private = pip_of(result)
    assert (pandas, numpy) == ('pandas<3,>=2 ; python_version >= "3.9"', "numpy")
    assert private.startswith("contoso-features @ https://")


def test_the_table_beside_requirements_has_the_name_image_and_python(folder: Path) -> None:
    file = read_file(folder / "requirements.txt").file
    assert (file.name, file.image) == ("churn", IMAGE)
    assert file.conda is not None
    assert file.conda.python == (3, 11)
    assert [item.text for item in file.conda.dependencies] == ["python=3.11", "pip=25.3"]
    assert list(file.sources) == ["path:2"]


def test_what_a_pip_section_cannot_say_is_said(folder: Path) -> None:
    said: list[str] = []
    read_file(folder / "requirements.txt", say=said.append)
    assert said == [
        f"{folder / 'limits.txt'}:2:1: The constraint 'scipy<2' does not count for what other packages require."
    ]


def test_requirements_without_a_name_or_python_are_refused_with_a_line(folder: Path) -> None:
    (folder / "pyproject.toml").unlink()
    for given, option in (({}, "--name"), ({"name": "churn"}, "--python")):
        with pytest.raises(InputError, match=option) as caught:
            read_file(folder / "requirements.txt", **given)  # type: ignore[arg-type]
        assert caught.value.line == 1


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a\nb c\n", 2, "b c"),
        ("a\n-r missing.txt\n", 2, "cannot be read"),
        ("a\n-r requirements.txt\n", 2, "includes itself"),
        ("a\nb --config-settings=x=y\n", 2, "Build settings"),
        ("a\n-c hard.txt\n", 1, "constraint with an address"),
    ],
)
def test_what_is_wrong_in_requirements_has_its_line(folder: Path, text: str, line: int, words: str) -> None:
    (folder / "hard.txt").write_text("a @ https://files.example.org/a-1-py3-none-any.whl\n", "utf-8")
    (folder / "requirements.txt").write_text(text, "utf-8")
    with pytest.raises(InputError, match=words) as caught:
        read_file(folder / "requirements.txt")
    assert caught.value.line == line


def test_a_secret_in_any_of_the_files_stops_a_publish(
    folder: Path, memory: MemoryWorkspace, environ: dict[str, str]
) -> None:
    with (folder / "more.txt").open("a", encoding="utf-8") as stream:
        stream.write("# https://user:hunter2hunter2@feed.example.org/simple/\n")
    with pytest.raises(FindingsError, match="AP501") as caught:
        published(folder / "requirements.txt", memory, environ)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["uv.lock", "pylock.toml", "pylock.train.toml"])
def test_a_lock_file_alone_is_no_specification(folder: Path, name: str) -> None:
    (folder / name).write_text("version = 1\n", "utf-8")
    with pytest.raises(InputError, match="pyproject"):
        read_file(folder / name)


def test_python_is_replaced_in_yaml_files_too(folder: Path) -> None:
    path = folder / "conda.yml"
    path.write_text("name: a\ndependencies: [pip, python=3.9]\n", "utf-8")
    conda = read_file(path, python="3.11").file.conda
    assert conda is not None
    assert [item.text for item in conda.dependencies] == ["python=3.11", "pip"]
    for python in ("3", "three"):
        with pytest.raises(UsageError, match="no Python version"):
            read_file(path, python=python)
    path.write_text("name: a\nimage: b\n", "utf-8")
    with pytest.raises(UsageError, match="no conda part"):
        read_file(path, python="3.11")


def test_diff_compares_files_of_different_kinds(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "a"\nrequires-python = "==3.11.*"\ndependencies = ["numpy", "pandas>=2"]\n', "utf-8"
    )
    (folder / "conda.yml").write_text(
        "channels: [conda-forge]\ndependencies: [python=3.11, pip, pip: [pandas>=2, numpy]]\n", "utf-8"
    )
    assert amlpriv.diff(folder / "pyproject.toml", folder / "conda.yml") == ()


def test_the_command_line_takes_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pyproject.toml").unlink()
    file = str(folder / "requirements.txt")
    assert main(["render", file, "--name", "churn", "--image", IMAGE, "--python", "3.11", "--as", "conda"]) == 0
    shown = capsys.readouterr().out
    assert "- python=3.11\n" in shown
    assert "contoso-features @ https://" in shown
    assert main(["render", file, "--name", "churn"]) == 3
    assert "--python" in capsys.readouterr().err


def test_the_command_line_points_at_the_line_of_a_pyproject(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pyproject.toml").write_text(PYPROJECT.replace("groups =", "group ="), "utf-8")
    assert main(["plan", str(folder / "pyproject.toml"), "--no-start"]) == 3
    said = capsys.readouterr().err
    assert "pyproject.toml:22:1" in said
    assert "Did you mean 'groups'?" in said
