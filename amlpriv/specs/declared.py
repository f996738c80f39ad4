"""What a project's ``pyproject.toml`` says about where the packages that it requires come from.

Read are uv's ``sources``, ``index`` and ``workspace`` tables; Poetry's ``path``, ``git`` and ``url``
dependencies (Poetry's documentation, "Dependency specification"); and ``name @ file:...`` in ``dependencies``,
``optional-dependencies`` and the build requirements, with Hatch's ``{root:uri}`` (Hatch's documentation, "Context
formatting") and PDM's ``${PROJECT_ROOT}`` (PDM's documentation, "Local dependencies").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from amlpriv.errors import InputError
from amlpriv.specs.addresses import address_of_file
from amlpriv.specs.git_lines import needs_us
from amlpriv.specs.members import MemberTable
from amlpriv.specs.nodes import YamlMap, YamlScalar
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import Problems
from amlpriv.specs.pyproject.tables import table_at, texts
from amlpriv.specs.pyproject.uv import uv_indexes
from amlpriv.specs.pyproject.uv_sources import SourceEntry, uv_sources
from amlpriv.specs.sources import Index
from amlpriv.specs.toml_positions import TomlDocument, load_toml

__all__ = ["Declared", "read_declared"]

_ROOT = re.compile(r"\{root((?::parent)*)(?::real)?:uri\}")
_POETRY_KEYS = ("path", "git", "url", "rev", "tag", "branch", "subdirectory")
_BUILD = "build-system"


@dataclass(frozen=True, slots=True)
class Declared:
    """A project, as its ``pyproject.toml`` describes it."""

    file: str | None
    name: str | None
    """Normalised; None when the file does not say it."""
    requires: tuple[Requirement, ...] | None
    """What its wheel will require, extras as markers; None when only a build can tell."""
    build_requires: tuple[Requirement, ...] = ()
    entries: Mapping[str, tuple[SourceEntry, ...]] = field(default_factory=dict)
    """Where packages come from, by normalised name."""
    mistakes: Mapping[str, InputError] = field(default_factory=dict)
    """What is wrong in the sources of a package: no matter until it is needed."""
    indexes: Mapping[str, Index] = field(default_factory=dict)
    workspace: MemberTable | None = None
    """The workspace whose root this is."""
    position: Position | None = None
    """Where the dependencies stand."""


def read_declared(text: str, file: str | None = None, *, root: str) -> Declared:
    """Read a ``pyproject.toml``; ``root`` is the project folder as a ``file:`` address.

    InputError for what is no TOML; for mistakes in ``[tool.uv.sources]`` see ``mistakes``.
    """
    document = load_toml(text, file)
    ways, mistakes = _uv(document)
    told = {*ways, *mistakes}
    for entry in (*_poetry(document), *_direct(document, root)):
        if entry.name not in told:
            ways.setdefault(entry.name, []).append(entry)
    return Declared(
        file,
        _name(document),
        _requires(document, root),
        tuple(item for item, _ in _requirements(document, root, (_BUILD, "requires"))),
        {name: tuple(found) for name, found in ways.items()},
        mistakes,
        {item.index.name: item.index for item in uv_indexes(table_at(document, "tool", "uv"), Problems(file))},
        _workspace(document),
        document.position("project", "dependencies"),
    )


def _uv(document: TomlDocument) -> tuple[dict[str, list[SourceEntry]], dict[str, InputError]]:
    ways: dict[str, list[SourceEntry]] = {}
    mistakes: dict[str, InputError] = {}
    for key, value in table_at(document, "tool", "uv", "sources"):
        problems = Problems(document.file)
        name = str(canonicalize_name(key.text))
        alone = YamlMap(((YamlScalar("sources", "sources"), YamlMap(((key, value),))),))
        found = list(uv_sources(alone, problems))
        try:
            problems.raise_first()
            ways[name] = found
        except InputError as error:
            mistakes[name] = error
    return ways, mistakes


def _workspace(document: TomlDocument) -> MemberTable | None:
    if not isinstance(document.get("tool", "uv", "workspace"), dict):
        return None
    fields = table_at(document, "tool", "uv", "workspace")
    return MemberTable(*(tuple(value for value, _ in texts(fields, key)) for key in ("members", "exclude")))


def _name(document: TomlDocument) -> str | None:
    for path in (("project", "name"), ("tool", "poetry", "name"), ("tool", "flit", "metadata", "dist-name")):
        name = document.get(*path)
        if isinstance(name, str) and name:
            return str(canonicalize_name(name))
    return None


def _requires(document: TomlDocument, root: str) -> tuple[Requirement, ...] | None:
    """The requirements of ``[project]``, where they are not dynamic."""
    project = document.get("project")
    dynamic = document.get("project", "dynamic") or ()
    if not isinstance(project, dict) or {"dependencies", "optional-dependencies"} & set(map(str, dynamic)):
        return None
    found = [item for item, _ in _requirements(document, root, ("project", "dependencies"))]
    for extra in _keys(document.get("project", "optional-dependencies")):
        for item, _ in _requirements(document, root, ("project", "optional-dependencies", extra)):
            item.marker = _with_extra(item.marker, extra)
            found.append(item)
    return tuple(found)


def _with_extra(marker: Marker | None, extra: str) -> Marker:
    wanted = f"extra == '{canonicalize_name(extra)}'"
    return Marker(f"({marker}) and {wanted}" if marker else wanted)


def _requirements(
    document: TomlDocument, root: str, path: tuple[str, ...]
) -> Iterator[tuple[Requirement, Position | None]]:
    """The requirements of an array; what is none is the build backend's to refuse."""
    listed = document.get(*path)
    for number, item in enumerate(listed if isinstance(listed, list) else ()):
        try:
            yield Requirement(_rooted(str(item), root)), document.position(*path, number)
        except InvalidRequirement:
            continue


