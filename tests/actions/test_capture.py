"""capture of real virtual environments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from amlpriv.actions.capture import capture, shown_path
from amlpriv.errors import ConflictError, InputError, UsageError
from amlpriv.specs.sources import PathSource
from tests.actions.captured_projects import World, make_venv, make_world, uv, write_project

Python = Callable[..., Path]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def python(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venv with an editable project, a git, a wheel and an index install, and a notebook's kernel."""
    python = make_venv(world.folder / "churn" / ".venv", os.environ)
    install = ["pip", "install", "-q", "--python", str(python)]
    uv([*install, "-e", str(world.project)], os.environ)
    git = f"contoso-nlp @ git+{world.repository.as_uri()}@v1.0#subdirectory=packages/nlp"
    uv([*install, git, str(world.wheel)], os.environ)
    uv([*install, "--no-index", "--find-links", str(world.index), "contoso-public", "ipykernel"], os.environ)
    return python


def site(python: Path) -> Path:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip())


def test_every_kind_of_install_gets_its_source(world: World, python: Path) -> None:
    out = world.folder / "churn" / "environment.yml"
    found = capture(python=python, out=out, force=True)
    (finding,) = found.report.findings
    assert (finding.code, finding.subject) == ("AP701", "contoso-nlp")
    assert str(world.repository) in finding.message
    assert out.read_text() == found.text
    sources = found.file.sources
    assert isinstance(sources["contoso-features"], PathSource)
    assert sources["contoso-features"].path == "../features"
    assert isinstance(sources["contoso-core"], PathSource)
    assert sources["contoso-core"].path == "../wheels/contoso_core-2.0-py3-none-any.whl"
    assert "contoso-nlp" not in sources
    assert found.file.conda is not None
    lines = ["contoso-core==2.0", "contoso-features", "contoso-nlp==1.0", "contoso-public==1.0"]
    assert [line.text for line in found.file.conda.pip] == lines
    assert found.file.conda.python == sys.version_info[:2]
    assert found.file.name == "churn"
    assert [str(one) for one in found.left_out] == [
        "contoso-tornado 6.1: only ipykernel needed it",
        "ipykernel 6.0: only notebooks need it",
    ]
    assert any("contoso-public" in note and "--ask-index" in note for note in found.notes)


def test_the_whole_closure_has_what_the_others_brought_along(python: Path) -> None:
    assert "contoso-base==1.1" in capture(python=python, every=True).text
    assert "contoso-base" not in capture(python=python).text


def test_a_file_in_another_folder_has_paths_from_there(world: World, python: Path, tmp_path: Path) -> None:
    found = capture(python=python)
    place = world.folder / "deep" / "er" / "environment.yml"
    place.parent.mkdir(parents=True, exist_ok=True)
    assert "path: ../../features}" in found.write(place, force=True).read_text()


def test_an_existing_file_is_not_written_over(python: Path, tmp_path: Path) -> None:
    out = tmp_path / "environment.yml"
    out.write_text("mine")
    with pytest.raises(ConflictError, match="exists already"):
        capture(python=python, out=out)
    found = capture(python=python)
    with pytest.raises(ConflictError, match="exists already"):
        found.write(out)
    assert out.read_text() == "mine"
    assert found.write(out, force=True).read_text() != "mine"


def test_pip_tells_what_was_asked_for_and_uv_does_not(world: World, tmp_path: Path) -> None:
    found = {}
    words = ["install", "-q", "--no-index", "--find-links", str(world.index), "contoso-public", "contoso-base"]
    for tool in ("pip", "uv"):
        interpreter = make_venv(tmp_path / tool, os.environ)
        if tool == "uv":
            uv(["pip", *words, "--python", str(interpreter)], os.environ)
        else:
            pip = [sys.executable, "-m", "pip", "--python", str(interpreter), "--disable-pip-version-check"]
            subprocess.run([*pip, *words], check=True, capture_output=True)
        conda = capture(python=interpreter).file.conda
        found[tool] = [line.text for line in conda.pip] if conda else []
    assert found == {"pip": ["contoso-base==1.1", "contoso-public==1.0"], "uv": ["contoso-public==1.0"]}


