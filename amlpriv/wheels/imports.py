"""What can be imported from a wheel, told from its members."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["import_names"]

_LIBRARIES = ("purelib", "platlib")
# PEP 3149 and what pip's tags call an extension module: foo.so, foo.abi3.so, foo.cp311-win_amd64.pyd.
_MODULE = re.compile(
    r"(?P<name>[^.]+)(?:\.py|\.pyc|(?:\.(?:abi3|cpython-[\w-]+|cp\d[\w-]*|pypy[\w-]+|graalpy[\w-]+))?\.(?:so|pyd))"
)


def import_names(paths: Iterable[str]) -> tuple[str, ...]:
    """The importable names, sorted: top-level packages and modules.

    A top-level folder without ``__init__`` is a namespace package that other wheels may share (PEP 420); instead of
    its name, those packages and modules below it stand here that no folder with an ``__init__`` holds.
    """
    modules = {module for path in paths if (module := _module(path)) is not None}
    # A module that lies in a package is found through the package.
    return tuple(sorted(".".join(module) for module in modules if not _parents(module) & modules))


def _module(path: str) -> tuple[str, ...] | None:
    parts = path.split("/")
    if parts[0].endswith(".data"):
        if len(parts) < 3 or parts[1] not in _LIBRARIES:
            return None
        parts = parts[2:]
    match = _MODULE.fullmatch(parts[-1])
    if match is None:
        return None
    module = (*parts[:-1], match["name"])
    if module[-1] == "__init__":
        module = module[:-1]
    usable = all(part.isidentifier() for part in module) and module not in ((), ("__main__",))
    return module if usable and "__pycache__" not in module else None


def _parents(module: tuple[str, ...]) -> set[tuple[str, ...]]:
    return {module[:count] for count in range(1, len(module))}
