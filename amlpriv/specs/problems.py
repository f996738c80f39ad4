"""Several mistakes in one file: all are found, the first is raised, the others are counted."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from amlpriv.errors import InputError
from amlpriv.specs.positions import Position

__all__ = ["Problems", "closest", "did_you_mean", "input_error"]

_LONGEST = 2000


def input_error(message: str, position: Position | None, *, hint: str | None = None) -> InputError:
    """An InputError at a position; a message that quotes a line without end is shortened."""
    if len(message) > _LONGEST:
        message = f"{message[: _LONGEST // 2]} … {message[-_LONGEST // 4 :]}"
    if position is None:
        return InputError(message, hint=hint)
    return InputError(message, file=position.file, line=position.line, column=position.column, hint=hint)


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that ``word`` is most likely a slip of."""
    matches = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint: the closest known word, or else all of them."""
    choices = sorted(known)
    if match := closest(word, choices):
        return f"Did you mean {match!r}?"
    return f"Known are: {', '.join(choices)}." if choices else "None is defined."


class _Collecting:
    def __init__(self, errors: list[InputError]) -> None:
        self._errors = errors

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, InputError):
            self._errors.append(error)
            return True
        return False


class Problems:
    """Collects the mistakes of one file, so that reading goes on after the first."""

    def __init__(self, file: str | None) -> None:
        self._file = file
        self._errors: list[InputError] = []

    def add(self, message: str, position: Position | None, *, hint: str | None = None) -> None:
        """Note a mistake."""
        self._errors.append(input_error(message, position, hint=hint))

    def collected(self) -> _Collecting:
        """A context in which an InputError is noted; reading goes on after the block."""
        return _Collecting(self._errors)

    def raise_first(self) -> None:
        """Raise the mistake that comes first in the file; its hint counts the others."""
        if not self._errors:
            return
        first, *others = sorted(self._errors, key=self._order)
        if others:
            more = f"{len(others)} more problem{'s' if len(others) > 1 else ''} in this input."
            first.hint = f"{first.hint} {more}" if first.hint else more
        raise first

    def _order(self, error: InputError) -> tuple[bool, int, int]:
        # A mistake without a place (a missing key) comes before those of a file that is only referred to.
        return error.file != self._file, error.line or 0, error.column or 0
