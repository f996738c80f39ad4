"""One requirements text to its lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from amlpriv.secret import redact
from amlpriv.specs.pip import PipOption, PipPath, PipRequirement, PipVcs, read_pip_package
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import Problems, input_error
from amlpriv.specs.requirements.joining import LogicalLine, logical_lines
from amlpriv.specs.requirements.lines import (
    IncludeLine,
    OptionsLine,
    RequirementLine,
    RequirementsFile,
    RequirementsLine,
    RequirementsNote,
)
from amlpriv.specs.requirements.options import LineOption, SplitLine, split_line

__all__ = ["parse_requirements"]

# pip documentation, "Using environment variables": upper case, digits and underscores only.
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_EGG = re.compile(r"[#&]egg=([^&]*)")
_WEB = re.compile(r"(?:https?|ftp)://", re.IGNORECASE)
_NAME = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.IGNORECASE)
_HEX = {"sha256": 64, "sha384": 96, "sha512": 128}
_INCLUDES = ("--requirement", "--constraint")
_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


def parse_requirements(
    text: str, file: str | None = None, *, constraint: bool = False, variables: Mapping[str, str] = _NO_VARIABLES
) -> RequirementsFile:
    """Read the text of a requirements file (or of a constraints file); its ``-r`` and ``-c`` are left as they are.

    ``variables`` takes the place of each ``${NAME}`` that it has, as pip does with the environment; the others stay and
    are named in the line's ``variables``. InputError, with the line, for what pip refuses; its hint counts the others.
    """
    problems = Problems(file)
    reader = _Reader(file, constraint, variables)
    lines: list[RequirementsLine] = []
    for logical in logical_lines(text):
        with problems.collected():
            lines.append(reader.read(logical))
    problems.raise_first()
    return RequirementsFile(file, tuple(lines), tuple(reader.notes))


class _Reader:
    def __init__(self, file: str | None, constraint: bool, variables: Mapping[str, str]) -> None:
        self._file = file
        self._constraint = constraint
        self._values = variables
        self.notes: list[RequirementsNote] = []

    def read(self, line: LogicalLine) -> RequirementsLine:
        names: tuple[str, ...] = ()
        if "${" in line.text:
            line, names = self._expanded(line)
        start = line.start(self._file)
        split = split_line(line, self._file)
        if split.lost_backslash:
            self._note("pip drops the backslashes of this option; write '/', or put the value in quotes.", start)
        if split.ignored:
            words = " ".join(split.ignored)
            self._note(f"pip ignores {words!r} behind the options.", start)
        editables = [option for option in split.options if option.name == "--editable"]
        if split.body or editables:
            return self._requirement(line, split, editables, start, names)
        return self._options(split.options, start, names)

    def _expanded(self, line: LogicalLine) -> tuple[LogicalLine, tuple[str, ...]]:
        text = line.text
        for name in _VARIABLE.findall(text):
            if value := self._values.get(name):
                text = text.replace(f"${{{name}}}", value)
        return LogicalLine(text, line.line, line.pieces, line.shift), tuple(dict.fromkeys(_VARIABLE.findall(text)))

    def _note(self, message: str, position: Position) -> None:
        self.notes.append(RequirementsNote(message, position))

    def _requirement(
        self, line: LogicalLine, split: SplitLine, editables: list[LineOption], start: Position, names: tuple[str, ...]
    ) -> RequirementLine:
        # As pip does: a -e behind a requirement makes it editable, and its own value is lost.
        body = split.body or editables[0].value or ""
        self._ignored(split.options, ("--editable", "--hash", "--config-settings", "--global-option"), "a requirement")
        if len(editables) > bool(not split.body):
            self._note("pip takes one package per line and ignores the others.", editables[-1].position)
        if editables and self._constraint:
            raise input_error("pip does not accept -e in a constraints file.", start, hint="Write name==version.")
        hashes = [option for option in split.options if option.name == "--hash"]
        if editables and hashes:
            self._note("pip ignores --hash behind -e.", hashes[0].position)
            hashes = []
        settings = (o.value.partition("=") for o in split.options if o.name == "--config-settings" and o.value)
        global_options = [option for option in split.options if option.name == "--global-option"]
        if global_options:
            self._note("pip 25.3 removed --global-option; use --config-settings.", global_options[0].position)
        item = self._package(line.text, body, start, tuple(self._hashes(hashes)), editable=bool(editables))
        _check_egg(item, body, start)
        if self._constraint:
            _check_constraint(item, start)
        return RequirementLine(
            item,
            start,
            body,
            tuple((key, value) for key, _, value in settings),
            tuple(option.value or "" for option in global_options),
            names,
        )

    def _package(
        self, text: str, body: str, start: Position, hashes: tuple[str, ...], *, editable: bool
    ) -> PipRequirement | PipPath | PipVcs:
        address, separator, marker = body.partition("; ")
        if editable or not _WEB.match(body) or not re.search(r"\s", address.strip()):
            return read_pip_package(body, start, text=text, hashes=hashes, editable=editable)
        self._note("pip takes the blanks as a part of the address; write %20.", start)
        named = read_pip_package(f"name{separator}{marker}", start)
        found = named.requirement.marker if isinstance(named, PipRequirement) else None
        return PipVcs(text, address.strip(), None, frozenset(), start, str(found) if found else None, hashes=hashes)

    def _hashes(self, options: Iterable[LineOption]) -> Iterable[str]:
        for option in options:
            algorithm, _, digits = (option.value or "").partition(":")
            if len(digits) != _HEX[algorithm] or re.search("[^0-9a-fA-F]", digits):
                message = f"No file has this {algorithm}: {_HEX[algorithm]} hexadecimal digits are needed."
                self._note(message, option.position)
            yield f"{algorithm}:{digits.lower()}"

    def _ignored(self, options: Iterable[LineOption], kept: tuple[str, ...], where: str) -> None:
        for option in options:
            if option.name not in kept:
                self._note(f"pip ignores {option.name} behind {where}; give it its own line.", option.position)

    def _options(
        self, options: tuple[LineOption, ...], start: Position, names: tuple[str, ...]
    ) -> OptionsLine | IncludeLine:
        for kind in _INCLUDES:
            if first := next((option for option in options if option.name == kind), None):
                self._ignored((option for option in options if option is not first), (), kind)
                return IncludeLine(_pip_option(first), start, names)
        return OptionsLine(tuple(self._effective(options)), start, names)

    def _effective(self, options: Iterable[LineOption]) -> Iterable[PipOption]:
        links = False
        for option in options:
            if option.name in {"--hash", "--config-settings", "--global-option"}:
                self._note(f"pip ignores {option.name} without a requirement before it.", option.position)
            elif option.name == "--find-links" and links:
                self._note("pip takes one --find-links per line and ignores the others.", option.position)
            else:
                links = links or option.name == "--find-links"
                yield _pip_option(option)


def _check_egg(item: PipRequirement | PipPath | PipVcs, body: str, position: Position) -> None:
    """pip since 25.0 refuses ``#egg=`` with anything but a name (its documentation, "VCS Support")."""
    if isinstance(item, PipRequirement):
        address = item.requirement.url or ""
    else:
        # Behind -e, pip takes all of it as the address.
        whole = item.editable and " @ " not in body
        address = body if whole or isinstance(item, PipPath) else item.url
    match = _EGG.search(address)
    if match and not _NAME.fullmatch(match[1]):
        message = f"pip does not accept {redact(match[0][1:])!r}: only a name may stand there."
        raise input_error(message, position, hint="Write 'name[extra] @ URL'.")


def _check_constraint(item: PipRequirement | PipPath | PipVcs, position: Position) -> None:
    """pip documentation, "Constraints Files": a name is needed, and extras cannot stand there."""
    extras = item.requirement.extras if isinstance(item, PipRequirement) else item.extras
    if extras:
        raise input_error("pip does not accept extras in a constraints file.", position, hint="Write name==version.")
    if isinstance(item, PipVcs) and item.name is None:
        message = "pip does not accept an address without a name in a constraints file."
        raise input_error(message, position, hint="Write 'name @ URL'.")


def _pip_option(option: LineOption) -> PipOption:
    text = option.name if option.value is None else f"{option.name} {option.value}"
    return PipOption(text, option.name, option.value, option.position)
