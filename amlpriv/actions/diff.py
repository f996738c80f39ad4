"""diff: what changes from one specification to another, in words."""

from __future__ import annotations

import os
from pathlib import Path

from amlpriv.actions.specification import read_file
from amlpriv.specs.difference import Difference, differences

__all__ = ["diff"]


def diff(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> tuple[Difference, ...]:
    """The differences between two specifications (environment files, Azure ML environment YAMLs, conda YAMLs,
    pyproject.toml or requirements files); empty when they mean the same. Opens these files and those that they name;
    builds and asks nothing.

    Raises InputError with file and line for what cannot be read.
    """
    before, after = (read_file(Path(path), name="compared").file for path in (one, other))  # names do not count
    return differences(before, after)
