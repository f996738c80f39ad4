"""A Dockerfile's text to its instructions and stages."""

from __future__ import annotations

import re
from collections.abc import Iterable

from amlpriv.errors import InputError
from amlpriv.specs.dockerfile.grammar import FLAGS, LISTED, NAMES, ONE, PAIRS, SHELL_OR_JSON, SWITCHES, WITH_HEREDOCS
from amlpriv.specs.dockerfile.model import Dockerfile, Flag, Heredoc, Instruction, Pair, Stage, Word
from amlpriv.specs.dockerfile.scanning import BLANKS, LogicalLine, Scanner, heredoc_names
from amlpriv.specs.dockerfile.words import json_array, split_flags, words_of
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import Problems, did_you_mean, input_error

__all__ = ["parse_dockerfile"]

_NAME = re.compile(r"[^\t\v\f\r ]+")
_STAGE_NAME = re.compile(r"[a-z][a-z0-9_.-]*")
_INVISIBLE = "It holds a no-break space, which Docker takes for a letter; put a blank there (in the line before, too)."
_NO_TRIGGERS = ("FROM", "MAINTAINER", "ONBUILD")


def parse_dockerfile(text: str, file: str | None = None) -> Dockerfile:
    """Read a Dockerfile; InputError, with the line, for what Docker refuses; its hint counts the other mistakes.

    ``text`` keeps its line ends (read the file with ``newline=""``): joined again, the parts give it back unchanged.
    """
    scanner = Scanner(text, file)
    scanner.read_directives()
    problems = Problems(file)
    instructions: list[Instruction] = []
    gaps: list[str] = []
    done = 0
    for line in scanner.logical_lines():
        first = line.pieces[0][1]
        gaps.append(scanner.source(done + 1, first - 1))
        with problems.collected():
            reader = _Reader(line, file, scanner)
            instructions.append(reader.read(0, first))
        done = scanner.number
    gaps.append(scanner.source(done + 1, scanner.count))
    problems.raise_first()
    before, stages = _stages(instructions, file)
    return Dockerfile(
        file,
        tuple(scanner.directives),
        scanner.escape,
        before,
        stages,
        tuple(instructions),
        tuple(gaps),
        tuple(scanner.notes),
    )


class _Reader:
    def __init__(self, line: LogicalLine, file: str | None, scanner: Scanner) -> None:
        self._line, self._file, self._scanner = line, file, scanner
        self._escape = scanner.escape

    def read(self, offset: int, first: int | None) -> Instruction:
        """The instruction that begins there; ``first`` is its line, None behind ONBUILD."""
        text = self._line.text
        offset = len(text) - len(text[offset:].lstrip(BLANKS))
        match = _NAME.match(text, offset)
        place = self._at(offset)
        if match is None:
            raise input_error("ONBUILD needs an instruction.", place)
        name = match[0].upper()
        heredocs = self._heredocs(name, match.end(), place)
        if name not in NAMES:
            hint = _INVISIBLE if re.search(r"[^\S\t\v\f\r ]", match[0]) else did_you_mean(name, NAMES)
            raise input_error(f"Docker has no instruction {match[0]!r}.", place, hint=hint)
        found, start = split_flags(text, match.end(), self._escape)
        flags = tuple(self._flags(name, found))
        value = text[start:].strip(BLANKS)
        start = len(text) - len(text[start:].lstrip(BLANKS))
        trigger = self._trigger(start) if name == "ONBUILD" else None
        if trigger is not None:
            heredocs = trigger.heredocs
        words, is_json = self._words(name, value, start, place)
        pairs = tuple(self._pairs(name, value, start)) if name in PAIRS else ()
        raw = "" if first is None else self._scanner.source(first, self._scanner.number)
        instruction = Instruction(
            name, place, self._scanner.number, raw, value, flags, words, is_json, pairs, heredocs, trigger
        )
        _check(instruction)
        return instruction

    def _at(self, offset: int) -> Position:
        return self._line.position(self._file, offset)

    def _heredocs(self, name: str, offset: int, place: Position) -> tuple[Heredoc, ...]:
        """Read even when the instruction turns out to be wrong, so that their lines are not taken for instructions."""
        if name not in WITH_HEREDOCS or "<<" not in self._line.text:
            return ()
        _, start = split_flags(self._line.text, offset, self._escape)
        try:
            if json_array(self._line.text[start:].strip(BLANKS)) is not None:
                return ()
        except InputError:
            return ()
        return tuple(self._scanner.heredoc(word, place) for word in heredoc_names(self._line.text))

    def _flags(self, name: str, found: Iterable[tuple[str, int]]) -> Iterable[Flag]:
        known = FLAGS.get(name, frozenset())
        seen = set()
        for word, offset in found:
            key, equals, value = word[2:].partition("=")
            if key not in known:
                hint = did_you_mean(key, known) if known else f"{name} has no flags."
                raise input_error(f"{name} has no flag '--{key}'.", self._at(offset), hint=hint)
            if key in seen and key not in LISTED:
                raise input_error(f"The flag '--{key}' is given twice.", self._at(offset), hint="Remove one.")
            if not equals and key not in SWITCHES:
                raise input_error(f"The flag '--{key}' needs a value.", self._at(offset), hint=f"Write --{key}=VALUE.")
            if equals and key in SWITCHES and value.lower() not in {"true", "false"}:
                raise input_error(f"'--{key}' is 'true' or 'false', not {value!r}.", self._at(offset))
            seen.add(key)
            yield Flag(key, value if equals else None, self._at(offset))

    def _trigger(self, start: int) -> Instruction:
        trigger = self.read(start, None)
        if trigger.name in _NO_TRIGGERS:
            raise input_error(f"{trigger.name} cannot stand behind ONBUILD.", trigger.position)
        return trigger

    def _words(self, name: str, value: str, start: int, place: Position) -> tuple[tuple[Word, ...], bool]:
        if name in PAIRS or name == "ONBUILD" or not value:
            return (), False
        if name == "HEALTHCHECK":
            return self._healthcheck(value, start, place)
        if name in ONE:
            return (Word(value, self._at(start)),), False
        if name in SHELL_OR_JSON or name in {"ADD", "COPY", "VOLUME"}:
            items = self._json(value, start)
            if items is not None:
                return items, True
        if name in SHELL_OR_JSON:
            return (Word(value, self._at(start)),), False
        return tuple(Word(match[0], self._at(start + match.start())) for match in _NAME.finditer(value)), False

    def _json(self, value: str, start: int) -> tuple[Word, ...] | None:
        try:
            items = json_array(value)
        except InputError as error:
            raise input_error(error.message, self._at(start), hint=error.hint) from None
        return None if items is None else tuple(Word(item, self._at(start)) for item in items)

    def _healthcheck(self, value: str, start: int, place: Position) -> tuple[tuple[Word, ...], bool]:
        kind, command = [*value.split(None, 1), ""][:2]
        if kind.upper() not in {"CMD", "NONE"}:
            raise input_error(f"HEALTHCHECK is followed by CMD or NONE, not {kind!r}.", place)
        if bool(command) != (kind.upper() == "CMD"):
            needs = "needs a command" if kind.upper() == "CMD" else "takes no arguments"
            raise input_error(f"HEALTHCHECK {kind.upper()} {needs}.", place)
        first = Word(kind.upper(), self._at(start))
        if not command:
            return (first,), False
        offset = start + len(value) - len(command)
        items = self._json(command, offset)
        return (first, *(items or (Word(command, self._at(offset)),))), items is not None

    def _pairs(self, name: str, value: str, start: int) -> Iterable[Pair]:
        words = list(words_of(value, 0, self._escape))
        if name != "ARG" and words and "=" not in words[0][0]:
            # The old form: ENV name value, with all that follows as the value.
            key, *rest = re.split(r"[\t\v\f\r ]+", value, maxsplit=1)
            if not rest:
                message = f"{name} {key} has no value."
                raise input_error(message, self._at(start), hint=f"Write {name} {key}=VALUE.")
            yield Pair(key, rest[0], self._at(start))
            return
        for word, offset in words:
            key, equals, text = word.partition("=")
            if not key or (name != "ARG" and not equals):
                message = f"{name} expects name=value, not {word.partition('=')[0] or '='!r}."
                raise input_error(message, self._at(start + offset), hint="Put a value with blanks in quotes.")
            yield Pair(key, text if equals else None, self._at(start + offset))


