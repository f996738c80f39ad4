"""Sources and indexes: where private packages come from. Key names follow uv's ``[tool.uv.sources]``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from packaging.utils import canonicalize_name

from amlpriv.facts.routes import Route
from amlpriv.secret import redact
from amlpriv.specs.nodes import YamlMap, YamlNode, YamlScalar, as_map, as_text
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import Problems, did_you_mean, input_error

__all__ = [
    "INDEX_KEYS",
    "SOURCE_KEYS",
    "WHEEL_ROUTES",
    "GitSource",
    "Index",
    "IndexSource",
    "PathSource",
    "Source",
    "UrlSource",
    "parse_indexes",
    "parse_sources",
    "parse_via",
]

SOURCE_KEYS: Mapping[str, tuple[str, ...]] = {
    "path": ("path", "via"),
    "git": ("git", "rev", "tag", "branch", "subdirectory", "via"),
    "url": ("url", "sha256", "via"),
    "index": ("index", "via"),
}
"""The keys that go with each kind of source."""

INDEX_KEYS = ("url", "connection", "explicit")
WHEEL_ROUTES = (Route.SAS, Route.PLAIN, Route.CONTEXT, Route.IMAGE)
"""What ``via`` can say for a wheel in an environment file."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class PathSource:
    """A wheel, a project folder, or a folder of wheels. The path is relative to ``position.file``."""

    path: str
    via: Route | None = None
    position: Position | None = None


@dataclass(frozen=True, slots=True, repr=False)
class GitSource:
    """A git repository; at most one of rev, tag and branch."""

    url: str
    rev: str | None = None
    tag: str | None = None
    branch: str | None = None
    subdirectory: str | None = None
    via: Route | None = None
    position: Position | None = None

    def __repr__(self) -> str:
        reference = self.rev or self.tag or self.branch
        return f"GitSource({redact(self.url)!r}, {reference!r}, {self.subdirectory!r})"


@dataclass(frozen=True, slots=True, repr=False)
class UrlSource:
    """A wheel in private storage, fetched with the user's own credential."""

    url: str
    sha256: str
    via: Route | None = None
    position: Position | None = None

    def __repr__(self) -> str:
        return f"UrlSource({redact(self.url)!r}, {self.sha256!r})"


@dataclass(frozen=True, slots=True)
class IndexSource:
    """A package on one of the file's indexes; its route is always ``feed``."""

    index: str
    position: Position | None = None


Source: TypeAlias = PathSource | GitSource | UrlSource | IndexSource


@dataclass(frozen=True, slots=True, repr=False)
class Index:
    """A private package index and the workspace connection that holds its credential."""

    name: str
    url: str
    connection: str | None = None
    position: Position | None = None
    explicit: bool = False
    """As uv's: it stands beside the default index, and serves the packages that name it and no others."""

    def __repr__(self) -> str:
        return f"Index({self.name!r}, {redact(self.url)!r}, connection={self.connection!r})"


def parse_via(node: YamlNode, *, kind: str | None = None) -> Route:
    """The route that ``via`` names; ``kind`` is the kind of source it stands in (None: the top of the file)."""
    text = as_text(node, "'via'")
    routes = {route.value: route for route in Route}
    direct = [Route.DIRECT] if kind == "url" else []
    possible = [Route.FEED] if kind == "index" else [*WHEEL_ROUTES, *direct]
    names = [route.value for route in possible]
    if text not in routes:
        raise input_error(f"Unknown route {text!r}.", node.position, hint=did_you_mean(text, names))
    route = routes[text]
    if route in possible:
        return route
    if route is Route.MODEL:
        hint = "The route 'model' is taken when an MLflow model is logged, not by an environment file."
    elif route is Route.DIRECT and kind != "index":
        hint = "Only a source with a 'url' has an address that can stay in the specification."
    elif route is Route.FEED:
        hint = "Give the package {index: NAME} and an entry in 'indexes'; its route is then the feed."
    else:
        hint = "A package from an index reaches the image through the feed; leave 'via' out."
    where = f"a source of kind {kind!r}" if kind else "the whole file"
    raise input_error(f"'via: {text}' is impossible for {where}.", node.position, hint=hint)


def parse_indexes(node: YamlNode | None, problems: Problems) -> dict[str, Index]:
    """The ``indexes`` of a file by name."""
    indexes: dict[str, Index] = {}
    if node is None:
        return indexes
    with problems.collected():
        for key, value in as_map(node, "'indexes'"):
            with problems.collected():
                indexes[key.text] = _index(key, value, problems)
    return indexes


def _index(key: YamlScalar, value: YamlNode, problems: Problems) -> Index:
    fields = as_map(value, f"The index {key.text!r}")
    for name, _ in fields:
        if name.text not in INDEX_KEYS:
            hint = did_you_mean(name.text, INDEX_KEYS)
            problems.add(f"Unknown key {name.text!r} in the index {key.text!r}.", name.position, hint=hint)
    url, connection = fields.get("url"), fields.get("connection")
    if url is None:
        raise input_error(f"The index {key.text!r} has no 'url'.", key.position, hint="It ends in /simple/ as a rule.")
    return Index(
        key.text,
        as_text(url, "'url'"),
        as_text(connection, "'connection'") if connection is not None else None,
        key.position,
        _flag(fields.get("explicit"), "'explicit'"),
    )


