"""One line of a conda file's ``pip:`` list or of a requirements file: what kind it is, read as pip reads it."""

from __future__ import annotations

import re

from packaging.utils import canonicalize_name

from amlpriv.errors import InputError
from amlpriv.secret import redact
from amlpriv.specs.addresses import address_of_file, fragment_of, is_path, is_url_or_path, name_in_url, split_extras
from amlpriv.specs.matchspec import holds_template
from amlpriv.specs.pip_lines import PipLine, PipOption, PipPath, PipRequirement, PipVcs, read_requirement
from amlpriv.specs.pip_options import FLAGS, SHORT, WITH_VALUE
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import did_you_mean, input_error

__all__ = [
    "PipLine",
    "PipOption",
    "PipPath",
    "PipRequirement",
    "PipVcs",
    "parse_pip_line",
    "read_pip_package",
    "render_pip_requirement",
]

# pip documentation, "Requirements File Format": a comment begins at the line's start or after a space.
_COMMENT = re.compile(r"(^|(?<!\s)\s+)#.*$")  # the lookbehind keeps it linear
_NAMED_ADDRESS = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*(?:\[[^\]]*\])?\s*@\s*\S.*")
_VERSION_CONTROL = re.compile(r"(?:git|hg|svn|bzr)\+", re.IGNORECASE)
_MARKER_OF_URL = r"(?<!\s)\s*; \s*"  # a semicolon without a blank is part of the address
_BARE_VERSION_CONTROL = re.compile(r"(git|hg|svn|bzr):", re.IGNORECASE)
_WEB = re.compile(r"(?:https?|ftp)://", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_SCHEME_OF_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_FIRST_OPTION = re.compile(r"(?<!\s)\s+(?=--?[A-Za-z])")
_LONGEST = 16_384  # of a package without its options; addresses are far shorter
_HASH = re.compile(r"--hash[=\s]\s*(\S+)\s*")
_HASH_VALUE = re.compile(r"sha256:[0-9a-fA-F]{64}|sha384:[0-9a-fA-F]{96}|sha512:[0-9a-fA-F]{128}")
_OPTION = re.compile(
    r"(?P<long>--[A-Za-z][A-Za-z-]*)(?:(?:=|\s+)(?P<long_value>.*))?|-(?P<short>[A-Za-z])\s*=?(?P<value>.*)"
)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]")
_TEMPLATED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\s*\[[A-Za-z0-9._, -]*\])?(?=\s*[=<>!~;])")
_VARIABLE = re.compile(r"\$\{[^}]*\}")


def parse_pip_line(text: str, position: Position | None = None) -> PipLine | None:
    """What a line says; None for a blank line or a comment; InputError for what pip would not accept."""
    line = text.strip()
    if len(line.splitlines()) > 1 or _CONTROL.search(line):
        raise input_error(
            "A pip line holds a line break or a control character.",
            position,
            hint="Give each requirement its own item.",
        )
    line = _COMMENT.sub("", line).strip()
    if not line:
        return None
    if line.endswith("\\"):
        raise input_error("A pip line ends with a backslash.", position, hint="Write the requirement in one line.")
    return _option(line, position) if line.startswith("-") else _package(line, line, position)


def _option(line: str, position: Position | None) -> PipLine:
    match = _OPTION.fullmatch(line)
    name = (match["long"] or SHORT.get(match["short"])) if match else None
    if match is None or name is None or name not in WITH_VALUE | FLAGS | {"--pypi-url"}:
        word = re.split(r"[\s=]", line, maxsplit=1)[0]
        hint = did_you_mean(word, WITH_VALUE | FLAGS)
        raise input_error(f"pip has no option {word!r} in a requirements file.", position, hint=hint)
    name = "--index-url" if name == "--pypi-url" else name
    value = ((match["long_value"] if match["long"] else match["value"]) or "").strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    elif re.search(r"\s--?[A-Za-z]", value) and name != "--editable":
        raise input_error(f"Several options in one line, the first is {name}.", position, hint="One option per line.")
    if name in FLAGS:
        if value:
            raise input_error(f"{name} takes no value.", position)
        return PipOption(line, name, None, position)
    if not value:
        raise input_error(f"{name} needs a value.", position)
    if name == "--editable":
        return _package(line, value, position, editable=True)
    return PipOption(line, name, value, position)