def _check(instruction: Instruction) -> None:
    name, place, count = instruction.name, instruction.position, len(instruction.words)
    if name in {"ADD", "COPY"} and count < 2:
        raise input_error(f"{name} needs a source and a destination.", place)
    if (name in ONE or name in {"EXPOSE", "VOLUME", "HEALTHCHECK", "SHELL"}) and not count:
        raise input_error(f"{name} needs an argument.", place)
    if name in PAIRS and not instruction.pairs:
        raise input_error(f"{name} needs an argument.", place, hint=f"Write {name} name=value.")
    if name == "SHELL" and not instruction.json:
        raise input_error("SHELL needs a JSON array.", place, hint='Write SHELL ["/bin/bash", "-c"].')
    if name == "FROM":
        _check_from(instruction)


def _check_from(instruction: Instruction) -> None:
    words = instruction.words
    if len(words) not in {1, 3} or (len(words) == 3 and words[1].text.upper() != "AS"):
        hint = "Write FROM image, or FROM image AS name."
        raise input_error("FROM needs an image, and perhaps 'AS name'.", instruction.position, hint=hint)
    if len(words) == 3 and not _STAGE_NAME.fullmatch(words[2].text.lower()):
        hint = "It begins with a letter; letters, digits, '_', '.' and '-' follow."
        raise input_error(f"{words[2].text!r} cannot be the name of a stage.", words[2].position, hint=hint)


def _stages(instructions: list[Instruction], file: str | None) -> tuple[tuple[Instruction, ...], tuple[Stage, ...]]:
    starts = [number for number, each in enumerate(instructions) if each.name == "FROM"]
    before = instructions[: starts[0]] if starts else instructions
    for instruction in before:
        if instruction.name != "ARG":
            message = f"{instruction.name} stands before the first FROM."
            raise input_error(message, instruction.position, hint="Only ARG may stand there.")
    if not starts:
        place = Position(file, instructions[-1].position.line if instructions else 1, 1)
        raise input_error("The Dockerfile has no FROM.", place, hint="Write FROM and a base image.")
    stages = []
    for index, (start, end) in enumerate(zip(starts, [*starts[1:], len(instructions)], strict=True)):
        words = instructions[start].words
        name = words[2].text.lower() if len(words) == 3 else None
        stages.append(Stage(index, words[0].text, name, instructions[start], tuple(instructions[start + 1 : end])))
    return tuple(before), tuple(stages)
