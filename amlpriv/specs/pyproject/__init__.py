"""``pyproject.toml`` as an environment: ``read_pyproject`` gives what an environment file would say."""

from __future__ import annotations

from amlpriv.specs.pyproject.reading import Pyproject, PyprojectNote, read_pyproject

__all__ = ["Pyproject", "PyprojectNote", "read_pyproject"]
