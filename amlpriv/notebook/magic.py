"""The magic ``%amlpriv``: a word for a notebook's cell, and what it does."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from amlpriv.errors import AmlprivError, UsageError

if TYPE_CHECKING:
    from amlpriv.actions.local import LocalStatus
    from amlpriv.notebook.session import Connected

__all__ = ["amlpriv_magic", "perform"]

_HINT = "Known are: %amlpriv local [--isolated] [--no-config], %amlpriv local status, %amlpriv local stop."


def amlpriv_magic(line: str) -> Connected | LocalStatus | str:
    """%amlpriv local [--isolated] [--no-config]: lead this kernel to the local workspace.

    %amlpriv local status: what the local workspace does. %amlpriv local stop: put the kernel's environment back and
    end the local workspace; its data stays.
    """
    try:
        return perform(line)
    except AmlprivError as error:
        from IPython.core.error import UsageError as Shown  # shown without a traceback

        raise Shown(str(error)) from error


def perform(line: str) -> Connected | LocalStatus | str:
    """What the magic does; raises AmlprivError, UsageError for words that it does not know."""
    from amlpriv.actions.local import local_status, local_stop
    from amlpriv.notebook.session import local, undo

    try:
        words = shlex.split(line)
    except ValueError:
        words = [line]
    match words:
        case ["local", "status"]:
            return local_status()
        case ["local", "stop"]:
            undo()
            return "The local workspace was stopped." if local_stop() else "The local workspace was not running."
        case ["local", *options] if set(options) <= {"--isolated", "--no-config"}:
            return local(isolated="--isolated" in options, config="--no-config" not in options)
    raise UsageError(f"%amlpriv does not know {line.strip()!r}.", hint=_HINT)
