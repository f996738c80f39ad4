"""``amlpriv.diff``."""

from __future__ import annotations

from pathlib import Path

import pytest

import amlpriv
from amlpriv.errors import InputError

CONDA = "name: a\nchannels: [conda-forge]\ndependencies: [python=3.11, pip]\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A conda file, and an environment that has the same in a file beside it."""
    (tmp_path / "conda.yml").write_text(CONDA)
    (tmp_path / "env.yml").write_text("name: e\nconda_file: conda.yml\n")
    return tmp_path / "conda.yml", tmp_path / "env.yml"


def test_a_conda_file_and_an_environment_are_compared(files: tuple[Path, Path]) -> None:
    assert amlpriv.diff(*files) == ()


def test_a_missing_file_is_named(files: tuple[Path, Path]) -> None:
    with pytest.raises(InputError, match=r"missing\.yml"):
        amlpriv.diff(files[0], files[0].with_name("missing.yml"))
