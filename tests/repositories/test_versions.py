"""Projects whose version git knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlpriv.repositories.versions import needs_history


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[build-system]\nrequires = ["setuptools>=61", "setuptools-scm[toml]>=8"]'),
        ("pyproject.toml", '[build-system]\nrequires = ["hatchling", "hatch-vcs"]'),
        ("pyproject.toml", '[build-system]\nrequires = ["poetry-core", "poetry-dynamic-versioning"]'),
        ("pyproject.toml", '[build-system]\nrequires = ["hatchling", "uv-dynamic-versioning"]'),
        ("pyproject.toml", '[tool.pdm.version]\nsource = "scm"'),
        ("pyproject.toml", '[build-system]\nrequires = ["flit_scm"]'),
        ("setup.py", "setup(use_scm_version=True, setup_requires=['setuptools_scm'])"),
        ("setup.cfg", "[options]\nsetup_requires = pbr"),
        ("setup.py", "import versioneer"),
    ],
)
def test_tools_that_ask_git_are_seen(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert needs_history(tmp_path)


@pytest.mark.parametrize("text", ['[project]\nversion = "1.0"', '[build-system]\nrequires = ["hatchling"]', "\xff"])
def test_others_need_no_history(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert not needs_history(tmp_path)


def test_a_folder_that_is_not_there_needs_nothing(tmp_path: Path) -> None:
    assert not needs_history(tmp_path / "none")
