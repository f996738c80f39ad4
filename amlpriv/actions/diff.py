"""diff: what changes from one specification to another, in words."""

from __future__ import annotations

import os
from pathlib import Path

from amlpriv.files import read_text
from amlpriv.specs.difference import Difference, differences
from amlpriv.specs.environment import EnvironmentFile, read_specification

__all__ = ["diff"]


def diff(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> tuple[Difference, ...]:
    """The differences between two environment files, Azure ML environment YAMLs or conda YAMLs; empty when they mean
    the same. Opens these files and those that they name; builds and asks nothing.

    Raises InputError with file and line for what cannot be read.
    """
    return differences(_read(Path(one)), _read(Path(other)))


def _read(path: Path) -> EnvironmentFile:
    def load(name: str) -> str:
        return read_text(path.parent / name)

    return read_specification(read_text(path), str(path), load=load, name="compared")  # names do not count
