"""In a notebook: ``%load_ext amlpriv``, then ``%amlpriv local``."""

from __future__ import annotations

from typing import Any

__all__ = ["load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(ipython: Any) -> None:
    """Give the notebook the magic ``%amlpriv`` (``%load_ext amlpriv`` calls this)."""
    from amlpriv.notebook.magic import amlpriv_magic

    ipython.register_magic_function(amlpriv_magic, "line", "amlpriv")


def unload_ipython_extension(ipython: Any) -> None:
    """Take the magic away, and put the kernel's environment back (``%unload_ext amlpriv`` calls this)."""
    from amlpriv.notebook.session import undo

    undo()
    ipython.magics_manager.magics["line"].pop("amlpriv", None)
