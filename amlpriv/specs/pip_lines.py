"""The kinds of pip lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from amlpriv.secret import redact
from amlpriv.specs.matchspec import holds_template
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import input_error
from amlpriv.target import marker_complaint

__all__ = ["PipLine", "PipOption", "PipPath", "PipRequirement", "PipVcs", "read_requirement"]


class _Line:
    """Shows the line without the secrets that it may hold."""

    __slots__ = ()
    text: str

    def __repr__(self) -> str:
        return f"{type(self).__name__}({redact(self.text)!r})"


@dataclass(frozen=True, slots=True, repr=False)
class PipRequirement(_Line):
    """A package by name, or by the URL of an archive that carries its name."""

    text: str
    """As written, without comment."""
    requirement: Requirement
    hashes: tuple[str, ...] = ()
    """``algorithm:hex`` of each ``--hash``."""
    position: Position | None = None
    template: bool = False
    """Whether a template engine has to fill it in first; ``requirement`` has name and extras only then."""

    @property
    def name(self) -> str:
        """The name, normalised (PEP 503)."""
        return canonicalize_name(self.requirement.name)


@dataclass(frozen=True, slots=True, repr=False)
class PipPath(_Line):
    """A wheel or a project folder on this machine."""

    text: str
    path: str
    extras: frozenset[str] = frozenset()
    editable: bool = False
    position: Position | None = None
    marker: str | None = None
    hashes: tuple[str, ...] = ()

    def named(self, name: str) -> PipRequirement:
        """The requirement that takes this line's place once the package's name is known; extras and marker are kept."""
        return _named(name, self)


@dataclass(frozen=True, slots=True, repr=False)
class PipOption(_Line):
    """An option such as ``--index-url``; ``name`` is its long form."""

    text: str
    name: str
    value: str | None = None
    position: Position | None = None


@dataclass(frozen=True, slots=True, repr=False)
class PipVcs(_Line):
    """A version control address, or a URL that does not tell the package's name."""

    text: str
    url: str
    name: str | None = None
    extras: frozenset[str] = frozenset()
    position: Position | None = None
    marker: str | None = None
    editable: bool = False
    hashes: tuple[str, ...] = ()

    def named(self, name: str) -> PipRequirement:
        """The requirement that takes this line's place once the package is packed; extras and marker are kept."""
        return _named(name, self)


def _named(name: str, line: PipPath | PipVcs) -> PipRequirement:
    extras = f"[{','.join(sorted(line.extras))}]" if line.extras else ""
    text = f"{name}{extras}" + (f" ; {line.marker}" if line.marker else "")
    return PipRequirement(text, read_requirement(text, line.position), line.hashes, line.position)


PipLine: TypeAlias = PipRequirement | PipPath | PipOption | PipVcs


def read_requirement(text: str, position: Position | None) -> Requirement:
    """A requirement by PEP 508; InputError for what pip could not read, or whose marker it could not evaluate."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        reason = redact(str(error).partition("\n")[0])
        hint = None
        if holds_template(text):
            hint = "Fill in the template first; pip does not know it."
        elif re.fullmatch(r"[\w.\[\], -]+=[^=].*", text):
            hint = "pip compares with '==' (a single '=' is conda's)."
        elif re.search(r"[\x00-\x08\x0e-\x1f\x7f-\xa0\u200b-\u200f\u2060\ufeff]", text):
            hint = "It holds a character that cannot be seen; write the line again, and save the file as UTF-8."
        message = f"Not a requirement that pip accepts: {redact(text)!r} ({reason})."
        raise input_error(message, position, hint=hint) from None
    if complaint := marker_complaint(requirement.marker):
        message = f"pip cannot evaluate the marker {str(requirement.marker)!r}: {complaint}."
        raise input_error(message, position, hint="Compare texts with == and !=, versions with all operators.")
    return requirement
