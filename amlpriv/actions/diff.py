"""diff: what changes from one specification to another, in words."""

from __future__ import annotations

import os
from pathlib import Path

from amlpriv.actions.specification import read_file
from amlpriv.specs.difference import Difference, differences
from amlpriv.specs.environment import EnvironmentFile

__all__ = ["diff"]


def diff(
    one: str | os.PathLike[str], other: str | os.PathLike[str], *, python: str | None = None
) -> tuple[Difference, ...]:
    """The differences between two specifications (environment files, Azure ML environment YAMLs, conda YAMLs,
    pyproject.toml or requirements files); empty when they mean the same. Opens these files and those that they name;
    builds and asks nothing. ``python`` is the Python of a pyproject.toml or requirements file that says none.

    Raises InputError with file and line for what cannot be read.
    """
    return differences(_read(Path(one), python), _read(Path(other), python))


def _read(path: Path, python: str | None) -> EnvironmentFile:
    wanted = None if path.suffix.lower() in (".yml", ".yaml") else python
    return read_file(path, name="compared", python=wanted).file  # names do not count
