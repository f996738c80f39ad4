"""What a requirements file holds: packages, options, other files; each with its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from amlpriv.specs.pip import PipOption, PipPath, PipRequirement, PipVcs
from amlpriv.specs.positions import Position

__all__ = [
    "IncludeLine",
    "OptionsLine",
    "RequirementLine",
    "RequirementsFile",
    "RequirementsLine",
    "RequirementsNote",
]


@dataclass(frozen=True, slots=True)
class RequirementLine:
    """A package: by name, address or path, with the options that stand behind it."""

    item: PipRequirement | PipPath | PipVcs
    position: Position
    """``line`` is the physical line where the logical line begins, as pip counts."""
    body: str = field(repr=False)
    """What stands before the options, or behind ``-e``: what pip takes as the requirement. May hold a secret."""
    config_settings: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    global_options: tuple[str, ...] = field(default=(), repr=False)
    variables: tuple[str, ...] = ()
    """Names of each ``${NAME}`` that is still there."""

    @property
    def hashes(self) -> tuple[str, ...]:
        """``algorithm:hex`` of each ``--hash``."""
        return self.item.hashes

    @property
    def editable(self) -> bool:
        """Whether it stands behind ``-e``."""
        return isinstance(self.item, PipPath | PipVcs) and self.item.editable


@dataclass(frozen=True, slots=True)
class OptionsLine:
    """One or more options for pip as a whole, in order; those that pip ignores are not here."""

    options: tuple[PipOption, ...]
    position: Position
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IncludeLine:
    """``-r`` or ``-c``: another file, by a path relative to this one, or by its URL."""

    option: PipOption
    position: Position
    variables: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """As written; may hold a secret when it is a URL."""
        return self.option.value or ""

    @property
    def constraint(self) -> bool:
        """Whether it is ``-c``."""
        return self.option.name == "--constraint"


RequirementsLine: TypeAlias = RequirementLine | OptionsLine | IncludeLine


@dataclass(frozen=True, slots=True)
class RequirementsNote:
    """Something that pip accepts in silence and the user should know."""

    message: str
    position: Position

    def __str__(self) -> str:
        return f"{self.position}: {self.message}"


@dataclass(frozen=True, slots=True)
class RequirementsFile:
    """One file, without those that it names."""

    file: str | None
    lines: tuple[RequirementsLine, ...]
    notes: tuple[RequirementsNote, ...] = ()

    @property
    def requirements(self) -> tuple[RequirementLine, ...]:
        """The packages."""
        return tuple(line for line in self.lines if isinstance(line, RequirementLine))

    @property
    def includes(self) -> tuple[IncludeLine, ...]:
        """The files behind ``-r``."""
        return tuple(line for line in self.lines if isinstance(line, IncludeLine) and not line.constraint)

    @property
    def constraints(self) -> tuple[IncludeLine, ...]:
        """The files behind ``-c``."""
        return tuple(line for line in self.lines if isinstance(line, IncludeLine) and line.constraint)

    @property
    def options(self) -> tuple[PipOption, ...]:
        """The options for pip as a whole, except ``-r`` and ``-c``."""
        return tuple(option for line in self.lines if isinstance(line, OptionsLine) for option in line.options)

    @property
    def indexes(self) -> tuple[PipOption, ...]:
        """``--index-url``, ``--extra-index-url``, ``--find-links`` and ``--no-index``, in order."""
        kinds = {"--index-url", "--extra-index-url", "--find-links", "--no-index"}
        return tuple(option for option in self.options if option.name in kinds)
