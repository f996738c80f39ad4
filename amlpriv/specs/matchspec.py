"""One line of a conda file's ``dependencies:``: conda's MatchSpec, read as conda reads it.

Rule: conda's documentation, "Package match specifications". A line is ``channel/subdir::name``, then a version and a
build, after blanks or ``=``, or as ``[key=value]``. ``=1.2`` is any 1.2, ``==1.2`` and `` 1.2`` exactly that one, and
``=1.2=build`` exactly that one of this build.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from amlpriv.secret import redact
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import did_you_mean, input_error

__all__ = ["MatchSpec", "holds_template", "parse_match"]

_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]*|\*"
_LINE = re.compile(
    rf"(?:(?P<channel>\S+?)::|(?P<namespace>[A-Za-z0-9_./-]*):)?(?P<name>{_NAME})(?P<rest>[ \t=<>!~\[(].*)?"
)
_ARCHIVE = re.compile(r"(?P<address>[^\s#]+)(?:\.conda|\.tar\.bz2)(?:#\S+)?")
_ARCHIVE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_BRACKETS = re.compile(r"(?P<before>[^\[]*)\[(?P<inside>[^\[\]]*)\]\s*")
_FIELD = re.compile(r"""\s*(?P<key>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?P<value>"[^"]*"|'[^']*'|[^,\s'"]+)\s*(?:,|$)""")
_SUBDIR = re.compile(r"(?P<channel>.+)/(?P<subdir>noarch|(?:linux|osx|win|emscripten|freebsd|wasi|zos)-[a-z0-9_]+)")
_NOT_IN_BUILD = "-=,|<>~"
_OPERATORS = "=!|,<>~"
_ATOM = re.compile(r"(?P<operator>==|!=|<=|>=|~=|=|<|>)?(?P<version>[0-9A-Za-z_.!+*-]+)")
_VERSION = re.compile(r"(?:[0-9]+!)?[0-9a-z]+(?:[._-][0-9a-z]+)*_?(?:\+[0-9a-z]+(?:[._-][0-9a-z]+)*)?")
_GLOB = re.compile(r"[0-9a-z_.]+(?:\*[0-9a-z_.]+)+")
"""conda.models.version.VersionOrder: an epoch, components that are not empty, a local version."""
_LONGEST = 4096  # a line that somebody wrote is far below; patterns would take seconds for a megabyte

_KEYS = (
    *("build", "build_number", "channel", "features", "fn", "license", "license_family", "md5", "name", "sha256"),
    *("size", "subdir", "timestamp", "track_features", "url", "version"),
)
"""What may stand in brackets (conda.models.match_spec)."""


@dataclass(frozen=True, slots=True)
class MatchSpec:
    """A package, and which versions and builds of it will do."""

    name: str
    """Lower case."""
    version: str | None = None
    """In the normal form: ``1.2.*``, ``1.2`` (exactly), ``>=1,<2``, ``1.*|3.*``; None for any."""
    build: str | None = None
    channel: str | None = None
    subdir: str | None = None
    others: Mapping[str, str] = field(default_factory=dict)
    """What else stands in brackets."""
    remark: str | None = None
    """Why it means something else than it seems to, if it does."""
    template: bool = False
    """Whether a template engine has to fill it in first; only ``name`` is known then."""


def parse_match(text: str, position: Position | None = None) -> MatchSpec:
    """What a line says; InputError with its place for what conda refuses, and for a third word behind the version."""
    line = text.strip(" \t\r\n")  # conda takes no other blank
    if len(line) > _LONGEST:
        raise input_error(f"A conda dependency of {len(line)} characters.", position, hint="Is a quote not closed?")
    if holds_template(line):
        return _template(line)
    if (archive := _archive(line)) is not None:
        return archive
    match = _LINE.fullmatch(line)
    if match is None or len(line.splitlines()) > 1:
        hint = "Python packages that pip installs stand below '- pip:'."
        raise input_error(f"Not a conda dependency: {redact(line)!r}.", position, hint=hint)
    rest, fields = _brackets(match["rest"] or "", line, position)
    channel, subdir = _channel(match["channel"])
    version, build, remark = _version_and_build(rest, line, position)
    if match["namespace"] is not None:
        remark = f"conda ignores {match['namespace'] + ':'!r} in {redact(line)!r}; a channel is written with '::'."
    if "version" in fields:
        version, odd = _version("".join(fields.pop("version").split()), line, position)
        remark = remark or odd
    return MatchSpec(
        name=fields.pop("name", match["name"]).lower(),
        version=version,
        build=fields.pop("build", build),
        channel=fields.pop("channel", channel),
        subdir=fields.pop("subdir", subdir),
        others=fields,
        remark=remark,
    )


def holds_template(text: str) -> bool:
    """Whether ``{{ ... }}`` or ``{% ... %}`` stands in it, for a template engine to fill in."""
    for opening, closing in (("{{", "}}"), ("{%", "%}")):
        start = text.find(opening)
        if start >= 0 and text.find(closing, start + 2) >= 0:
            return True
    return False


def _archive(line: str) -> MatchSpec | None:
    """The package that the address of an archive names."""
    match = _ARCHIVE.fullmatch(line)
    folder, _, file = match["address"].rpartition("/") if match else ("", "", "")
    parts = file.rsplit("-", 2)
    if "://" not in folder or len(parts) < 3 or not all(parts) or not _ARCHIVE_NAME.fullmatch(parts[0]):
        return None
    channel, _, subdir = folder.rpartition("/")
    known = "://" in channel and bool(subdir)
    name, version, build = parts
    return MatchSpec(name.lower(), version.lower(), build, channel if known else None, subdir if known else None)


def _split_build(text: str) -> tuple[str, str] | None:
    """Version and build, where a blank or ``=`` stands between them."""
    start = max(1, *(text.rfind(character) for character in _NOT_IN_BUILD))
    for place in range(start, len(text) - 1):
        if text[place] in " =" and text[place - 1] not in _OPERATORS:
            return text[:place], text[place + 1 :]
    return None


def _template(line: str) -> MatchSpec:
    match = re.match(rf"(?:\S+?::)?(?P<name>{_NAME})", line)
    return MatchSpec(match["name"].lower() if match else "", template=True)


def _channel(text: str | None) -> tuple[str | None, str | None]:
    match = _SUBDIR.fullmatch(text) if text else None
    return (match["channel"], match["subdir"]) if match else (text, None)


def _brackets(rest: str, line: str, position: Position | None) -> tuple[str, dict[str, str]]:
    """What stands before the brackets, and the fields inside."""
    if "[" not in rest:
        return rest, {}
    match = _BRACKETS.fullmatch(rest)
    if match is None:
        raise input_error(f"The brackets of {redact(line)!r} are not closed, or not at the end.", position)
    fields: dict[str, str] = {}
    inside = match["inside"]
    while inside.strip():
        found = _FIELD.match(inside)
        if found is None:
            message = f"{inside.strip()!r} in {redact(line)!r} is not of the form key=value."
            raise input_error(message, position, hint="Quote a value that has a comma: [version='>=1,<2'].")
        if found["key"] not in _KEYS:
            hint = did_you_mean(found["key"], _KEYS)
            raise input_error(f"conda knows no {found['key']!r} in brackets.", position, hint=hint)
        fields[found["key"]] = found["value"].strip("'\"")
        inside = inside[found.end() :]
    return match["before"], fields


def _version_and_build(rest: str, line: str, position: Position | None) -> tuple[str | None, str | None, str | None]:
    text = rest.strip()
    if text.startswith("(") and text.endswith(")"):
        return None, None, f"conda does not read the parentheses of {redact(line)!r}: any version will do."
    if "(" in text or ")" in text:
        raise input_error(f"conda reads no parentheses: {redact(line)!r}.", position, hint="Write [version='...'].")
    if not text or text == "=":  # conda reads 'pip=' as 'pip'
        return None, None, None
    split = _split_build(text)
    version = "".join((split[0] if split else text).split())
    build = split[1].strip() if split else None
    if build is not None and " " in build:
        hint = "Several constraints are joined by commas: >=1,<2."
        raise input_error(f"{redact(line)!r} has more than a version and a build.", position, hint=hint)
    if build is not None and re.fullmatch(r"={1,2}[^=<>~,|]+", version):
        version = version.lstrip("=")
    normal, remark = _version(version, line, position)
    return normal, None if build == "*" else build, remark


def _version(text: str, line: str, position: Position | None) -> tuple[str | None, str | None]:
    """A version in the normal form, and what is odd about it."""
    if text.startswith("^") and text.endswith("$"):  # a regular expression
        return text, None
    if text.startswith(("=>", "=<")) and not re.search(r"[=,|]", text[1:]):
        return _version(text[1:], line, position)[0], f"conda reads {redact(line)!r} as {text[1:]!r}."
    alternatives = []
    for alternative in text.split("|"):
        atoms = [_atom(atom.strip("()"), line, position) for atom in alternative.split(",")]
        kept = sorted(set(atoms) - {"*"})
        alternatives.append(",".join(kept) or "*")
    normal = "|".join(dict.fromkeys(sorted(alternatives)))
    return (None if "*" in alternatives else normal), None


def _atom(text: str, line: str, position: Position | None) -> str:
    match = _ATOM.fullmatch(text)
    operator, version = (match["operator"] or "", match["version"].lower()) if match else ("", "")
    star = version.endswith("*")
    bare = version.rstrip("*").rstrip(".") if star or operator == "=" else version
    if not _is_version(bare, star) or (star and operator == "~="):
        what = repr(text) if text else "nothing"
        message = f"{what} is not a version that conda accepts, in {redact(line)!r}."
        hint = "Forms are =1.2 (any 1.2), ==1.2.3, >=1.2,<2, 1.2.*, 1.*|3.*."
        raise input_error(message, position, hint=hint)
    if not bare:
        return "*"
    if operator in ("<", ">", "<=", ">="):
        return operator + bare  # conda drops the star here
    if operator in ("!=", "~="):
        return operator + (f"{bare}.*" if star else bare)
    return f"{bare}.*" if star or operator == "=" else bare


def _is_version(bare: str, star: bool) -> bool:
    return bool(_VERSION.fullmatch(bare) or _GLOB.fullmatch(bare)) if bare else star