def test_files_that_were_changed_or_removed_after_the_install_are_reported(world: World, tmp_path: Path) -> None:
    interpreter = make_venv(tmp_path / "venv", os.environ)
    words = ["--no-index", "--find-links", str(world.index), "--link-mode", "copy", "contoso-public", str(world.wheel)]
    uv(["pip", "install", "-q", "--python", str(interpreter), *words], os.environ)
    place = site(interpreter)
    (place / "contoso_public" / "__init__.py").write_text('__version__ = "1.1"\n')  # as long as it was
    (place / "contoso_core" / "__init__.py").unlink()
    found = capture(python=interpreter)
    assert {one.name: one.files for one in found.modified} == {
        "contoso-public": (("contoso_public/__init__.py", "changed"),),
        "contoso-core": (("contoso_core/__init__.py", "missing"),),
    }
    assert [finding.code for finding in found.report] == ["AP703", "AP703"]


def test_what_is_gone_or_has_a_credential_is_said_with_the_name_and_without_the_credential(
    world: World, tmp_path: Path
) -> None:
    interpreter = make_venv(tmp_path / "venv", os.environ)
    uv(["pip", "install", "-q", "--python", str(interpreter), "--link-mode", "copy", str(world.wheel)], os.environ)
    uv(["pip", "install", "-q", "--python", str(interpreter), str(world.project)], os.environ)
    secret = "hunter2-secret-token"
    (info,) = site(interpreter).glob("contoso_core-*.dist-info")
    url = f"https://me:{secret}@example.org/contoso_core-2.0-py3-none-any.whl"
    (info / "direct_url.json").write_text(json.dumps({"url": url, "archive_info": {}}))
    (info,) = site(interpreter).glob("contoso_features-*.dist-info")
    (info / "direct_url.json").write_text(json.dumps({"url": "file:///nowhere/features", "dir_info": {}}))
    found = capture(python=interpreter)
    assert {(one.code, one.subject) for one in found.report.errors} == {
        ("AP701", "contoso-features"),
        ("AP702", "contoso-core"),
    }
    assert secret not in json.dumps(found.as_json()) + repr(found) + found.text
    assert found.file.sources == {}


def test_only_what_the_code_imports_and_the_modules_beside_it_import(
    world: World, python: Path, tmp_path: Path
) -> None:
    (tmp_path / "train.py").write_text("from helpers.loading import load\nimport os, contoso_features\n")
    (tmp_path / "helpers").mkdir()
    (tmp_path / "helpers" / "__init__.py").write_text("from . import deep\n")
    (tmp_path / "helpers" / "deep.py").write_text(
        "import contoso_base.sub\ntry:\n    import cupy\nexcept ImportError: ...\n"
    )
    (tmp_path / "helpers" / "loading.py").write_text("import nowhere_known\n")
    found = capture(python=python, only_imported=tmp_path / "train.py")
    assert found.file.conda is not None
    assert [line.text for line in found.file.conda.pip] == ["contoso-base==1.1", "contoso-features"]
    (finding,) = found.report
    assert (finding.code, finding.subject) == ("AP705", "nowhere_known")
    assert f"{tmp_path / 'helpers' / 'loading.py'}:1" in finding.message
    reasons = {one.name: one.reason for one in found.left_out}
    assert reasons["contoso-nlp"] == "the code does not import it"
    kept = capture(python=python, only_imported=[tmp_path / "train.py"], keep=["Contoso_NLP"])
    assert "contoso-nlp==1.0" in kept.text


