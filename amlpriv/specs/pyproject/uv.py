"""``[tool.uv]`` of a ``pyproject.toml``: sources, indexes, and the settings that change what gets installed.

Source: uv's documentation, "Managing dependencies" and "Settings".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from amlpriv.specs.nodes import YamlMap
from amlpriv.specs.pip import PipOption, PipRequirement
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import Problems, input_error
from amlpriv.specs.pyproject.project import read_package
from amlpriv.specs.pyproject.tables import flag, items, table, table_at, text, text_at, texts
from amlpriv.specs.pyproject.uv_sources import SourceEntry, uv_sources
from amlpriv.specs.sources import Index
from amlpriv.specs.toml_positions import TomlDocument

__all__ = ["UvIndex", "UvTable", "options_of", "read_uv", "uv_indexes"]

_UNSAID = {
    "override-dependencies": "pip knows no overrides: what other packages require counts all the same",
    "exclude-dependencies": "pip cannot leave out what a package requires",
    "exclude-newer": "pip knows no such date; a lock pins the versions",
    "resolution": "pip takes the newest versions; a lock pins others",
}
"""Settings of the resolver that no pip section can say."""


@dataclass(frozen=True, slots=True)
class UvIndex:
    """An entry of ``[[tool.uv.index]]``."""

    index: Index
    explicit: bool
    default: bool
    flat: bool


@dataclass(frozen=True, slots=True)
class UvTable:
    """What ``[tool.uv]`` says."""

    package: bool | None = None
    sources: tuple[SourceEntry, ...] = ()
    indexes: tuple[UvIndex, ...] = ()
    options: tuple[PipOption, ...] = ()
    """pip's options for what the settings say."""
    constraints: tuple[PipRequirement, ...] = ()
    group_pythons: tuple[tuple[str, SpecifierSet], ...] = ()
    """Which Python a dependency group is for, by its normalised name."""
    members: tuple[str, ...] = ()
    """The workspace's folders, as written."""
    unsaid: tuple[tuple[str, Position], ...] = ()
    """What pip cannot do, in words."""


def read_uv(document: TomlDocument, problems: Problems) -> UvTable:
    """``[tool.uv]``; everything in it that does not change what is installed is left alone."""
    fields = table_at(document, "tool", "uv")
    indexes = uv_indexes(fields, problems)
    sources: list[SourceEntry] = []
    options: list[PipOption] = []
    constraints: list[PipRequirement] = []
    members: list[str] = []
    pythons: list[tuple[str, SpecifierSet]] = []
    package = None
    with problems.collected():
        package = flag(fields, "package")
    with problems.collected():
        sources += uv_sources(fields, problems)
    with problems.collected():
        options += [*_index_options(fields), *_options(fields)]
    with problems.collected():
        constraints += _constraints(fields)
    with problems.collected():
        pythons += _group_pythons(fields)
    with problems.collected():
        workspace = fields.get("workspace")
        if workspace is not None:
            members += [value for value, _ in texts(table(workspace, "'workspace'"), "members")]
    unsaid = tuple(
        (f"{key}: {words}.", document.position("tool", "uv", key))
        for key, words in _UNSAID.items()
        if fields.get(key) is not None
    )
    return UvTable(
        package, tuple(sources), indexes, tuple(options), tuple(constraints), tuple(pythons), tuple(members), unsaid
    )


def uv_indexes(fields: YamlMap, problems: Problems) -> tuple[UvIndex, ...]:
    """``[[tool.uv.index]]``; ``fields`` is ``[tool.uv]``."""
    found: list[UvIndex] = []
    with problems.collected():
        for number, item in enumerate(items(fields, "index")):
            with problems.collected():
                inner = table(item, "An item of 'index'")
                url = text_at(inner, "url")
                if url is None:
                    raise input_error("An index has no 'url'.", inner.position, hint="It ends in /simple/ as a rule.")
                name = text_at(inner, "name") or f"index-{number + 1}"
                if any(known.index.name == name for known in found):
                    message = f"The index {name!r} is given twice."
                    raise input_error(message, inner.key_position("name"), hint="Remove one.")
                place = inner.key_position("name")
                flat = text_at(inner, "format") == "flat"
                explicit, default = bool(flag(inner, "explicit")), bool(flag(inner, "default"))
                found.append(UvIndex(Index(name, url, None, place, explicit), explicit, default, flat))
    return tuple(found)


def _index_options(fields: YamlMap) -> Iterator[PipOption]:
    """uv's older settings, which have pip's names."""
    url = fields.get("index-url")
    if url is not None:
        yield _option("--index-url", text(url, "'index-url'"), url.position)
    for key, option in (("extra-index-url", "--extra-index-url"), ("find-links", "--find-links")):
        for value, node in texts(fields, key):
            yield _option(option, value, node.position)
    if flag(fields, "no-index"):
        yield _option("--no-index", None, fields.key_position("no-index"))


def _options(fields: YamlMap) -> Iterator[PipOption]:
    """What else pip can be told."""
    if text_at(fields, "prerelease") == "allow":
        yield _option("--pre", None, fields.key_position("prerelease"))
    for key, option in (("no-binary", "--no-binary"), ("no-build", "--only-binary")):
        if flag(fields, key):
            yield _option(option, ":all:", fields.key_position(key))
        for value, node in texts(fields, f"{key}-package"):
            yield _option(option, value, node.position)


def _option(name: str, value: str | None, place: Position | None) -> PipOption:
    return PipOption(name if value is None else f"{name} {value}", name, value, place)


def options_of(index: UvIndex) -> PipOption | None:
    """pip's option for an index that every package may come from; None for one that must be named."""
    if index.explicit:
        return None
    name = "--find-links" if index.flat else "--index-url" if index.default else "--extra-index-url"
    return _option(name, index.index.url, index.index.position)


def _group_pythons(fields: YamlMap) -> Iterator[tuple[str, SpecifierSet]]:
    node = fields.get("dependency-groups")
    for key, value in table(node, "'dependency-groups'") if node is not None else ():
        inner = table(value, f"The group {key.text!r}")
        try:
            yield str(canonicalize_name(key.text)), SpecifierSet(text_at(inner, "requires-python") or "")
        except InvalidSpecifier:
            place = inner.key_position("requires-python")
            raise input_error(
                "'requires-python' is no version specifier.", place, hint='For instance ">=3.12".'
            ) from None


def _constraints(fields: YamlMap) -> Iterator[PipRequirement]:
    for item in items(fields, "constraint-dependencies"):
        package = read_package(item, "A constraint")
        if not isinstance(package, PipRequirement) or package.requirement.url:
            message = "A constraint with an address is not supported."
            raise input_error(message, item.position, hint="Name the address in [tool.uv.sources].")
        yield package
