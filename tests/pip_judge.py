"""What pip itself makes of a requirements text: the judge of our own reading."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pip._internal.cli import cmdoptions
from pip._internal.exceptions import PipError
from pip._internal.models.format_control import FormatControl
from pip._internal.models.link import Link
from pip._internal.req import constructors, req_file

from amlpriv.specs.pip import PipPath, PipRequirement, PipVcs
from amlpriv.specs.requirements import IncludeLine, OptionsLine, RequirementLine, RequirementsFile

__all__ = ["complaint", "our_form", "pip_decodes", "pip_form", "pip_refuses", "pip_tree"]

Form = tuple[Any, ...]


def pip_form(text: str) -> list[Form] | str:
    """Each line that says something, in a form to compare; or pip's words when it refuses the text."""
    parse = req_file.get_line_parser(None)
    forms = []
    try:
        for number, line in req_file.preprocess(text):
            _features().clear()  # pip's default is one list for all lines
            forms.append(_pip_line(number, *parse(line)))
    except (req_file.OptionParsingError, PipError) as error:
        return f"{type(error).__name__}: {error} {getattr(error, 'msg', '')}"
    return forms


def _features() -> list[str]:
    features: list[str] = cmdoptions.use_new_feature().default
    return features


def pip_decodes(data: bytes) -> str:
    """The text of a file's bytes."""
    return req_file._decode_req_file(data, "file.txt")


def pip_tree(path: Path) -> list[tuple[str, str, bool]]:
    """File, requirement and whether it is a constraint, of all lines behind a file, in order."""
    found = req_file.parse_requirements(str(path), session=None)  # type: ignore[arg-type]
    return [(each.comes_from.split(" ", 1)[1], each.requirement, each.constraint) for each in found]


def _pip_line(number: int, args: str, opts: Any) -> Form:
    if args or opts.editables:
        hashes = (
            {} if opts.editables else {key: [v.lower() for v in values] for key, values in (opts.hashes or {}).items()}
        )
        return number, "package", args or opts.editables[0], bool(opts.editables), hashes, opts.config_settings or {}
    if opts.requirements:
        return number, "-r", opts.requirements[0]
    if opts.constraints:
        return number, "-c", opts.constraints[0]
    binary = opts.format_control
    release = opts.release_control
    return (
        number,
        "options",
        opts.index_url,
        opts.extra_index_urls,
        opts.find_links[:1],
        (opts.no_index, opts.pre, opts.prefer_binary, opts.require_hashes, opts.no_require_hashes),
        opts.trusted_hosts,
        list(opts.features_enabled),
        (binary.no_binary, binary.only_binary) if binary else (set(), set()),
        (release.all_releases, release.only_final) if release else (set(), set()),
    )


def our_form(file: RequirementsFile) -> list[Form]:
    """The same of what we have read."""
    return [_our_line(line) for line in file.lines]


def _our_line(line: RequirementLine | OptionsLine | IncludeLine) -> Form:
    number = line.position.line
    if isinstance(line, IncludeLine):
        return number, "-c" if line.constraint else "-r", line.target
    if isinstance(line, RequirementLine):
        hashes: dict[str, list[str]] = {}
        for value in line.hashes:
            hashes.setdefault(value.partition(":")[0], []).append(value.partition(":")[2])
        return number, "package", line.body, line.editable, hashes, _settings(line)
    values = [(option.name, option.value or "") for option in line.options]

    def all_of(name: str) -> list[str]:
        return [value for key, value in values if key == name]

    flags = ("--no-index", "--pre", "--prefer-binary", "--require-hashes", "--no-require-hashes")
    return (
        number,
        "options",
        all_of("--index-url")[-1] if all_of("--index-url") else None,
        all_of("--extra-index-url"),
        all_of("--find-links")[:1],
        tuple(bool(all_of(flag)) for flag in flags),
        all_of("--trusted-host"),
        all_of("--use-feature"),
        _control(values, "--no-binary", "--only-binary"),
        _control(values, "--all-releases", "--only-final"),
    )


def _settings(line: RequirementLine) -> dict[str, str | list[str]]:
    settings: dict[str, str | list[str]] = {}
    for key, value in line.config_settings:
        before = settings.get(key)
        settings[key] = value if before is None else [*before, value] if isinstance(before, list) else [before, value]
    return settings


def _control(values: list[tuple[str, str]], one: str, other: str) -> tuple[set[str], set[str]]:
    sets: tuple[set[str], set[str]] = (set(), set())
    for name, value in values:
        if name in (one, other):
            first, second = sets if name == one else sets[::-1]
            FormatControl.handle_mutual_excludes(value, first, second)
    return sets


def complaint(file: RequirementsFile) -> Iterator[tuple[RequirementLine, str]]:
    """What pip says against the packages of a file that we accept; what only a disk could tell is left out."""
    for line in file.requirements:
        if isinstance(line.item, PipPath):
            continue
        make = constructors.install_req_from_editable if line.editable else constructors.install_req_from_line
        try:
            made = make(line.body)
            made.match_markers()
        except Exception as error:
            yield line, f"{type(error).__name__}: {error}"
            continue
        if difference := _difference(line.item, made):
            yield line, difference


def _difference(item: PipRequirement | PipVcs, made: Any) -> str | None:
    link = made.link.url if made.link else None
    if isinstance(item, PipRequirement) and item.requirement.url is None:
        ours: Form = (item.name, str(item.requirement.specifier), item.requirement.extras, str(item.requirement.marker))
        theirs: Form = (
            made.req.name.lower().replace("_", "-").replace(".", "-"),
            str(made.req.specifier),
            made.req.extras,
            str(made.markers),
        )
        return None if (*ours[1:],) == (*theirs[1:],) and link is None else f"{ours} {theirs}"
    url = item.requirement.url if isinstance(item, PipRequirement) else item.url
    marker = item.requirement.marker if isinstance(item, PipRequirement) else item.marker
    ours = (Link(url or "").url, str(marker))
    theirs = (link, str(made.markers))
    return None if ours == theirs else f"{ours} {theirs}"


def pip_refuses(text: str) -> bool:
    """Whether pip refuses the text as a whole, or one of its packages."""
    form = pip_form(text)
    if isinstance(form, str):
        return True
    for _, kind, *rest in form:
        if kind == "package":
            make = constructors.install_req_from_editable if rest[1] else constructors.install_req_from_line
            try:
                made = make(rest[0])
                made.match_markers()
                if made.link and _cannot_be_fetched(made.link):
                    return True
            except Exception:
                return True
    return False


def _cannot_be_fetched(link: Link) -> bool:
    """pip reads ``a @ ../x`` and ``https://host/a.whl[extra]``, and stumbles when it fetches them."""
    return not (link.is_vcs or link.scheme in {"http", "https", "file", "ftp"}) or "]" in link.filename