def test_a_folder_and_a_notebook_are_code_as_well(python: Path, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "part.py").write_text("import contoso_nlp\n")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "no.py").write_text("import contoso_public\n")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "pyvenv.cfg").write_text("")
    (tmp_path / "other" / "no.py").write_text("import contoso_public\n")
    cell = {
        "cell_type": "code",
        "source": ["%pip install contoso-public --index-url https://u:pw-x@example.org\n", "import part"],
    }
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": [cell]}))
    found = capture(python=python, only_imported=tmp_path)
    assert found.file.conda is not None
    assert [line.text for line in found.file.conda.pip] == ["contoso-nlp==1.0"]
    assert [one.code for one in found.report] == ["AP701"]
    assert any("cell 1 installs packages itself (%pip install contoso-public" in note for note in found.notes)
    assert "pw-x" not in repr(found.notes)
    same = capture(python=python, only_imported=tmp_path / "a.ipynb")
    assert same.text == found.text


def test_code_that_is_not_there_or_no_code_is_refused(python: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        capture(python=python, only_imported=tmp_path / "no.py")
    (tmp_path / "data.csv").write_text("1")
    with pytest.raises(InputError, match="no Python file"):
        capture(python=python, only_imported=tmp_path / "data.csv")


@pytest.mark.parametrize("places", ["", [""], ["a.py", ""]])
def test_code_without_a_name_is_refused(places: str | list[str]) -> None:
    with pytest.raises(UsageError, match="empty"):
        capture(only_imported=places)


@pytest.mark.parametrize("image", ["", " ", "No Image"])
def test_what_is_no_image_is_refused(image: str) -> None:
    with pytest.raises(UsageError, match="is no image"):
        capture(image=image)


@pytest.mark.parametrize("editable", [True, False])
def test_a_folder_that_holds_another_project_by_now_is_told(editable: bool, tmp_path: Path) -> None:
    project = write_project(tmp_path / "features", "contoso-features")
    interpreter = make_venv(tmp_path / "venv", os.environ)
    words = ["-e", str(project)] if editable else [str(project)]
    uv(["pip", "install", "-q", "--python", str(interpreter), *words], os.environ)
    assert capture(python=interpreter).report.findings == ()
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace("contoso-features", "another"))
    found = capture(python=interpreter)
    (finding,) = found.report
    assert (finding.code, finding.subject) == ("AP701", "contoso-features")
    assert "'another'" in finding.message
    file.unlink()
    (finding,) = capture(python=interpreter).report
    assert "holds no project" in finding.message


def test_what_is_to_be_kept_must_be_installed(python: Path) -> None:
    with pytest.raises(UsageError, match="not installed") as caught:
        capture(python=python, keep=["contoso-corr"])
    assert "contoso-core" in str(caught.value)


def test_the_running_interpreter_is_captured_without_another_process() -> None:
    found = capture(name="here")
    assert found.python == sys.executable
    assert found.file.name == "here"
    assert "amlpriv" not in found.file.sources
    assert ".left_out" in repr(found)
    assert found.text in repr(found)


@pytest.mark.parametrize("name", ["no good", "AzureML-mine", ""])
def test_a_name_that_no_environment_can_have_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be an environment's name"):
        capture(name=name)


def test_the_folder_of_an_environment_stands_for_its_interpreter(python: Path, tmp_path: Path) -> None:
    assert capture(python=python.parent.parent).python == capture(python=python).python
    with pytest.raises(UsageError, match="no Python in the folder"):
        capture(python=tmp_path)


@pytest.mark.parametrize(
    ("folder", "name"),
    [("churn", "churn"), ("My Env", "my-env"), ("azureml_py310", "environment"), ("miniconda3", "environment")],
)
def test_the_environment_is_called_after_its_folder(folder: str, name: str, tmp_path: Path) -> None:
    assert capture(python=make_venv(tmp_path / folder, os.environ)).file.name == name


@pytest.mark.skipif(os.name != "posix", reason="paths of POSIX")
def test_a_path_is_relative_where_it_is_near() -> None:
    folder = Path("/srv/work/team/churn")
    assert shown_path("/srv/work/team/features", folder) == "../features"
    assert shown_path("/srv/work/team/churn", folder) == "."
    assert shown_path("/srv/work/team/churn/a/b", folder) == "./a/b"
    assert shown_path("/opt/features", folder) == "/opt/features"
