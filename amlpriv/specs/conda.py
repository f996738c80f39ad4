"""The conda specification: the file that ``conda env create`` and Azure ML's image builder read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml
from packaging.utils import canonicalize_name

from amlpriv.secret import redact
from amlpriv.specs.matchspec import MatchSpec, parse_match
from amlpriv.specs.nodes import (
    YamlList,
    YamlMap,
    YamlNode,
    YamlScalar,
    as_list,
    as_map,
    as_text,
    from_data,
    refuse_unprintable,
)
from amlpriv.specs.pip import PipLine, PipPath, PipRequirement, parse_pip_line, render_pip_requirement
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import Problems, closest, input_error
from amlpriv.specs.yaml import load_mapping
from amlpriv.target import parse_python

__all__ = ["CONDA_KEYS", "CondaDependency", "CondaSpec", "conda_from_data", "parse_conda", "render_conda"]

CONDA_KEYS = ("name", "channels", "dependencies", "variables", "prefix")
"""The keys that conda reads; it ignores all others."""

_PINNED = re.compile(r"(\d+\.\d+)(?:\.\d+)*(?:\.\*)?")
_VARIABLE = re.compile(r"\$\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class CondaDependency:
    """One package of the conda layer."""

    text: str
    """As written."""
    name: str
    """Lower case, without channel."""
    spec: str = ""
    """What follows the name: version and build, as written."""
    position: Position | None = None

    @property
    def match(self) -> MatchSpec:
        """What it means to conda."""
        return parse_match(self.text, self.position)

    @property
    def channel(self) -> str | None:
        """What stands before ``::``."""
        return self.text.partition("::")[0].strip() if "::" in self.text else None


@dataclass(frozen=True, slots=True, repr=False)
class CondaSpec:
    """A conda environment file, its pip section included."""

    name: str | None = None
    channels: tuple[str, ...] = ()
    dependencies: tuple[CondaDependency, ...] = ()
    pip: tuple[PipLine, ...] = ()
    """All pip lines of all ``pip:`` blocks, in the order of the file."""
    pip_listed: bool = False
    """Whether pip itself is among the conda dependencies."""
    pip_blocks: int = 0
    variables: tuple[tuple[str, str], ...] = ()
    prefix: str | None = None
    file: str | None = None
    second_block: int | None = None
    """The index in ``pip`` at which the second ``pip:`` block begins."""
    ignored_keys: tuple[str, ...] = ()
    """Top-level keys that conda does not read either."""

    def __repr__(self) -> str:
        # Channels, pip lines and variables may hold a secret that somebody wrote into the file.
        packages = [dependency.text for dependency in self.dependencies]
        return redact(f"CondaSpec(name={self.name!r}, dependencies={packages!r}, pip={list(self.pip)!r})")

    @property
    def python(self) -> tuple[int, int] | None:
        """The pinned Python, for instance (3, 11); None when there is none, or a range."""
        dependency = self.python_dependency
        version = dependency.match.version if dependency else None
        match = _PINNED.fullmatch(version) if version else None
        return parse_python(match[1]) if match else None

    @property
    def python_dependency(self) -> CondaDependency | None:
        """The conda dependency on Python itself."""
        return next((dependency for dependency in self.dependencies if dependency.name == "python"), None)


def parse_conda(text: str, file: str | None = None) -> CondaSpec:
    """Read a conda file; InputError with file and line for what is no conda file."""
    return conda_from_data(load_mapping(text, file), file)


def conda_from_data(
    data: YamlMap | Mapping[str, object], file: str | None = None, *, problems: Problems | None = None
) -> CondaSpec:
    """Read a conda mapping that stands inside another file, or was made in Python.

    With ``problems`` the mistakes are collected there; otherwise the first raises InputError.
    """
    found = Problems(file) if problems is None else problems
    root = data if isinstance(data, YamlMap) else as_map(from_data(data), "The conda specification")
    spec = _read(root, file, found)
    if problems is None:
        found.raise_first()
    return spec


def _read(root: YamlMap, file: str | None, problems: Problems) -> CondaSpec:
    ignored = []
    for key, _ in root:
        if key.text not in CONDA_KEYS:
            slip = closest(key.text, CONDA_KEYS)
            if slip is not None and slip not in root:  # conda itself ignores unknown keys
                problems.add(f"Unknown key {key.text!r}.", key.position, hint=f"Did you mean {slip!r}?")
            ignored.append(key.text)
    dependencies: list[CondaDependency] = []
    blocks: list[list[PipLine]] = []
    with problems.collected():
        for item in _items(root, "dependencies"):
            with problems.collected():
                if isinstance(item, YamlMap):
                    blocks.append(_pip_block(item, problems))
                else:
                    dependencies.append(_dependency(item))
    return CondaSpec(
        name=_optional_text(root, "name", problems),
        channels=_channels(root, problems),
        dependencies=tuple(dependencies),
        pip=tuple(line for block in blocks for line in block),
        pip_listed=any(dependency.name == "pip" for dependency in dependencies),
        pip_blocks=len(blocks),
        variables=_variables(root, problems),
        prefix=_optional_text(root, "prefix", problems),
        file=file,
        second_block=len(blocks[0]) if len(blocks) > 1 else None,
        ignored_keys=tuple(ignored),
    )


def _items(root: YamlMap, key: str) -> tuple[YamlNode, ...]:
    node = root.get(key)
    return () if node is None else as_list(node, f"{key!r}").items


def _optional_text(root: YamlMap, key: str, problems: Problems) -> str | None:
    node = root.get(key)
    if node is not None:
        with problems.collected():
            return as_text(node, f"{key!r}")
    return None


def _channels(root: YamlMap, problems: Problems) -> tuple[str, ...]:
    with problems.collected():
        return tuple(as_text(item, "A channel") for item in _items(root, "channels"))
    return ()


def _variables(root: YamlMap, problems: Problems) -> tuple[tuple[str, str], ...]:
    node = root.get("variables")
    pairs: list[tuple[str, str]] = []
    if node is not None:
        with problems.collected():
            for key, value in as_map(node, "'variables'"):
                if isinstance(value, YamlScalar):
                    refuse_unprintable(key, "A variable's name")
                    refuse_unprintable(value, f"The variable {key.text!r}")
                    pairs.append((key.text, value.text))
                else:
                    problems.add(f"The variable {key.text!r} must be text.", value.position)
    return tuple(pairs)


def _dependency(node: YamlNode) -> CondaDependency:
    text = as_text(node, "A conda dependency")
    match = parse_match(node.text if isinstance(node, YamlScalar) else text, node.position)
    if "://" in text and match.version is not None:
        return CondaDependency(text, match.name, f"=={match.version}", node.position)
    behind = re.sub(r"^\S*:+", "", text.partition("[")[0]).strip() + "".join(text.partition("[")[1:])
    spec = behind[len(match.name) :] if behind.lower().startswith(match.name) else ""
    return CondaDependency(text, match.name, spec.strip(), node.position)


def _pip_block(item: YamlMap, problems: Problems) -> list[PipLine]:
    lines: list[PipLine] = []
    for key, value in item:
        if key.text != "pip":
            hint = "Only 'pip:' can be a mapping here; quote a dependency that contains ': '."
            raise input_error(f"Unknown section {key.text!r} in 'dependencies'.", key.position, hint=hint)
        if isinstance(value, YamlScalar) and value.value is None:
            hint = "Indent the packages below '- pip:' further than the 'pip:' itself."
            raise input_error("The 'pip:' section is empty.", key.position, hint=hint)
        for entry in as_list(value, "'pip:'").items:
            with problems.collected():
                line = _pip_line(entry)
                if line is not None:
                    lines.append(line)
    return lines


def _pip_line(entry: YamlNode) -> PipLine | None:
    if isinstance(entry, YamlScalar) and entry.value is not None:
        return parse_pip_line(entry.text, entry.position)
    hint = "Put the line in quotes when it contains ': '."
    if isinstance(entry, YamlList | YamlMap):
        raise input_error("A pip line must be text.", entry.position, hint=hint)
    raise input_error("A pip line is empty.", entry.position, hint="Remove the '-'.")


def render_conda(spec: CondaSpec, *, urls: Mapping[str, str] | None = None, extra_pip: Sequence[str] = ()) -> str:
    """The conda file as text, always the same for the same input.

    A requirement whose name is in ``urls`` becomes ``name[extras] @ url ; marker``; ``extra_pip`` is appended. All pip
    lines stand in one block at the end. InputError for a path that the caller did not replace, for ``${NAME}`` and for
    a line break (the service expands nothing, and pip's file has one requirement per line).
    """
    addresses = {str(canonicalize_name(name)): url for name, url in (urls or {}).items()}
    dependencies: list[object] = []
    for dependency in spec.dependencies:
        dependencies.append(_plain(dependency.text, dependency.position))
    pip = [_plain(_pip_text(line, addresses), line.position) for line in spec.pip]
    pip += [_plain(line, None) for line in extra_pip]
    if pip:
        dependencies.append({"pip": pip})
    data: dict[str, object] = {}
    if spec.name is not None:
        data["name"] = _plain(spec.name, None)
    if spec.channels:
        data["channels"] = [_plain(channel, None) for channel in spec.channels]
    data["dependencies"] = dependencies
    if spec.variables:
        data["variables"] = dict(spec.variables)
    return yaml.safe_dump(data, sort_keys=False, width=2**31, default_flow_style=False)


def _pip_text(line: PipLine, addresses: Mapping[str, str]) -> str:
    if isinstance(line, PipPath):
        message = f"A path cannot go into an environment: {line.text!r}."
        raise input_error(message, line.position, hint="Name the package under 'sources' with this path.")
    if isinstance(line, PipRequirement):
        return render_pip_requirement(line, url=addresses.get(line.name))
    return line.text


def _plain(text: str, position: Position | None) -> str:
    if len(text.splitlines()) > 1:
        raise input_error(f"A line break in {redact(text)!r}.", position, hint="Write it in one line.")
    if variable := _VARIABLE.search(text):
        message = f"{variable[0]} in {redact(text)!r}: Azure ML does not fill in variables."
        raise input_error(message, position, hint="Use a connection or a source for what must not be in the file.")
    return text
