"""A requirements file with everything behind its ``-r`` and ``-c``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from types import MappingProxyType
from typing import TypeAlias
from urllib.parse import urljoin

from amlpriv.errors import AmlprivError
from amlpriv.secret import redact
from amlpriv.specs.pip import PipOption
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import input_error
from amlpriv.specs.requirements.decoding import decode_requirements
from amlpriv.specs.requirements.lines import (
    IncludeLine,
    OptionsLine,
    RequirementLine,
    RequirementsFile,
    RequirementsNote,
)
from amlpriv.specs.requirements.reading import parse_requirements

__all__ = ["Indexes", "Load", "PlacedLine", "RequirementsTree", "flatten", "index_settings", "read_requirements"]

Load: TypeAlias = Callable[[str], "bytes | str"]
"""Gives the content of a file by its path, or of a URL; raises when there is none."""

_URL = re.compile(r"(?:https?|file):", re.IGNORECASE)
_MAX_FILES = 1000  # files that include each other twice grow without end
_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RequirementsTree:
    """A file, and for each of its ``-r`` and ``-c`` lines, in order, the tree behind it."""

    file: RequirementsFile
    constraint: bool
    children: tuple[RequirementsTree, ...]

    @property
    def notes(self) -> tuple[RequirementsNote, ...]:
        """The notes of all files."""
        return (*self.file.notes, *(note for child in self.children for note in child.notes))


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A package or an option, and what it is there: ``via`` has the ``-r`` and ``-c`` lines that lead to it."""

    line: RequirementLine | OptionsLine
    constraint: bool
    via: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Indexes:
    """Where pip looks for packages when all options have been read; URLs may hold secrets, repr shows none."""

    index: PipOption | None
    """None: pip's own configuration decides."""
    extra: tuple[PipOption, ...]
    find_links: tuple[PipOption, ...]
    no_index: bool


def read_requirements(
    file: str, load: Load, *, constraint: bool = False, variables: Mapping[str, str] = _NO_VARIABLES
) -> RequirementsTree:
    """Read a file and all that it names; a relative path counts from the file that holds it, as in pip.

    ``load`` is asked for each file once, twice when it is a constraints file as well. InputError, with file and line:
    what pip refuses, a file that ``load`` does not have, a file that leads back to itself (with the chain).
    """
    return _Loader(load, variables).read(_normal(file), constraint, ())


class _Loader:
    def __init__(self, load: Load, variables: Mapping[str, str]) -> None:
        self._load = load
        self._variables = variables
        self._read: dict[tuple[str, bool], RequirementsFile] = {}
        self._count = 0

    def read(self, path: str, constraint: bool, chain: tuple[tuple[str, Position], ...]) -> RequirementsTree:
        self._count += 1
        if self._count > _MAX_FILES:
            message = f"More than {_MAX_FILES} files are included, some of them again and again."
            raise input_error(message, chain[-1][1] if chain else None)
        file = self._file(path, constraint, chain)
        children = []
        for line in file.lines:
            if isinstance(line, IncludeLine):
                target = _target(path, line.target)
                longer = (*chain, (path, line.position))
                self._refuse_cycle(target, line, longer)
                children.append(self.read(target, line.constraint, longer))
        return RequirementsTree(file, constraint, tuple(children))

    def _refuse_cycle(self, target: str, line: IncludeLine, chain: tuple[tuple[str, Position], ...]) -> None:
        names = [name for name, _ in chain]
        if target in names:
            steps = [f"{redact(name)} line {place.line}" for name, place in chain[names.index(target) :]]
            message = f"{redact(target)!r} includes itself: {' -> '.join([*steps, redact(target)])}."
            raise input_error(message, line.position, hint="Remove one of these lines.")

    def _file(self, path: str, constraint: bool, chain: tuple[tuple[str, Position], ...]) -> RequirementsFile:
        if (path, constraint) not in self._read:
            data = self._content(path, chain)
            decoded = decode_requirements(data, path) if isinstance(data, bytes) else None
            text = decoded.text if decoded else str(data)
            file = parse_requirements(text, redact(path), constraint=constraint, variables=self._variables)
            if decoded and decoded.note:
                note = RequirementsNote(decoded.note, Position(redact(path), 1, 1))
                file = RequirementsFile(file.file, file.lines, (note, *file.notes))
            self._read[path, constraint] = file
        return self._read[path, constraint]

    def _content(self, path: str, chain: tuple[tuple[str, Position], ...]) -> bytes | str:
        try:
            return self._load(path)
        except (AmlprivError, OSError, KeyError) as error:
            if not chain:
                raise
            reason = error.message if isinstance(error, AmlprivError) else type(error).__name__
            message = f"The file {redact(path)!r} cannot be read ({reason.rstrip('.')})."
            hint = "The path counts from the file that holds the line."
            raise input_error(message, chain[-1][1], hint=hint) from None


def _target(including: str, target: str) -> str:
    if _URL.match(including):
        return urljoin(including, target)
    if _URL.match(target):
        return target
    return _normal(str(PurePath(including).parent / target))


def _normal(path: str) -> str:
    """Without ``.`` and ``..``, as far as the text tells, so that one file has one name."""
    if _URL.match(path):
        return path
    pure = PurePath(path)
    parts: list[str] = []
    for part in pure.parts[len(pure.anchor and (pure.anchor,)) :]:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part != ".." or not pure.anchor:
            parts.append(part)
    return str(PurePath(pure.anchor, *parts))


def flatten(tree: RequirementsTree) -> Iterator[PlacedLine]:
    """All lines in the order in which pip meets them: an included file's lines stand where the include stands.

    As in pip, what is behind a ``-r`` inside a constraints file is a requirement again.
    """
    yield from _flatten(tree, ())


def _flatten(tree: RequirementsTree, via: tuple[Position, ...]) -> Iterator[PlacedLine]:
    children = iter(tree.children)
    for line in tree.file.lines:
        if isinstance(line, IncludeLine):
            yield from _flatten(next(children), (*via, line.position))
        else:
            yield PlacedLine(line, tree.constraint, via)


def index_settings(lines: Iterable[PlacedLine]) -> Indexes:
    """What the options of all lines come to: a later --index-url replaces all before it, --no-index ends them all."""
    index: PipOption | None = None
    extra: list[PipOption] = []
    links: list[PipOption] = []
    no_index = False
    for placed in lines:
        if not isinstance(placed.line, OptionsLine):
            continue
        options = {option.name: option for option in placed.line.options}
        if "--no-index" in options:
            index, extra, no_index = None, [], True
        if "--index-url" in options and not no_index:
            # pip replaces the whole list, extra indexes of earlier lines included.
            index, extra = options["--index-url"], []
        if not no_index:
            extra += [option for option in placed.line.options if option.name == "--extra-index-url"]
        links += [option for option in placed.line.options if option.name == "--find-links"]
    return Indexes(index, tuple(extra), tuple(links), no_index)
