"""Private Python packages in Azure Machine Learning (SDK v2).

The public names are loaded when they are first used, so that ``import amlpriv`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = [
    "AddedWheel",
    "AmlprivError",
    "Built",
    "Finding",
    "Published",
    "Report",
    "Severity",
    "Wheel",
    "__version__",
    "add_private_pip_wheel",
    "add_wheel",
    "build",
    "inspect_wheel",
    "publish",
    "quickstart",
    "render",
    "run",
]

_PLACES = {
    "AddedWheel": "amlpriv.actions.add_wheel",
    "AmlprivError": "amlpriv.errors",
    "Built": "amlpriv.actions.build",
    "Finding": "amlpriv.findings",
    "Published": "amlpriv.actions.publish",
    "Report": "amlpriv.findings",
    "Severity": "amlpriv.findings",
    "Wheel": "amlpriv.wheels.wheel",
    "add_private_pip_wheel": "amlpriv.actions.add_wheel",
    "add_wheel": "amlpriv.actions.add_wheel",
    "build": "amlpriv.actions.build",
    "inspect_wheel": "amlpriv.actions.inspecting",
    "publish": "amlpriv.actions.publish",
    "quickstart": "amlpriv.actions.quickstart",
    "render": "amlpriv.actions.render",
    "run": "amlpriv.actions.build",
}

if TYPE_CHECKING:
    from amlpriv.actions.add_wheel import AddedWheel, add_private_pip_wheel, add_wheel
    from amlpriv.actions.build import Built, build, run
    from amlpriv.actions.inspecting import inspect_wheel
    from amlpriv.actions.publish import Published, publish
    from amlpriv.actions.quickstart import quickstart
    from amlpriv.actions.render import render
    from amlpriv.errors import AmlprivError
    from amlpriv.findings import Finding, Report, Severity
    from amlpriv.wheels.wheel import Wheel

    __version__: str


if not TYPE_CHECKING:  # a type checker must not believe in every name

    def __getattr__(name: str) -> object:
        if name == "__version__":
            from importlib.metadata import version

            return version("amlpriv")
        place = _PLACES.get(name)
        if place is None:
            raise AttributeError(f"module 'amlpriv' has no attribute {name!r}")
        value = getattr(import_module(place), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
