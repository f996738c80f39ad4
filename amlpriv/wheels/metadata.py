"""METADATA and WHEEL of a wheel, understood as far as installers do.

Read with the standard library's e-mail parser: ``packaging.metadata`` refuses unknown metadata versions and parses
differently from version to version, and only five fields are needed here.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from amlpriv.target import marker_complaint
from amlpriv.wheels.errors import BadMetadata, BadWheelFile, shown

__all__ = ["Metadata", "WheelFile", "parse_metadata", "parse_wheel_file"]

# Core metadata: Name.
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_WHEEL_VERSION = re.compile(r"([0-9]{1,9})\.[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Metadata:
    """The fields of METADATA that decide what is installed."""

    name: str
    """As spelled there."""
    version: Version
    requires_python: SpecifierSet | None
    requires_dist: tuple[Requirement, ...]
    provides_extra: tuple[str, ...]
    """Normalised, each once, in the order of the file."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WheelFile:
    """The fields of WHEEL that decide how it is installed."""

    root_is_purelib: bool
    tags: tuple[str, ...]
    """Expanded to one ``python-abi-platform`` each, in lower case, sorted."""
    notes: tuple[str, ...] = ()


def parse_metadata(filename: str, member: str, data: bytes) -> Metadata:
    """The METADATA at ``member``. Raises BadMetadata."""
    headers = _headers(data)
    name = _only(headers, "Name") or ""
    if _NAME.fullmatch(name) is None:
        raise BadMetadata(filename, f"has no usable Name ({name!r}).", member=member)
    version = _only(headers, "Version") or ""
    try:
        parsed = Version(version)
    except (InvalidVersion, ValueError) as error:
        raise BadMetadata(filename, f"has no usable Version ({version!r}).", member=member) from error

    requires_python, notes = _requires_python(_only(headers, "Requires-Python"))
    requires_dist = tuple(_requirement(filename, member, line) for line in _all(headers, "Requires-Dist"))
    extras = dict.fromkeys(str(canonicalize_name(extra)) for extra in _all(headers, "Provides-Extra"))
    return Metadata(name, parsed, requires_python, requires_dist, tuple(extras), notes)


def parse_wheel_file(filename: str, member: str, data: bytes) -> WheelFile:
    """The WHEEL at ``member``. Raises BadWheelFile."""
    headers = _headers(data)
    version = _only(headers, "Wheel-Version") or ""
    match = _WHEEL_VERSION.fullmatch(version)
    if match is None:
        raise BadWheelFile(filename, f"has no usable Wheel-Version ({version!r}).", member=member)
    if int(match[1]) != 1:
        raise BadWheelFile(
            filename,
            f"is of the wheel format {version}; pip installs 1.x.",
            member=member,
            hint="Build the wheel with a backend that writes wheel format 1.0.",
        )
    purelib = _only(headers, "Root-Is-Purelib")
    notes = () if purelib is not None else ("WHEEL does not say Root-Is-Purelib; installers take it as false.",)
    tags = sorted({tag for line in _all(headers, "Tag") for tag in _expanded(line)})
    return WheelFile((purelib or "").lower() == "true", tuple(tags), notes)


def _headers(data: bytes) -> Message:
    # Other encodings occur in authors' names; the fields read here are ASCII and would fail their own check.
    text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    return HeaderParser().parsestr(text)


def _all(headers: Message, field: str) -> list[str]:
    values = (" ".join(str(value).split()) for value in headers.get_all(field, []))
    return [value for value in values if value]


def _only(headers: Message, field: str) -> str | None:
    """The value of a field that stands once; the first one where it is repeated, as pip does."""
    return next(iter(_all(headers, field)), None)


def _requires_python(text: str | None) -> tuple[SpecifierSet | None, tuple[str, ...]]:
    if text is None:
        return None, ()
    try:
        return _readable(SpecifierSet(text)), ()
    except (InvalidSpecifier, ValueError):
        return None, (f"Requires-Python {shown(text)!r} is not a version range by PEP 440; pip ignores it.",)


def _requirement(filename: str, member: str, line: str) -> Requirement:
    try:
        requirement = Requirement(line)
        _readable(requirement.specifier)
    except (InvalidRequirement, ValueError):
        problem = f"has a Requires-Dist that is not a requirement by PEP 508: {shown(line)!r}."
        # Not "from error": that repeats the line, whose URL may hold a password.
        raise BadMetadata(filename, problem, member=member) from None
    if complaint := marker_complaint(requirement.marker):
        problem = f"has a Requires-Dist whose marker installers cannot evaluate ({complaint}): {shown(line)!r}."
        raise BadMetadata(filename, problem, member=member)
    return requirement


def _readable(specifiers: SpecifierSet) -> SpecifierSet:
    """``specifiers``; packaging reads their versions later, and then fails on an endless number. Raises ValueError."""
    for each in specifiers:
        if each.operator != "===":
            Version(each.version.removesuffix(".*"))
    return specifiers


def _expanded(line: str) -> list[str]:
    """``py2.py3-none-any`` as its two tags (PEP 425); what is not a tag stays as it is."""
    parts = line.lower().split("-")
    if len(parts) != 3:
        return [line]
    return ["-".join(tag) for tag in itertools.product(*(part.split(".") for part in parts))]
