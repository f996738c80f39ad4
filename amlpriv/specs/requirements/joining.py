"""Physical lines to logical lines: continuations joined, comments and blank lines gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from amlpriv.specs.positions import Position

__all__ = ["LogicalLine", "logical_lines"]

_COMMENT = re.compile(r"(^|(?<!\s)\s+)#.*$")  # the lookbehind keeps it linear


@dataclass(frozen=True, slots=True)
class _Piece:
    """One physical line in a logical one: where it begins in it, its number, how many characters it lost in front."""

    offset: int
    line: int
    lost: int


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """A line as pip takes it, and where each of its characters stood."""

    text: str
    line: int
    pieces: tuple[_Piece, ...]
    shift: int
    """Blanks in front that ``text`` does not have."""

    def position(self, file: str | None, offset: int = 0) -> Position:
        """Where a character of ``text`` stood."""
        place = offset + self.shift
        piece = next(piece for piece in reversed(self.pieces) if piece.offset <= place)
        return Position(file, piece.line, place - piece.offset + piece.lost + 1)

    def start(self, file: str | None) -> Position:
        """Where the line begins: pip's line number, which is that of its first physical line."""
        first = self.position(file)
        return first if first.line == self.line else Position(file, self.line, 1)


def logical_lines(text: str) -> Iterator[LogicalLine]:
    """The lines of a requirements text as pip joins them.

    A backslash at the end continues the line; a line that is a comment ends the continuation, backslash or not;
    lines end wherever ``str.splitlines`` says, as in pip.
    """
    waiting: list[tuple[str, int, int]] = []
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if raw.endswith("\\") and not _COMMENT.match(raw):
            # pip strips the backslashes in front as well.
            waiting.append((raw.strip("\\"), number, len(raw) - len(raw.lstrip("\\"))))
            continue
        if not waiting:
            if line := _joined([(raw, number, 0)]):
                yield line
            continue
        # The blank keeps a comment a comment when the line before it ended without one.
        waiting.append((f" {raw}", number, -1) if _COMMENT.match(raw) else (raw, number, 0))
        if line := _joined(waiting):
            yield line
        waiting = []
    if waiting and (line := _joined(waiting)):
        yield line


def _joined(parts: list[tuple[str, int, int]]) -> LogicalLine | None:
    whole = "".join(text for text, _, _ in parts) if len(parts) > 1 else parts[0][0]
    if "#" in whole:
        whole = _COMMENT.sub("", whole)
    text = whole.strip()
    if not text:
        return None
    offset, pieces = 0, []
    for part, number, lost in parts:
        pieces.append(_Piece(offset, number, lost))
        offset += len(part)
    return LogicalLine(text, parts[0][1], tuple(pieces), len(whole) - len(whole.lstrip()))