def _rooted(text: str, root: str) -> str:
    """The requirement with the project's folder in place of what stands for it."""

    def parent(match: re.Match[str]) -> str:
        parts = root.rstrip("/").split("/")
        return "/".join(parts[: len(parts) - match[1].count(":parent")])

    text = _ROOT.sub(parent, text)
    return text.replace("file:///${PROJECT_ROOT}", root.rstrip("/"))


def _direct(document: TomlDocument, root: str) -> Iterator[SourceEntry]:
    """``name @ file:...``, and a repository that only we can read; other addresses are left for the image build."""
    extras = [("project", "optional-dependencies", extra) for extra in _keys(document.get(*_EXTRAS))]
    for path in (("project", "dependencies"), *extras, (_BUILD, "requires")):
        extra = path[2] if len(path) > 2 else None
        for item, place in _requirements(document, root, path):
            if item.url and item.url.lower().startswith("file:"):
                yield _entry(item.name, {"path": address_of_file(item.url)}, place, item.marker, extra)
            elif item.url and item.url.lower().startswith("git+") and needs_us(item.url):
                yield _entry(item.name, {"git": item.url}, place, item.marker, extra)


_EXTRAS = ("project", "optional-dependencies")


def _poetry(document: TomlDocument) -> Iterator[SourceEntry]:
    for name in _keys(document.get("tool", "poetry", "dependencies")):
        value = document.get("tool", "poetry", "dependencies", name)
        place = document.position("tool", "poetry", "dependencies", name)
        for item in value if isinstance(value, list) else [value]:
            if not isinstance(item, dict) or not {"path", "git", "url"} & set(item):
                continue
            fields = {key: item[key] for key in _POETRY_KEYS if isinstance(item.get(key), str)}
            yield _entry(name, fields, place, _marker(item))


def _marker(item: Mapping[str, Any]) -> Marker | None:
    """Poetry's ``markers``; ``python`` and ``platform`` stand in the wheel, which decides."""
    try:
        return Marker(item["markers"]) if isinstance(item.get("markers"), str) else None
    except InvalidMarker:
        return None


def _entry(
    name: str, fields: Mapping[str, str], place: Position | None, marker: Marker | None, extra: str | None = None
) -> SourceEntry:
    kind = next(key for key in ("path", "git", "url") if key in fields)
    tree = YamlMap(tuple((YamlScalar(key, key, place), YamlScalar(text, text, place)) for key, text in fields.items()))
    return SourceEntry(
        str(canonicalize_name(name)), kind, tree, place, marker, str(canonicalize_name(extra)) if extra else None
    )


def _keys(table: object) -> Iterable[str]:
    return tuple(table) if isinstance(table, dict) else ()
