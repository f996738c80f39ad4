"""``[tool.uv.sources]`` of a ``pyproject.toml``.

Source: uv's documentation, "Managing dependencies", dependency sources.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from packaging.markers import InvalidMarker, Marker
from packaging.utils import canonicalize_name

from amlpriv.specs.nodes import YamlList, YamlMap, YamlNode, YamlScalar
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import Problems, did_you_mean, input_error
from amlpriv.specs.pyproject.tables import flag, kind_of, table, text_at
from amlpriv.specs.sources import GitSource, IndexSource, PathSource, Source, UrlSource
from amlpriv.target import marker_complaint

__all__ = ["SourceEntry", "source_of", "uv_sources"]

_KINDS = ("path", "git", "url", "index", "workspace")
_REFERENCES = ("rev", "tag", "branch")
_BESIDE = {
    "path": ("editable", "package", "subdirectory"),
    "git": (*_REFERENCES, "subdirectory", "lfs"),
    "url": ("subdirectory",),
    "index": (),
    "workspace": ("editable",),
}
_CONDITIONS = ("marker", "extra", "group")
_KEYS = tuple(sorted({*_KINDS, *_CONDITIONS, *(key for keys in _BESIDE.values() for key in keys)}))


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """One way to a package; its conditions say when it is taken."""

    name: str
    kind: str
    fields: YamlMap = field(repr=False)
    position: Position | None
    marker: Marker | None = None
    extra: str | None = None
    group: str | None = None


def uv_sources(fields: YamlMap, problems: Problems) -> Iterator[SourceEntry]:
    """The entries of ``[tool.uv.sources]``; ``fields`` is ``[tool.uv]``."""
    node = fields.get("sources")
    seen: dict[str, str] = {}
    for key, value in table(node, "'sources'") if node is not None else ():
        name = str(canonicalize_name(key.text))
        if name in seen:
            hint = "Names compare without regard to case, '-', '_' and '.'."
            problems.add(f"The package {name!r} stands twice in [tool.uv.sources].", key.position, hint=hint)
        seen[name] = key.text
        entries = value.items if isinstance(value, YamlList) else (value,)
        for entry in entries:
            with problems.collected():
                place = entry.position if isinstance(value, YamlList) else key.position
                yield _entry(name, key, entry, place)


def _entry(name: str, key: YamlScalar, node: YamlNode, place: Position | None) -> SourceEntry:
    label = f"The source {key.text!r}"
    if not isinstance(node, YamlMap):
        message = f"{label} must be a table, not {kind_of(node)}."
        raise input_error(message, node.position, hint='For instance {path = "../package"}.')
    for part, _ in node:
        if part.text not in _KEYS:
            hint = did_you_mean(part.text, _KEYS)
            raise input_error(f"{label} has the unknown key {part.text!r}.", part.position, hint=hint)
    kinds = [kind for kind in _KINDS if kind in node]
    if len(kinds) != 1:
        message = f"{label} has {' and '.join(kinds)}." if kinds else f"{label} says no place."
        raise input_error(message, place, hint=f"Exactly one of {', '.join(_KINDS)} is needed.")
    for part, _ in node:
        if part.text not in (kinds[0], *_BESIDE[kinds[0]], *_CONDITIONS):
            message = f"{label} is of kind {kinds[0]!r}, where {part.text!r} means nothing."
            raise input_error(message, part.position, hint=f"Remove {part.text!r}.")
    extra, group = text_at(node, "extra"), text_at(node, "group")
    return SourceEntry(
        name,
        kinds[0],
        node,
        place,
        _marker(node),
        str(canonicalize_name(extra)) if extra else None,
        str(canonicalize_name(group)) if group else None,
    )


def _marker(fields: YamlMap) -> Marker | None:
    written = text_at(fields, "marker")
    if written is None:
        return None
    try:
        marker = Marker(written)
        complaint = marker_complaint(marker)
    except InvalidMarker as error:
        complaint = str(error).partition("\n")[0]
    if complaint:
        node = fields.get("marker")
        message = f"No marker that can be evaluated: {written!r} ({complaint})."
        raise input_error(message, node.position if node else None, hint="For instance \"sys_platform == 'linux'\".")
    return marker


def source_of(entry: SourceEntry, indexes: Collection[str], member: Callable[[SourceEntry], str]) -> Source:
    """An entry as a source of an environment file; ``member`` gives the folder of a workspace's member.

    InputError for what cannot be one: an unknown index, a URL without a hash, a member that is not found.
    """
    fields, place = entry.fields, entry.position
    if entry.kind == "path":
        return _path(entry)
    if entry.kind == "workspace":
        if flag(fields, "workspace") is False:
            message = f"The source {entry.name!r} says workspace = false, which is no place."
            raise input_error(message, place, hint="Remove it.")
        return PathSource(member(entry), None, place)
    if entry.kind == "git":
        given = [name for name in _REFERENCES if name in fields]
        if len(given) > 1:
            message = f"The source {entry.name!r} has {' and '.join(given)}."
            raise input_error(message, fields.key_position(given[1]), hint="Give one of rev, tag and branch.")
        rev, tag, branch = (text_at(fields, name) for name in _REFERENCES)
        url = (text_at(fields, "git") or "").removeprefix("git+")
        return GitSource(url, rev, tag, branch, text_at(fields, "subdirectory"), position=place)
    if entry.kind == "url":
        return _url(entry)
    index = text_at(fields, "index") or ""
    if index not in indexes:
        message = f"The source {entry.name!r} names the unknown index {index!r}."
        raise input_error(message, fields.key_position("index"), hint=did_you_mean(index, indexes))
    return IndexSource(index, place)


def _path(entry: SourceEntry) -> PathSource:
    fields = entry.fields
    if flag(fields, "package") is False:
        message = f"The source {entry.name!r} says package = false: it is not to be installed."
        raise input_error(message, fields.key_position("package"), hint="Remove it, or the dependency.")
    flag(fields, "editable")  # an image has no folder that could be edited: a wheel is built in any case
    path = text_at(fields, "path") or ""
    if folder := text_at(fields, "subdirectory"):
        path = f"{path}/{folder}"
    return PathSource(path, None, entry.position)


def _url(entry: SourceEntry) -> UrlSource:
    url = text_at(entry.fields, "url") or ""
    address, _, fragment = url.partition("#")
    algorithm, _, digits = fragment.partition("=")
    if algorithm != "sha256" or len(digits) != 64 or set(digits.lower()) - set("0123456789abcdef"):
        hint = "Write #sha256= and the wheel's 64 hexadecimal digits at the URL's end, or give a path."
        message = f"The source {entry.name!r} has a url without its sha256."
        raise input_error(message, entry.fields.key_position("url"), hint=hint)
    return UrlSource(address, digits.lower(), None, entry.position)
