"""Interpreters as they describe themselves, for the pure part of capture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from amlpriv.specs.captured.composing import Composed, Wish, compose
from amlpriv.specs.captured.installed import CondaPackage, Distribution, Installed
from amlpriv.target import Target

__all__ = ["composed", "installed", "package", "pip_lines"]


def package(name: str, version: str = "1.0", *requires: str, **more: Any) -> Distribution:
    """A distribution that uv installed; its module has its name."""
    module = name.replace("-", "_").lower()
    return replace(Distribution(name, version, installer="uv", requires=requires, modules=(module,)), **more)


def installed(
    *packages: Distribution,
    platform: str = "linux",
    conda: Sequence[CondaPackage] | None = None,
    specs: Sequence[str] = (),
    **more: Any,
) -> Installed:
    """A Python 3.11 with these."""
    system = {"linux": "Linux", "win32": "Windows", "darwin": "Darwin"}[platform]
    values: Mapping[str, str] = {**Target().markers, "sys_platform": platform, "platform_system": system}
    found = Installed(
        python="3.11.7",
        executable="/opt/venv/bin/python",
        prefix="/opt/venv",
        markers=values,
        stdlib=frozenset({"os", "sys", "json"}),
        distributions={one.key: one for one in packages},
        conda=None if conda is None else {one.name: one for one in conda},
        conda_specs=tuple(specs),
    )
    return replace(found, **more)


def composed(found: Installed, **wish: Any) -> Composed:
    """What is written for it."""
    return compose(found, Wish("captured", "example.org/image:1", **wish))


def pip_lines(result: Composed) -> list[str]:
    """The pip lines of the file, without remarks."""
    lines = result.text.partition("- pip:\n")[2].partition("sources:")[0].splitlines()
    return [line.partition("  # ")[0].strip().removeprefix("- ").strip("'\"") for line in lines]
