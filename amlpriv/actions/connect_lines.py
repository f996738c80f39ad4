"""The index and git lines of a specification, and which connection the image build would use for each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from amlpriv.actions.specification import read_file
from amlpriv.connections.kinds import StoredConnection
from amlpriv.connections.matching import match_git, match_index
from amlpriv.connections.uses import Use
from amlpriv.connections.verdicts import Verdict
from amlpriv.errors import InputError
from amlpriv.facts.images import target_for
from amlpriv.specs.environment import EnvironmentFile
from amlpriv.specs.pip import PipLine, PipOption, PipRequirement, PipVcs
from amlpriv.specs.positions import Position
from amlpriv.specs.sources import GitSource
from amlpriv.target import Target

__all__ = ["LineVerdict", "SourceLine", "SourceLines", "line_verdicts", "lines_of_file", "source_lines"]

_INDEX_OPTIONS = ("--index-url", "--extra-index-url", "--find-links")
_NAME = "connections"
"""Given in place of the environment's own name, which does not count here."""
_WEB = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SourceLine:
    """An address that a specification takes packages from. It may have a credential in it, so it does not print."""

    address: str
    git: bool
    position: Position | None = None

    def __repr__(self) -> str:
        return f"SourceLine({self.position}, git={self.git})"


@dataclass(frozen=True, slots=True)
class LineVerdict:
    """One line of a file, and what the image build does about it."""

    position: Position | None
    verdict: Verdict

    def as_json(self) -> dict[str, object]:
        """The object that ``--json`` prints."""
        place = self.position
        return {
            "file": place.file if place else None,
            "line": place.line if place else None,
            **self.verdict.as_json(),
        }

    def __str__(self) -> str:
        return f"{self.position}: {self.verdict}" if self.position else str(self.verdict)


@dataclass(frozen=True, slots=True)
class SourceLines:
    """The addresses that a specification takes packages from, and what its image is."""

    lines: tuple[SourceLine, ...] = ()
    use: Use = Use.JOB
    target: Target | None = None
    """What the packages have to run on; None where the file does not say."""


def lines_of_file(path: Path) -> SourceLines:
    """Those of an environment file, conda YAML, pyproject.toml or requirements file. Raises InputError with file and
    line."""
    try:
        file, says = read_file(path, name=_NAME).file, True
    except InputError:
        if path.suffix.lower() in (".yml", ".yaml") or not path.is_file():
            raise
        # Which Python it is for does not matter here, and such a file need not say it.
        file, says = read_file(path, name=_NAME, python="{}.{}".format(*Target().python)).file, False
    python = file.conda.python if file.conda and says else None
    return SourceLines(source_lines(file), use_of(file), target_for(file.image, python).target if python else None)


def use_of(file: EnvironmentFile) -> Use:
    """Whether the image is built from a conda file, a Dockerfile, or is there already."""
    if file.build is not None:
        return Use.BUILD_CONTEXT
    return Use.JOB if file.conda is not None or file.sources else Use.IMAGE


def source_lines(file: EnvironmentFile) -> tuple[SourceLine, ...]:
    """The addresses, each once, in the order of the file: its indexes, its git sources, its pip lines."""
    found = [SourceLine(index.url, False, index.position) for index in file.indexes.values()]
    found += [
        SourceLine(f"git+{source.url.removeprefix('git+')}", True, source.position)
        for source in file.sources.values()
        if isinstance(source, GitSource)
    ]
    for line in file.conda.pip if file.conda else ():
        found += _of_line(line)
    first: dict[tuple[str, bool], SourceLine] = {}
    for one in found:
        first.setdefault((one.address, one.git), one)
    return tuple(first.values())


def _of_line(line: PipLine) -> Iterator[SourceLine]:
    match line:
        case PipOption() if line.name in _INDEX_OPTIONS and _WEB.match(line.value or ""):
            yield SourceLine(line.value or "", False, line.position)
        case PipVcs() if line.url.lower().startswith("git+"):
            yield SourceLine(line.url, True, line.position)
        case PipRequirement() if (line.requirement.url or "").lower().startswith("git+"):
            yield SourceLine(line.requirement.url or "", True, line.position)


def line_verdicts(
    lines: Sequence[SourceLine], connections: Sequence[StoredConnection], *, use: Use = Use.JOB
) -> tuple[LineVerdict, ...]:
    """What the image build does about each line."""
    return tuple(
        LineVerdict(line.position, (match_git if line.git else match_index)(line.address, connections, use=use))
        for line in lines
    )