def _package(line: str, body: str, position: Position | None, *, editable: bool = False) -> PipLine:
    body, hashes = _split_hashes(body, position)
    if not editable and holds_template(body) and (match := _TEMPLATED.match(body)):
        return PipRequirement(line, read_requirement(match[0], position), hashes, position, template=True)
    return read_pip_package(body, position, text=line, hashes=hashes, editable=editable)


def read_pip_package(
    body: str,
    position: Position | None = None,
    *,
    text: str | None = None,
    hashes: tuple[str, ...] = (),
    editable: bool = False,
) -> PipRequirement | PipPath | PipVcs:
    """What the part of a line before its options says; InputError for what pip would not accept.

    ``editable`` says that it stood behind ``-e``; ``text`` is the whole line, for the result.
    """
    line = body if text is None else text
    if len(body) > _LONGEST:
        raise input_error(f"A requirement of {len(body)} characters.", position, hint="Is a line break missing?")
    if body.startswith("git@"):
        raise input_error("pip does not know the form git@host:path.", position, hint="Write git+ssh://git@host/path.")
    if _NAMED_ADDRESS.fullmatch(body):
        return _named_address(line, body, hashes, position, editable)
    if _VERSION_CONTROL.match(body):
        return _repository(line, body, hashes, position, editable)
    if editable and (match := _BARE_VERSION_CONTROL.match(body)):
        return _repository(line, f"{match[1].lower()}+{body}", hashes, position, editable)
    if _WEB.match(body):
        return _web(line, body, hashes, position, editable)
    if editable and _SCHEME_OF_URL.match(body) and not body.lower().startswith("file:"):
        raise _not_editable(position)
    if editable or is_path(body):
        address, extras, marker = _parts(body, r"(?<!\s)\s*;\s*", position)
        extras |= fragment_of(address)[1] if address.lower().startswith("file:") else frozenset()
        return PipPath(line, address_of_file(address), extras, editable, position, marker, hashes)
    return PipRequirement(line, read_requirement(body, position), hashes, position)


def _repository(line: str, body: str, hashes: tuple[str, ...], position: Position | None, editable: bool) -> PipVcs:
    address, extras, marker = _parts(body, _MARKER_OF_URL, position)
    name, extras_of_name = fragment_of(address)
    if editable and name is None:
        message = f"pip cannot tell the name of the package from {redact(address)!r}."
        raise input_error(message, position, hint="Write '-e name @ git+https://...', or put #egg=name at its end.")
    return PipVcs(line, address, name, extras | extras_of_name, position, marker, editable, hashes)


def _split_hashes(body: str, position: Position | None) -> tuple[str, tuple[str, ...]]:
    split = _FIRST_OPTION.search(body)
    if split is None:
        return body, ()
    head, rest, hashes = body[: split.start()], body[split.end() :], []
    while rest:
        match = _HASH.match(rest)
        if match is None:
            word = re.split(r"[\s=]", rest, maxsplit=1)[0]
            message = f"{word!r} behind a requirement is not supported."
            raise input_error(message, position, hint="Only --hash is; options of pip itself stand in their own line.")
        if not _HASH_VALUE.fullmatch(match[1]):
            message = f"{match[1]!r} is not a hash that pip accepts."
            raise input_error(message, position, hint="Write --hash=sha256: and 64 hexadecimal digits.")
        hashes.append(match[1].lower())
        rest = rest[match.end() :]
    return head, tuple(hashes)


