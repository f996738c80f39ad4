"""The options of a requirements line: split as a POSIX shell would, then read as Python's ``optparse`` does.

That is what pip does, so that abbreviations (``--index``), clusters (``-rfile``) and quotes mean what they mean there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from amlpriv.errors import InputError
from amlpriv.specs.pip_options import FEATURES, FLAGS, PER_REQUIREMENT, REMOVED, SHORT, WITH_VALUE
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import did_you_mean, input_error
from amlpriv.specs.requirements.joining import LogicalLine

__all__ = ["LineOption", "SplitLine", "split_line"]

_OPTIONS = re.compile(r"(?:^| )-")
_PLAIN = re.compile(r"[^\s'\"\\]+")
_BLANKS = re.compile(r"[ \t\r\n]*")
_ALIASES = {"--pypi-url": "--index-url"}
_WITH = WITH_VALUE | PER_REQUIREMENT
_LONG = _WITH | FLAGS | _ALIASES.keys()


@dataclass(frozen=True, slots=True)
class LineOption:
    """An option by its long name, with its value; None for a flag."""

    name: str
    value: str | None
    position: Position


@dataclass(frozen=True, slots=True)
class SplitLine:
    """The part before the first option, the options, and words among them, which pip ignores."""

    body: str
    options: tuple[LineOption, ...]
    ignored: tuple[str, ...]
    lost_backslash: bool
    """Whether a backslash outside quotes vanished from an option's value."""


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    offset: int


def split_line(line: LogicalLine, file: str | None) -> SplitLine:
    """Take a line apart; InputError for an option that pip does not have, or a value too few or too many."""
    match = _OPTIONS.search(line.text)
    if match is None:
        return SplitLine(line.text, (), (), False)
    body, start = line.text[: match.start()], match.end() - 1
    words = list(_words(line, file, start))
    lost = "\\" in re.sub(r"'[^']*'|\"[^\"]*\"", "", line.text[start:])
    options, ignored = _Reader(line, file, words).read()
    return SplitLine(body, tuple(options), tuple(ignored), lost)


def _words(line: LogicalLine, file: str | None, start: int) -> Iterator[_Word]:
    text, place = line.text, start
    while True:
        blanks = _BLANKS.match(text, place)
        place = blanks.end() if blanks else place
        if place >= len(text):
            return
        word, end = _word(line, file, place)
        yield _Word(word, place)
        place = end


def _word(line: LogicalLine, file: str | None, place: int) -> tuple[str, int]:
    text, parts = line.text, []
    while place < len(text) and text[place] not in " \t\r\n":
        match text[place]:
            case "'" | '"' as quote:
                part, place = _quoted(line, file, place, quote)
            case "\\":
                if place + 1 == len(text):
                    raise input_error("A line ends with a lone backslash.", line.position(file, place))
                part, place = text[place + 1], place + 2
            case _:
                plain = _PLAIN.match(text, place)
                part, place = (plain[0], plain.end()) if plain else (text[place], place + 1)
        parts.append(part)
    return "".join(parts), place


def _quoted(line: LogicalLine, file: str | None, place: int, quote: str) -> tuple[str, int]:
    text, parts, at = line.text, [], place + 1
    while at < len(text) and text[at] != quote:
        if quote == '"' and text[at] == "\\" and text[at + 1 : at + 2] in {'"', "\\"}:
            at += 1
        parts.append(text[at])
        at += 1
    if at >= len(text):
        message = f"A quotation mark {quote} among the options is not closed."
        raise input_error(message, line.position(file, place), hint="Close it, or remove it.")
    return "".join(parts), at + 1


class _Reader:
    def __init__(self, line: LogicalLine, file: str | None, words: list[_Word]) -> None:
        self._line, self._file = line, file
        self._words = words
        self._next = 0

    def read(self) -> tuple[list[LineOption], list[str]]:
        options: list[LineOption] = []
        ignored: list[str] = []
        while self._next < len(self._words):
            word = self._words[self._next]
            self._next += 1
            if word.text == "--":
                ignored.extend(rest.text for rest in self._words[self._next :])
                break
            if word.text.startswith("--"):
                options.append(self._long(word))
            elif word.text.startswith("-") and len(word.text) > 1:
                options.append(self._short(word))
            else:
                ignored.append(word.text)
        return options, ignored

    def _long(self, word: _Word) -> LineOption:
        written, equals, value = word.text.partition("=")
        name = self._full_name(written, word)
        if name in FLAGS:
            if equals:
                raise self._error(f"{name} takes no value.", word)
            return LineOption(name, None, self._at(word))
        return self._checked(name, value if equals else self._value(name, word), word)

    def _short(self, word: _Word) -> LineOption:
        name = SHORT.get(word.text[1])
        if name is None:
            raise self._unknown(word.text[:2], word)
        # All short options take a value: the rest of the word, or the next one.
        return self._checked(name, word.text[2:] or self._value(name, word), word)

    def _full_name(self, written: str, word: _Word) -> str:
        if written in _LONG:
            return _ALIASES.get(written, written)
        matches = sorted(name for name in _LONG if name.startswith(written))
        if len(matches) > 1 and len(written) > 2:
            message = f"The option {written!r} can mean several: {', '.join(matches)}."
            raise self._error(message, word, "Write it out.")
        if len(matches) == 1:
            return _ALIASES.get(matches[0], matches[0])
        raise self._unknown(written, word)

    def _value(self, name: str, word: _Word) -> str:
        if self._next >= len(self._words):
            raise self._error(f"{name} needs a value.", word)
        self._next += 1
        return self._words[self._next - 1].text

    def _checked(self, name: str, value: str, word: _Word) -> LineOption:
        if name == "--hash" and not re.match(r"sha(?:256|384|512):", value):
            hint = "Write --hash=sha256: and 64 hexadecimal digits; sha384 and sha512 are possible too."
            raise self._error(f"{value!r} is not a hash that pip accepts.", word, hint)
        if name == "--config-settings" and "=" not in value:
            raise self._error(f"--config-settings needs KEY=VALUE, not {value!r}.", word)
        if name in {"--no-binary", "--only-binary", "--all-releases", "--only-final"} and value.startswith("-"):
            raise self._error(f"{name} needs a value; {value!r} is an option.", word)
        if name == "--use-feature" and value not in FEATURES:
            raise self._error(f"pip has no feature {value!r}.", word, did_you_mean(value, FEATURES))
        return LineOption(name, value, self._at(word))

    def _unknown(self, written: str, word: _Word) -> InputError:
        hint = REMOVED.get(written) or did_you_mean(written, WITH_VALUE | FLAGS | PER_REQUIREMENT)
        return self._error(f"pip has no option {written!r} in a requirements file.", word, hint)

    def _error(self, message: str, word: _Word, hint: str | None = None) -> InputError:
        return input_error(message, self._at(word), hint=hint)

    def _at(self, word: _Word) -> Position:
        return self._line.position(self._file, word.offset)