def _flag(node: YamlNode | None, what: str) -> bool:
    if node is None or (isinstance(node, YamlScalar) and node.value is None):
        return False
    if isinstance(node, YamlScalar) and isinstance(node.value, bool):
        return node.value
    raise input_error(f"{what} is true or false.", node.position)


def parse_sources(node: YamlNode | None, indexes: Mapping[str, Index], problems: Problems) -> dict[str, Source]:
    """The ``sources`` of a file by normalised name (PEP 503)."""
    sources: dict[str, Source] = {}
    if node is None:
        return sources
    with problems.collected():
        for key, value in as_map(node, "'sources'"):
            with problems.collected():
                name = _package_name(key, sources)
                sources[name] = _source(key, value, indexes)
    return sources


def _package_name(key: YamlScalar, sources: Mapping[str, Source]) -> str:
    if not _NAME.fullmatch(key.text):
        message = f"{key.text!r} is not a package name."
        raise input_error(message, key.position, hint="Extras and versions stand in the pip line.")
    name: str = canonicalize_name(key.text)
    if name in sources:
        first = sources[name].position
        where = f" (first in line {first.line})" if first else ""
        message = f"The package {name!r} stands twice in 'sources'{where}."
        raise input_error(message, key.position, hint="Names compare without regard to case, '-', '_' and '.'.")
    return name


def _source(key: YamlScalar, value: YamlNode, indexes: Mapping[str, Index]) -> Source:
    label = f"The source {key.text!r}"
    if isinstance(value, YamlScalar):
        hint = f"Write {{path: {value.text or '...'}}}, or git, url, index in place of path."
        raise input_error(f"{label} must be a mapping.", value.position, hint=hint)
    fields = as_map(value, label)
    kind = _kind(label, fields, key)
    if kind == "git":
        return _git(label, fields, key.position)
    if kind == "url":
        return _url(label, fields, key.position)
    via = _via(fields, kind)
    if kind == "path":
        return PathSource(_text(fields, "path"), via, key.position)
    index = _text(fields, "index")
    if index not in indexes:
        place = fields.key_position("index")
        raise input_error(f"{label} names the unknown index {index!r}.", place, hint=did_you_mean(index, indexes))
    return IndexSource(index, key.position)


def _kind(label: str, fields: YamlMap, key: YamlScalar) -> str:
    allowed = sorted({name for names in SOURCE_KEYS.values() for name in names})
    for name, _ in fields:
        if name.text not in allowed:
            hint = did_you_mean(name.text, allowed)
            raise input_error(f"{label} has the unknown key {name.text!r}.", name.position, hint=hint)
    kinds = [kind for kind in SOURCE_KEYS if fields.get(kind) is not None]
    if len(kinds) != 1:
        message = f"{label} has {' and '.join(kinds)}." if kinds else f"{label} says no place."
        raise input_error(message, key.position, hint="Exactly one of path, git, url and index is needed.")
    for name, _ in fields:
        if name.text not in SOURCE_KEYS[kinds[0]]:
            owner = next(kind for kind, names in SOURCE_KEYS.items() if name.text in names)
            message = f"{label} is of kind {kinds[0]!r}, where {name.text!r} means nothing."
            raise input_error(message, name.position, hint=f"{name.text!r} belongs to {owner!r}.")
    return kinds[0]


def _text(fields: YamlMap, key: str) -> str:
    node = fields.get(key)
    text = as_text(node if node is not None else fields, f"{key!r}")
    if "\n" in text or "\t" in text:
        place = node.position if node is not None else fields.position
        raise input_error(f"{key!r} holds a tab or a line break.", place, hint="Write it in one line.")
    return text


def _optional(fields: YamlMap, key: str) -> str | None:
    return _text(fields, key) if fields.get(key) is not None else None


def _via(fields: YamlMap, kind: str) -> Route | None:
    node = fields.get("via")
    return parse_via(node, kind=kind) if node is not None else None


def _git(label: str, fields: YamlMap, position: Position | None) -> GitSource:
    url = _text(fields, "git")
    if url.startswith("git+"):
        message = f"{label}: the git address begins with 'git+'."
        raise input_error(message, fields.key_position("git"), hint="Leave 'git+' out; it is pip's notation.")
    references = {name: _optional(fields, name) for name in ("rev", "tag", "branch")}
    given = [name for name, value in references.items() if value is not None]
    if len(given) > 1:
        message = f"{label} has {' and '.join(given)}."
        raise input_error(message, fields.key_position(given[1]), hint="Give one of rev, tag and branch.")
    return GitSource(
        url, **references, subdirectory=_optional(fields, "subdirectory"), via=_via(fields, "git"), position=position
    )


def _url(label: str, fields: YamlMap, position: Position | None) -> UrlSource:
    url, sha256 = _text(fields, "url"), _optional(fields, "sha256")
    if sha256 is None:
        hint = "Add sha256: and the wheel's 64 hexadecimal digits."
        raise input_error(f"{label} has a url but no sha256.", fields.key_position("url"), hint=hint)
    if not _SHA256.fullmatch(sha256):
        message = f"{label}: the sha256 is not 64 hexadecimal digits."
        raise input_error(message, fields.key_position("sha256"), hint="'sha256sum FILE' prints it.")
    return UrlSource(url, sha256.lower(), _via(fields, "url"), position)
