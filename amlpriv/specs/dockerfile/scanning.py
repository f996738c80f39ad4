"""The physical lines of a Dockerfile: directives, continuations, comments, heredocs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from amlpriv.specs.dockerfile.model import Directive, DockerfileNote, Heredoc
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import input_error

__all__ = ["BLANKS", "LogicalLine", "Scanner", "heredoc_names"]

BLANKS = " \t\v\f\r\n\x85\xa0"
_DIRECTIVE = re.compile(r"#[ \t\v\f]*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*")
_KNOWN = ("syntax", "escape", "check")
_CONTINUATION = {
    "\\": re.compile(r"(?:(?<=[^\\])|^)\\[ \t]*$"),
    "`": re.compile(r"(?:(?<=[^`])|^)`[ \t]*$"),
}
_HEREDOC = re.compile(r"\d*<<(-?)\s*([^<]+)")
_WORD = re.compile(r"""(?:[^\s'"\\]|\\.|'[^']*'|"(?:\\.|[^"\\])*")+|['"].*|\\$""", re.DOTALL)


@dataclass(slots=True)
class LogicalLine:
    """An instruction's lines joined, and where each of its characters stood."""

    text: str
    pieces: list[tuple[int, int, int]]
    """Where in ``text`` a physical line begins, its number, and the column of its first character."""
    end_line: int

    def position(self, file: str | None, offset: int) -> Position:
        """Where a character stood."""
        piece = next((piece for piece in reversed(self.pieces) if piece[0] <= offset), self.pieces[0])
        return Position(file, piece[1], offset - piece[0] + piece[2])


class Scanner:
    """Goes through a text line by line; what is behind it is never looked at again."""

    def __init__(self, text: str, file: str | None) -> None:
        self._lines = text.split("\n")
        self._ends_open = self._lines[-1] != ""
        if not self._ends_open:
            self._lines.pop()
        self._file = file
        self.number = 0
        """How many physical lines are read."""
        self.escape = "\\"
        self.directives: list[Directive] = []
        self.notes: list[DockerfileNote] = []

    def source(self, first: int, last: int) -> str:
        """The text of some physical lines, the first counted from 1, line ends included."""
        text = "\n".join(self._lines[first - 1 : last])
        ended = last >= first and (last < len(self._lines) or not self._ends_open)
        return text + "\n" if ended else text

    @property
    def count(self) -> int:
        """The number of physical lines."""
        return len(self._lines)

    def read_directives(self) -> None:
        """The directives at the top; the first line that is none ends them (reference, "Parser directives")."""
        for number, raw in enumerate(self._lines, start=1):
            line = raw.removeprefix("\ufeff") if number == 1 else raw
            line = line.rstrip("\r").lstrip(BLANKS)
            match = _DIRECTIVE.fullmatch(line)
            if match is None or match[1].lower() not in _KNOWN:
                return
            place = Position(self._file, number, raw.index("#") + 1)
            name, value = match[1].lower(), match[2]
            if any(each.name == name for each in self.directives):
                raise input_error(f"The directive {name!r} is given twice.", place, hint="Remove one.")
            if name == "escape":
                if value not in _CONTINUATION:
                    message = f"The escape character is {value!r}."
                    raise input_error(message, place, hint="It can be a backslash or a backtick.")
                self.escape = value
            self.directives.append(Directive(name, value, place))

    def logical_lines(self) -> Iterator[LogicalLine]:
        """The instructions; after each, ``heredoc`` may take the lines that follow."""
        while self.number < len(self._lines):
            raw = self._lines[self.number]
            self.number += 1
            line = raw.removeprefix("\ufeff") if self.number == 1 else raw
            stripped = line.rstrip("\r").lstrip(BLANKS)
            if not stripped or stripped.startswith("#"):
                continue
            yield self._instruction(stripped, len(raw.rstrip("\r")) - len(stripped) + 1)

    def _instruction(self, line: str, column: int) -> LogicalLine:
        continuation = _CONTINUATION[self.escape]
        pieces = [(0, self.number, column)]
        parts, length = [], 0
        match = continuation.search(line)
        while True:
            part = line[: match.start()] if match else line
            parts.append(part)
            length += len(part)
            following = self._continued() if match else None
            if following is None:
                return LogicalLine("".join(parts), pieces, self.number)
            line = following
            pieces.append((length, self.number, 1))
            match = continuation.search(line)

    def _continued(self) -> str | None:
        """The next line that is neither a comment nor blank; None at the end of the file."""
        while self.number < len(self._lines):
            line = self._lines[self.number].rstrip("\r")
            self.number += 1
            stripped = line.lstrip(BLANKS)
            if stripped.startswith("#"):
                continue
            if stripped:
                return line
            message = "A blank line stands inside an instruction; Docker will refuse it one day."
            self.notes.append(DockerfileNote(message, Position(self._file, self.number, 1)))
        return None

    def heredoc(self, word: tuple[str, bool, bool], place: Position) -> Heredoc:
        """Take the lines of a heredoc; InputError when its last line is missing."""
        name, expand, strip_tabs = word
        first = self.number
        while self.number < len(self._lines):
            line = self._lines[self.number].rstrip("\r")
            self.number += 1
            if (line.lstrip("\t") if strip_tabs else line) == name:
                content = self.source(first + 1, self.number - 1)
                return Heredoc(name, content, expand, strip_tabs, Position(self._file, first + 1, 1))
        hint = f"A line that holds {name} alone ends it."
        raise input_error(f"The heredoc <<{name} has no end.", place, hint=hint)


def heredoc_names(text: str) -> Iterator[tuple[str, bool, bool]]:
    """Name, whether variables are filled in, and whether tabs are taken away, of each ``<<NAME`` in a line."""
    if "<<" not in text:
        return
    words = [match[0] for match in _WORD.finditer(text)]
    if words and words[-1][:1] in {'"', "'"} and (len(words[-1]) == 1 or words[-1][-1] != words[-1][0]):
        return  # a quotation that does not end: Docker looks for no heredoc then
    for word in words:
        match = _HEREDOC.fullmatch(word)
        if match is None:
            continue
        name = re.sub(r"\\(.)", r"\1", re.sub(r"['\"]", "", match[2]))
        if name and not re.search(r"\s", match[2]):
            yield name, not re.search(r"['\"]", match[2]), bool(match[1])
