"""``[project]`` and ``[dependency-groups]`` of a ``pyproject.toml``.

Rules: "pyproject.toml specification" and "Dependency Groups" (PEP 621, PEP 735) of the Python packaging user guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from amlpriv.specs.nodes import YamlMap, YamlNode, YamlScalar
from amlpriv.specs.pip import PipPath, PipRequirement, PipVcs, read_pip_package
from amlpriv.specs.pip_lines import read_requirement
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import Problems, did_you_mean, input_error
from amlpriv.specs.pyproject.tables import items, table, table_at, text, text_at, texts
from amlpriv.specs.toml_positions import TomlDocument

__all__ = ["Groups", "Package", "ProjectTable", "read_package", "read_project"]

Package = PipRequirement | PipPath | PipVcs
"""A dependency: by name, or by an address."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class ProjectTable:
    """``[project]``."""

    name: str | None = None
    """As written."""
    version: str | None = None
    requires_python: SpecifierSet | None = None
    dependencies: tuple[Package, ...] = ()
    extras: Mapping[str, tuple[Package, ...]] = field(default_factory=dict)
    """By normalised name."""
    dynamic: frozenset[str] = frozenset()
    positions: Mapping[str, Position] = field(default_factory=dict)
    """Where the keys stand; ``""`` for the table itself."""


def read_package(node: YamlNode, what: str) -> Package:
    """A requirement by PEP 508; InputError for everything else, pip's other forms included."""
    line = text(node, what)
    requirement = read_requirement(line, node.position)
    if requirement.url is None:
        return PipRequirement(line, requirement, (), node.position)
    return read_pip_package(line, node.position)


def read_project(document: TomlDocument, problems: Problems) -> ProjectTable | None:
    """``[project]``, or None without one."""
    if document.get("project") is None:
        return None
    fields = table_at(document, "project")
    name = version = requires = None
    with problems.collected():
        if "name" not in fields:
            raise input_error("[project] has no 'name'.", fields.position, hint='Add a line name = "...".')
        name = _name(fields)
    with problems.collected():
        version = text_at(fields, "version")
    with problems.collected():
        requires = _requires_python(fields)
    return ProjectTable(
        name=name,
        version=version,
        requires_python=requires,
        dependencies=_packages(fields, "dependencies", problems),
        extras=_extras(fields, problems),
        dynamic=frozenset(value for value, _ in texts(fields, "dynamic")),
        positions={"": document.position("project"), **{key.text: key.position for key, _ in fields if key.position}},
    )


def _name(fields: YamlMap) -> str | None:
    name = text_at(fields, "name")
    if name is not None and not _NAME.fullmatch(name):
        place = fields.key_position("name")
        raise input_error(f"{name!r} is not a package name.", place, hint="Use letters, digits, '.', '_' and '-'.")
    return name


def _requires_python(fields: YamlMap) -> SpecifierSet | None:
    node = fields.get("requires-python")
    if isinstance(node, YamlScalar) and node.value == "":  # packaging tools take it for any version
        return None
    written = text_at(fields, "requires-python")
    try:
        return None if written is None else SpecifierSet(written)
    except InvalidSpecifier:
        message = f"'requires-python' is no version specifier: {written!r}."
        raise input_error(message, node.position if node else None, hint='For instance ">=3.11,<3.12".') from None


def _packages(fields: YamlMap, key: str, problems: Problems, what: str = "A dependency") -> tuple[Package, ...]:
    found = []
    with problems.collected():
        for item in items(fields, key):
            with problems.collected():
                found.append(read_package(item, what))
    return tuple(found)


def _extras(fields: YamlMap, problems: Problems) -> dict[str, tuple[Package, ...]]:
    extras: dict[str, tuple[Package, ...]] = {}
    node = fields.get("optional-dependencies")
    if node is not None:
        with problems.collected():
            inner = table(node, "'optional-dependencies'")
            for key, _ in inner:
                name = str(canonicalize_name(key.text))
                if name in extras:
                    problems.add(f"The extra {name!r} is given twice.", key.position, hint="Names are normalised.")
                extras[name] = _packages(inner, key.text, problems)
    return extras


class Groups:
    """``[dependency-groups]``, with uv's ``dev-dependencies`` as a part of ``dev``.

    A group is only read when it is asked for (PEP 735 advises so): a mistake in another one is no matter.
    """

    def __init__(self, document: TomlDocument) -> None:
        self._found: dict[str, list[tuple[str, YamlNode]]] = {}
        for key, node in table_at(document, "dependency-groups"):
            self._found.setdefault(str(canonicalize_name(key.text)), []).append((key.text, node))
        legacy = document.node("tool", "uv", "dev-dependencies") if self._has_uv(document) else None
        if legacy is not None:
            self._found.setdefault("dev", []).append(("dev-dependencies", legacy))

    @staticmethod
    def _has_uv(document: TomlDocument) -> bool:
        return isinstance(document.get("tool", "uv"), dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The normalised names."""
        return tuple(self._found)

    def packages(self, name: str, position: Position | None) -> list[Package]:
        """What a group and those that it includes list; InputError for an unknown one and for a cycle."""
        return list(self._packages(name, position, ()))

    def _packages(self, name: str, position: Position | None, chain: tuple[str, ...]) -> Iterator[Package]:
        group = str(canonicalize_name(name))
        if group in chain:
            shown = " -> ".join((*chain[chain.index(group) :], group))
            message = f"The dependency group {group!r} includes itself: {shown}."
            raise input_error(message, position, hint="Remove one of these 'include-group'.")
        if group not in self._found:
            message = f"There is no dependency group {name!r}."
            raise input_error(message, position, hint=did_you_mean(group, self._found))
        entries = self._found[group]
        keys = [key for key, _ in entries if key != "dev-dependencies"]
        if len(keys) > 1:
            message = f"The dependency group {group!r} is given twice, as {' and '.join(map(repr, keys))}."
            raise input_error(message, entries[1][1].position, hint="Names are compared normalised.")
        for key, node in entries:
            for item in items(YamlMap(((YamlScalar(key, key), node),)), key, f"The dependency group {key!r}"):
                if isinstance(item, YamlMap):
                    yield from self._packages(_included(item, key), item.position, (*chain, group))
                else:
                    yield read_package(item, f"An item of the dependency group {key!r}")


def _included(item: YamlMap, group: str) -> str:
    name = item.get("include-group")
    if name is None or len(item.entries) != 1:
        message = f"The dependency group {group!r} has a table that is no include."
        raise input_error(message, item.position, hint='Write {include-group = "name"}.')
    return text(name, "'include-group'")
