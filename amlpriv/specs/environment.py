"""The environment file: an Azure ML environment YAML with ``sources``, ``indexes`` and ``via``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from packaging.utils import canonicalize_name

from amlpriv.errors import InputError, UsageError
from amlpriv.facts.routes import Route
from amlpriv.specs.conda import CondaSpec, conda_from_data
from amlpriv.specs.fields import TopFields, name_complaint, read_name
from amlpriv.specs.image_names import IMAGE_HINT, image_complaint
from amlpriv.specs.nodes import YamlMap, YamlScalar, as_map, as_text
from amlpriv.specs.pip import PipPath, PipRequirement, PipVcs
from amlpriv.specs.placement import check_private_names
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import Problems, closest, did_you_mean, input_error
from amlpriv.specs.sources import (
    GitSource,
    Index,
    IndexSource,
    PathSource,
    Source,
    UrlSource,
    parse_indexes,
    parse_sources,
)
from amlpriv.specs.yaml import load_mapping

__all__ = [
    "ENVIRONMENT_KEYS",
    "EnvironmentFile",
    "GitSource",
    "Index",
    "IndexSource",
    "PathSource",
    "Source",
    "UnneededSource",
    "UrlSource",
    "is_environment_file",
    "parse_environment_file",
    "path_sources",
    "read_specification",
    "refuse_bad_name",
    "unneeded_sources",
    "with_image",
]

ENVIRONMENT_KEYS = (
    "$schema",
    "name",
    "version",
    "description",
    "tags",
    "properties",
    "image",
    "build",
    "conda_file",
    "inference_config",
    "os_type",
    "datastore",
    "auto_delete_setting",
    "sources",
    "indexes",
    "via",
)
"""All keys at the top: those of Azure ML's environment YAML, ``properties``, and ours (the last three)."""

Load = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class EnvironmentFile:
    """What an environment file says."""

    name: str
    version: str | None = None
    image: str | None = None
    description: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    conda: CondaSpec | None = None
    conda_file: str | None = None
    """The path as written; None when the conda part stands in the file itself."""
    build: Mapping[str, object] | None = None
    os_type: str = "linux"
    sources: Mapping[str, Source] = field(default_factory=dict)
    """By normalised name; ``path:<n>`` for the path that pip line ``n`` (from 0, in ``conda.pip``) holds."""
    indexes: Mapping[str, Index] = field(default_factory=dict)
    via: Route | None = None
    file: str | None = None
    positions: Mapping[str, Position] = field(default_factory=dict)
    """Where the top-level keys stand."""
    properties: Mapping[str, str] = field(default_factory=dict)
    inference_config: Mapping[str, object] | None = None
    datastore: str | None = None
    auto_delete_setting: Mapping[str, object] | None = None
    lock: str | None = None
    """Path of the lock that ``amlpriv lock`` writes, where the file names one."""


@dataclass(frozen=True, slots=True)
class UnneededSource:
    """A source that no package asks for."""

    name: str
    position: Position | None
    suggestion: str | None
    """The needed name that it is most likely a slip of."""

    def error(self) -> InputError:
        """The mistake as an exception."""
        hint = f"Did you mean {self.suggestion!r}?" if self.suggestion else "Add it to the pip section, or remove it."
        return input_error(f"No package needs the source {self.name!r}.", self.position, hint=hint)


def unneeded_sources(file: EnvironmentFile, needed: Collection[str]) -> tuple[UnneededSource, ...]:
    """The sources that neither a pip line of the file nor a name in ``needed`` asks for.

    ``needed`` is what the private packages themselves require, known once their wheels are read.
    """
    names = {str(canonicalize_name(name)) for name in needed}
    for line in file.conda.pip if file.conda else ():
        if isinstance(line, PipRequirement | PipVcs) and line.name:
            names.add(line.name)
    unserved = names - set(file.sources)
    return tuple(
        UnneededSource(name, source.position, closest(name, unserved))
        for name, source in file.sources.items()
        if name not in names and ":" not in name
    )


def is_environment_file(text: str, file: str | None = None) -> bool:
    """Whether a YAML text is an environment file, and not a plain conda file."""
    return not _is_conda(load_mapping(text, file))


def _is_conda(root: YamlMap) -> bool:
    return ("dependencies" in root or "channels" in root) and not any(
        key in root for key in ("image", "conda_file", "build", "sources", "indexes", "via")
    )


def parse_environment_file(text: str, file: str | None = None, *, load: Load) -> EnvironmentFile:
    """Read an environment file; ``load`` gives the text of a file that it refers to by path.

    InputError with file and line for the first mistake; its hint counts the others.
    """
    return _read(load_mapping(text, file), file, load, None)


