"""``[tool.amlpriv]`` of a ``pyproject.toml``: what an environment needs and no other table says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from packaging.utils import canonicalize_name

from amlpriv.facts.routes import Route
from amlpriv.specs.fields import TopFields, name_complaint
from amlpriv.specs.nodes import YamlMap, YamlNode, YamlScalar
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import Problems, did_you_mean, input_error
from amlpriv.specs.pyproject.tables import flag, items, kind_of, table, table_at, text, text_at, texts
from amlpriv.specs.sources import parse_via
from amlpriv.specs.toml_positions import TomlDocument
from amlpriv.target import parse_python

__all__ = ["SETTINGS_KEYS", "Named", "Settings", "read_settings"]

SETTINGS_KEYS = (
    *("name", "version", "description", "tags", "image", "python", "channels", "conda"),
    *("package", "extras", "groups", "connections", "via", "lock"),
)
"""The keys of ``[tool.amlpriv]``."""


@dataclass(frozen=True, slots=True)
class Named:
    """A name that something refers to: an extra, a group, an index."""

    name: str
    """Normalised, for extras and groups."""
    position: Position | None


@dataclass(frozen=True, slots=True)
class Settings:
    """``[tool.amlpriv]``; every part of it can be missing."""

    name: str | None = None
    version: str | None = None
    description: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    image: str | None = None
    python: str | None = None
    """As written: ``3.11`` or ``3.11.9``."""
    channels: tuple[YamlNode, ...] = ()
    conda: tuple[YamlNode, ...] = ()
    """Lines of conda's ``dependencies:``."""
    package: bool | None = None
    """Whether the project itself is installed; None: as uv decides."""
    extras: tuple[Named, ...] = ()
    groups: tuple[Named, ...] = ()
    connections: Mapping[str, str] = field(default_factory=dict)
    """The workspace connection of each index, by the index's name."""
    via: Route | None = None
    lock: str | None = None
    """The path of the lock file, relative to this one: of a uv.lock, a pylock.toml, or what ``amlpriv lock`` writes."""
    positions: Mapping[str, Position] = field(default_factory=dict)

    @property
    def own_lock(self) -> str | None:
        """The path of a lock that ``amlpriv lock`` writes; it is looked at once the wheels are there."""
        return self.lock if self.lock and self.lock.endswith(".txt") else None

    @property
    def pinning_lock(self) -> str | None:
        """The path of a uv.lock or a pylock.toml, whose versions are written into the lines."""
        return None if self.own_lock else self.lock


def read_settings(document: TomlDocument, problems: Problems) -> Settings:
    """``[tool.amlpriv]``; an unknown key is a mistake, with the closest known one as the hint."""
    fields = table_at(document, "tool", "amlpriv")
    for key, _ in fields:
        if key.text not in SETTINGS_KEYS:
            hint = did_you_mean(key.text, SETTINGS_KEYS)
            problems.add(f"Unknown key {key.text!r} in [tool.amlpriv].", key.position, hint=hint)
    reader = _Reader(fields, problems)
    top = TopFields(fields, problems)
    return Settings(
        name=reader.name(),
        version=top.version(),
        description=top.description(),
        tags=top.texts("tags"),
        image=top.image(),
        python=reader.python(),
        channels=reader.nodes("channels"),
        conda=reader.nodes("conda"),
        package=reader.package(),
        extras=reader.named("extras"),
        groups=reader.named("groups"),
        connections=reader.connections(),
        via=reader.via(),
        lock=reader.lock(),
        positions={key.text: key.position for key, _ in fields if key.position is not None},
    )


class _Reader:
    """Reads one key each; a mistake is noted and the key counts as absent."""

    def __init__(self, fields: YamlMap, problems: Problems) -> None:
        self._fields = fields
        self._problems = problems

    def name(self) -> str | None:
        with self._problems.collected():
            name = text_at(self._fields, "name")
            if name is not None and (complaint := name_complaint(name)):
                place = self._fields.key_position("name")
                raise input_error(f"{name!r} cannot be an environment's name: {complaint}.", place)
            return name
        return None

    def python(self) -> str | None:
        with self._problems.collected():
            python = text_at(self._fields, "python", number=True)
            if python is not None and (parse_python(python) is None or python.endswith("*")):
                place = self._fields.key_position("python")
                raise input_error(f"{python!r} is no Python version.", place, hint='For instance python = "3.11".')
            return python
        return None

    def nodes(self, key: str) -> tuple[YamlNode, ...]:
        with self._problems.collected():
            for _ in texts(self._fields, key):
                pass
            return items(self._fields, key)
        return ()

    def package(self) -> bool | None:
        with self._problems.collected():
            return flag(self._fields, "package")
        return None

    def named(self, key: str) -> tuple[Named, ...]:
        with self._problems.collected():
            return tuple(Named(str(canonicalize_name(name)), node.position) for name, node in texts(self._fields, key))
        return ()

    def connections(self) -> dict[str, str]:
        node, found = self._fields.get("connections"), dict[str, str]()
        if node is not None:
            with self._problems.collected():
                for key, value in table(node, "'connections'"):
                    found[key.text] = text(value, f"The connection of {key.text!r}")
        return found

    def via(self) -> Route | None:
        node = self._fields.get("via")
        if node is not None:
            with self._problems.collected():
                return parse_via(node)
        return None

    def lock(self) -> str | None:
        node = self._fields.get("lock")
        if node is None:
            return None
        with self._problems.collected():
            if isinstance(node, YamlScalar) and isinstance(node.value, bool):
                return "uv.lock" if node.value else None
            if not isinstance(node, YamlScalar) or not isinstance(node.value, str):
                message = f"'lock' must be a path, or true for uv.lock, not {kind_of(node)}."
                raise input_error(message, node.position)
            return text(node, "'lock'")
        return None
