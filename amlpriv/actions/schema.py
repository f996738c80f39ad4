"""The JSON schema of environment files, for editors; it ships with the package."""

from __future__ import annotations

from importlib.resources import files

__all__ = ["environment_schema"]


def environment_schema() -> str:
    """The schema's text (JSON Schema, draft 2020-12)."""
    return files("amlpriv.specs").joinpath("environment.schema.json").read_text("utf-8")
