"""What a Dockerfile holds; every part knows its place."""

from __future__ import annotations

from dataclasses import dataclass, field

from amlpriv.specs.positions import Position

__all__ = ["Directive", "Dockerfile", "DockerfileNote", "Flag", "Heredoc", "Instruction", "Pair", "Stage", "Word"]


@dataclass(frozen=True, slots=True)
class Directive:
    """A parser directive: ``syntax``, ``escape`` or ``check``; the name in lower case."""

    name: str
    value: str
    position: Position


@dataclass(frozen=True, slots=True)
class Word:
    """One argument; quotes and variables as written, except in the JSON form."""

    text: str
    position: Position

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Flag:
    """``--name=value`` between the instruction and its arguments; None for ``--name`` alone."""

    name: str
    value: str | None
    position: Position


@dataclass(frozen=True, slots=True)
class Pair:
    """``name=value`` of ENV, LABEL or ARG, quotes as written; the value is None for ``ARG name``."""

    name: str
    value: str | None = field(repr=False)  # people put secrets there
    position: Position


@dataclass(frozen=True, slots=True)
class Heredoc:
    """``<<NAME`` and the lines up to ``NAME``, without the last one."""

    name: str
    content: str = field(repr=False)
    expand: bool
    """Whether variables are filled in: the name was not quoted."""
    strip_tabs: bool
    """``<<-``: tabs at the beginning of lines are taken away; ``content`` still has them."""
    position: Position
    """Of the first line of the content."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, continuation lines and heredocs included."""

    name: str
    """In upper case."""
    position: Position
    end_line: int
    """The last physical line that belongs to it."""
    raw: str = field(repr=False)
    """The text as it stands in the file, line ends included; empty for what stands behind ONBUILD."""
    value: str = field(repr=False)
    """What follows the name and the flags, continuation lines joined."""
    flags: tuple[Flag, ...] = ()
    words: tuple[Word, ...] = ()
    """The arguments: the JSON array, or words, or all of it as one (RUN, CMD, ENTRYPOINT, USER, WORKDIR...)."""
    json: bool = False
    """Whether the arguments are a JSON array (the exec form)."""
    pairs: tuple[Pair, ...] = ()
    """Of ENV, LABEL and ARG."""
    heredocs: tuple[Heredoc, ...] = ()
    trigger: Instruction | None = None
    """What ONBUILD puts off."""

    def flag(self, name: str) -> str | None:
        """The value of a flag; "true" for one without, None when it is absent."""
        for flag in self.flags:
            if flag.name == name:
                return "true" if flag.value is None else flag.value
        return None


@dataclass(frozen=True, slots=True)
class Stage:
    """From one FROM to the next."""

    index: int
    base: str
    """The image or the name of an earlier stage, as written."""
    name: str | None
    """In lower case, as Docker compares it."""
    start: Instruction
    """The FROM."""
    instructions: tuple[Instruction, ...]
    """Those after it."""


@dataclass(frozen=True, slots=True)
class DockerfileNote:
    """Something that Docker warns of."""

    message: str
    position: Position


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A whole file."""

    file: str | None
    directives: tuple[Directive, ...]
    escape: str
    """The character that continues lines: a backslash or a backtick."""
    arguments: tuple[Instruction, ...]
    """ARG before the first FROM."""
    stages: tuple[Stage, ...]
    instructions: tuple[Instruction, ...]
    gaps: tuple[str, ...] = field(repr=False)
    """The text before each instruction, and after the last: comments, blank lines, directives."""
    notes: tuple[DockerfileNote, ...] = ()

    @property
    def text(self) -> str:
        """The file, character by character."""
        parts = (
            part for pair in zip(self.gaps, (each.raw for each in self.instructions), strict=False) for part in pair
        )
        return "".join(parts) + self.gaps[-1]

    def directive(self, name: str) -> Directive | None:
        """The directive of that name."""
        return next((each for each in self.directives if each.name == name), None)
