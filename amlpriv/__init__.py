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
    "Captured",
    "Checked",
    "Finding",
    "Locked",
    "MirrorOptions",
    "Published",
    "Report",
    "Severity",
    "Wheel",
    "__version__",
    "add_private_pip_wheel",
    "add_wheel",
    "build",
    "capture",
    "check",
    "connect",
    "diff",
    "feed_mirror",
    "feed_pip_config",
    "feed_push",
    "inspect_wheel",
    "load_ipython_extension",
    "local",
    "lock",
    "publish",
    "quickstart",
    "render",
    "run",
    "unload_ipython_extension",
    "verify",
]

_PLACES = {
    "AddedWheel": "amlpriv.actions.add_wheel",
    "AmlprivError": "amlpriv.errors",
    "Built": "amlpriv.actions.build",
    "Captured": "amlpriv.actions.capture",
    "Checked": "amlpriv.actions.check",
    "Finding": "amlpriv.findings",
    "Locked": "amlpriv.actions.lock",
    "MirrorOptions": "amlpriv.actions.feed_mirror",
    "Published": "amlpriv.actions.publish",
    "Report": "amlpriv.findings",
    "Severity": "amlpriv.findings",
    "Wheel": "amlpriv.wheels.wheel",
    "add_private_pip_wheel": "amlpriv.actions.add_wheel",
    "add_wheel": "amlpriv.actions.add_wheel",
    "build": "amlpriv.actions.build",
    "capture": "amlpriv.actions.capture",
    "check": "amlpriv.actions.check",
    "connect": "amlpriv.actions.connect",
    "diff": "amlpriv.actions.diff",
    "feed_mirror": "amlpriv.actions.feed_mirror",
    "feed_pip_config": "amlpriv.actions.feed_pip_config",
    "feed_push": "amlpriv.actions.feed_push",
    "inspect_wheel": "amlpriv.actions.inspecting",
    "load_ipython_extension": "amlpriv.notebook",
    "local": "amlpriv.local",
    "lock": "amlpriv.actions.lock",
    "publish": "amlpriv.actions.publish",
    "quickstart": "amlpriv.actions.quickstart",
    "render": "amlpriv.actions.render",
    "run": "amlpriv.actions.build",
    "unload_ipython_extension": "amlpriv.notebook",
    "verify": "amlpriv.actions.verify",
}

if TYPE_CHECKING:
    from amlpriv.actions.add_wheel import AddedWheel, add_private_pip_wheel, add_wheel
    from amlpriv.actions.build import Built, build, run
    from amlpriv.actions.capture import Captured, capture
    from amlpriv.actions.check import Checked, check
    from amlpriv.actions.connect import connect
    from amlpriv.actions.diff import diff
    from amlpriv.actions.feed_mirror import MirrorOptions, feed_mirror
    from amlpriv.actions.feed_pip_config import feed_pip_config
    from amlpriv.actions.feed_push import feed_push
    from amlpriv.actions.inspecting import inspect_wheel
    from amlpriv.actions.lock import Locked, lock
    from amlpriv.actions.publish import Published, publish
    from amlpriv.actions.quickstart import quickstart
    from amlpriv.actions.render import render
    from amlpriv.actions.verify import verify
    from amlpriv.errors import AmlprivError
    from amlpriv.findings import Finding, Report, Severity
    from amlpriv.notebook import load_ipython_extension, unload_ipython_extension
    from amlpriv.notebook.session import local
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
        module = import_module(place)
        value = module if place == f"amlpriv.{name}" else getattr(module, name)  # amlpriv.local can be called itself
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