def _parts(body: str, separator: str, position: Position | None) -> tuple[str, frozenset[str], str | None]:
    """Address, extras and marker of a line that has no name in front."""
    address, *rest = re.split(separator, body, maxsplit=1)
    address, extras = split_extras(address)
    if not is_url_or_path(address):
        raise input_error(
            f"Not a URL: {redact(address)!r}.", position, hint="Brackets in a URL are written %5B and %5D."
        )
    marker = rest[0].strip() if rest else ""
    return address, extras, str(read_requirement(f"name ; {marker}", position).marker) if marker else None


def _named_address(
    line: str, body: str, hashes: tuple[str, ...], position: Position | None, editable: bool
) -> PipRequirement | PipPath | PipVcs:
    # As pip does: the first ';' begins the marker, with or without a blank before it.
    requirement = read_requirement(re.sub(r"(?<!\s)\s*;\s*", " ; ", body, count=1), position)
    url, marker = requirement.url or "", str(requirement.marker) if requirement.marker else None
    extras = frozenset(requirement.extras)
    if not _SCHEME.match(url):
        hint = "A URL with https:, git+https: or file: follows the '@'; for a path, write the path alone."
        raise input_error(f"What follows the '@' of {requirement.name} is not a URL.", position, hint=hint)
    if _VERSION_CONTROL.match(url):
        return PipVcs(line, url, canonicalize_name(requirement.name), extras, position, marker, editable, hashes)
    if url.lower().startswith("file:"):
        return PipPath(line, address_of_file(url), extras, editable, position, marker, hashes)
    if editable:
        raise _not_editable(position)
    return PipRequirement(line, requirement, hashes, position)


def _not_editable(position: Position | None) -> InputError:
    hint = "Write git+https://... for a repository."
    return input_error("A web address cannot be installed with -e.", position, hint=hint)


def _web(
    line: str, body: str, hashes: tuple[str, ...], position: Position | None, editable: bool
) -> PipRequirement | PipVcs:
    url, extras, marker = _parts(body, _MARKER_OF_URL, position)
    if extras:
        raise input_error("Extras stand behind a URL.", position, hint="Write name[extra] @ URL.")
    if re.search(r"\s", url):
        raise input_error("A URL contains a space.", position, hint="Write %20, or quote the line.")
    if editable:
        raise _not_editable(position)
    name, extras = name_in_url(url)
    if name is None:
        return PipVcs(line, url, None, extras, position, marker, hashes=hashes)
    with_extras = f"{name}[{','.join(sorted(extras))}]" if extras else name
    text = f"{with_extras} @ {url}" + (f" ; {marker}" if marker else "")
    return PipRequirement(line, read_requirement(text, position), hashes, position)


def render_pip_requirement(line: PipRequirement, *, url: str | None = None) -> str:
    """The line for a requirements file: with ``url`` as ``name[extra] @ URL ; marker``, else as written, normalised.

    Always one physical line. A URL that carries ``#sha256=`` takes the place of the line's own hashes. InputError when
    the URL could not stand in one, or holds a ``${NAME}``.
    """
    requirement = line.requirement
    if line.template and url is None:
        return line.text
    address = url if url is not None else requirement.url
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    if address is None:
        text = f"{requirement.name}{extras}{requirement.specifier}"
    elif not _SCHEME.match(address) or re.search(r"[\s;\x00-\x1f]", address) or _VARIABLE.search(address):
        message = f"The URL for {line.name} cannot stand in a requirements line: {redact(address)!r}."
        raise input_error(message, line.position, hint="It must be a full URL without blanks, ';' and ${NAME}.")
    else:
        text = f"{line.name if url is not None else requirement.name}{extras} @ {address}"
    if requirement.marker:
        text += f" ; {requirement.marker}"
    hashes = () if url is not None and "#sha256=" in url else line.hashes
    return text + "".join(f" --hash={value}" for value in hashes)
