"""Resolve requirements for a target that is not this machine, driven by uv: pip evaluates the host's markers.

``resolve`` gives the pins with their files; a failure is one of the errors of ``amlpriv.resolving.failures``.
"""

from __future__ import annotations

from amlpriv.resolving.failures import (
    IndexUnreachableError,
    NoSolutionError,
    NoWheelError,
    UnknownPackageError,
)
from amlpriv.resolving.resolve import resolve

__all__ = [
    "IndexUnreachableError",
    "NoSolutionError",
    "NoWheelError",
    "UnknownPackageError",
    "resolve",
]
