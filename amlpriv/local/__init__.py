"""The local workspace: an embedded stand-in for Azure ML, its storage and its sign-in.

The module itself can be called: ``amlpriv.local()`` leads the running process to the local workspace, as
``amlpriv.notebook.session.local`` says. A function beside a package of the same name would hide one of the two, and
which one would depend on what was imported first.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from amlpriv.notebook.session import Connected

__all__: list[str] = []


class _CallableModule(ModuleType):
    """Leads this process to the local workspace when it is called: ``amlpriv.local()``."""

    def __call__(self, *, isolated: bool = False, config: bool = True, **options: Any) -> Connected:
        # By name: the layers below the faces do not import one, they only lend it their name.
        session = import_module("amlpriv.notebook.session")
        return cast("Connected", session.local(isolated=isolated, config=config, **options))


sys.modules[__name__].__class__ = _CallableModule