def read_specification(
    text: str, file: str | None = None, *, load: Load, name: str | None = None, image: str | None = None
) -> EnvironmentFile:
    """Read an environment file or a plain conda file; ``name`` and ``image`` override what it says."""
    refuse_bad_name(name)
    root = load_mapping(text, file)
    result = _from_conda(root, file, name) if _is_conda(root) else _read(root, file, load, name)
    return with_image(result, image)


def refuse_bad_name(name: str | None) -> None:
    """UsageError for a name, given by the caller, that no environment can have."""
    if name is not None and (complaint := name_complaint(name)):
        raise UsageError(f"{name!r} cannot be an environment's name: {complaint}.")


def with_image(file: EnvironmentFile, image: str | None) -> EnvironmentFile:
    """The same file with the image that the caller gives; UsageError for what is no image or cannot be replaced."""
    if image is None:
        return file
    if complaint := image_complaint(image):
        raise UsageError(f"{image!r} is no image: {complaint}.", hint=IMAGE_HINT)
    if file.build is not None:
        raise UsageError("The environment has a build context and cannot have an image too.", hint="Leave --image out.")
    return replace(file, image=image)


def _from_conda(root: YamlMap, file: str | None, name: str | None) -> EnvironmentFile:
    problems = Problems(file)
    conda = conda_from_data(root, file, problems=problems)
    found = name
    with problems.collected():
        found = read_name(root, name, "Give --name, or a 'name:' in the conda file.")
    sources = path_sources(conda)
    problems.raise_first()
    return EnvironmentFile(name=found or "", conda=conda, sources=sources, file=file, positions=_positions(root))


def _read(root: YamlMap, file: str | None, load: Load, name: str | None) -> EnvironmentFile:
    problems = Problems(file)
    _check_keys(root, problems)
    indexes = parse_indexes(root.get("indexes"), problems)
    sources = parse_sources(root.get("sources"), indexes, problems)
    conda, conda_file = _conda(root, file, load, problems)
    if conda is not None:
        check_private_names(conda, sources, load, folder=str(PurePath(conda_file or "").parent), problems=problems)
    fields = TopFields(root, problems)
    result = EnvironmentFile(
        name=fields.name(name),
        version=fields.version(),
        image=fields.image(),
        description=fields.description(),
        tags=fields.texts("tags"),
        conda=conda,
        conda_file=conda_file,
        build=fields.mapping("build"),
        os_type=fields.os_type(),
        sources={**sources, **path_sources(conda)},
        indexes=indexes,
        via=fields.via(),
        file=file,
        positions=_positions(root),
        properties=fields.texts("properties"),
        inference_config=fields.mapping("inference_config"),
        datastore=fields.text("datastore"),
        auto_delete_setting=fields.mapping("auto_delete_setting"),
    )
    if result.image is not None and result.build is not None:
        place = max((root.key_position(key) for key in ("image", "build")), key=lambda at: at.line if at else 0)
        problems.add("The environment has both 'image' and 'build'.", place, hint="Azure ML takes one of them.")
    problems.raise_first()
    return result


def _positions(root: YamlMap) -> dict[str, Position]:
    return {key.text: key.position for key, _ in root if key.position is not None}


def _check_keys(root: YamlMap, problems: Problems) -> None:
    for key, _ in root:
        if key.text in {"channels", "dependencies", "variables"}:
            hint = "It belongs below 'conda_file:'."
        elif key.text not in ENVIRONMENT_KEYS:
            hint = did_you_mean(key.text, ENVIRONMENT_KEYS)
        else:
            continue
        problems.add(f"Unknown key {key.text!r}.", key.position, hint=hint)


def _conda(root: YamlMap, file: str | None, load: Load, problems: Problems) -> tuple[CondaSpec | None, str | None]:
    """The conda part, inline or from the file that is named; and that file's path as written."""
    node = root.get("conda_file")
    if node is None:
        return None, None
    with problems.collected():
        if not isinstance(node, YamlScalar):
            return conda_from_data(as_map(node, "'conda_file'"), file, problems=problems), None
        path = as_text(node, "'conda_file'")
        if len(path.splitlines()) > 1:
            message = "'conda_file' is a text with several lines."
            raise input_error(message, node.position, hint="Write a path, or leave out the '|' to have a mapping.")
        try:
            text = load(path)
        except InputError as error:
            if error.line is not None:
                raise
            raise input_error(error.message, node.position, hint=error.hint) from None
        name = str(PurePath(file).parent / path) if file is not None else path
        return conda_from_data(load_mapping(text, name), name, problems=problems), path
    return None, None


def path_sources(conda: CondaSpec | None) -> dict[str, Source]:
    """The source ``path:<n>`` of each pip line ``n`` that is a path."""
    lines = enumerate(conda.pip if conda else ())
    return {f"path:{n}": PathSource(line.path, None, line.position) for n, line in lines if isinstance(line, PipPath)}
