"""Azure ML YAML documents (SDK v2, CLI v2): what kind one is, and where in it environments stand.

Places follow the CLI (v2) YAML schema's reference: jobs, components, deployments, schedules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from amlpriv.specs.nodes import YamlList, YamlMap, YamlNode, YamlScalar
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import input_error
from amlpriv.specs.references import EnvironmentReference, parse_environment_reference
from amlpriv.specs.yaml import load_mapping

__all__ = ["Document", "DocumentKind", "EnvironmentUse", "FileReference", "KeyPath", "document_kind", "read_document"]

KeyPath = tuple[str | int, ...]
"""The keys and list indexes that lead to a value: ``("jobs", "train", "environment")``."""


class DocumentKind(Enum):
    """What a document describes."""

    ENVIRONMENT = "environment"
    COMMAND_JOB = "command job"
    PIPELINE_JOB = "pipeline job"
    SWEEP_JOB = "sweep job"
    SPARK_JOB = "spark job"
    OTHER_JOB = "job"
    COMMAND_COMPONENT = "command component"
    PARALLEL_COMPONENT = "parallel component"
    PIPELINE_COMPONENT = "pipeline component"
    SPARK_COMPONENT = "spark component"
    ONLINE_DEPLOYMENT = "online deployment"
    BATCH_DEPLOYMENT = "batch deployment"
    SCHEDULE = "schedule"
    CONDA = "conda file"
    OTHER = "other"
    """Azure ML's, but without environments (data, compute, endpoints), or not Azure ML's at all."""


_SCHEMAS = {
    "environment": DocumentKind.ENVIRONMENT,
    "commandjob": DocumentKind.COMMAND_JOB,
    "pipelinejob": DocumentKind.PIPELINE_JOB,
    "sweepjob": DocumentKind.SWEEP_JOB,
    "sparkjob": DocumentKind.SPARK_JOB,
    "automljob": DocumentKind.OTHER_JOB,
    "commandcomponent": DocumentKind.COMMAND_COMPONENT,
    "parallelcomponent": DocumentKind.PARALLEL_COMPONENT,
    "pipelinecomponent": DocumentKind.PIPELINE_COMPONENT,
    "sparkcomponent": DocumentKind.SPARK_COMPONENT,
    "managedonlinedeployment": DocumentKind.ONLINE_DEPLOYMENT,
    "kubernetesonlinedeployment": DocumentKind.ONLINE_DEPLOYMENT,
    "onlinedeployment": DocumentKind.ONLINE_DEPLOYMENT,
    "batchdeployment": DocumentKind.BATCH_DEPLOYMENT,
    "modelbatchdeployment": DocumentKind.BATCH_DEPLOYMENT,
    "pipelinecomponentbatchdeployment": DocumentKind.BATCH_DEPLOYMENT,
    "schedule": DocumentKind.SCHEDULE,
}
"""By the file name of ``$schema``, without ``.schema.json``."""

_TYPES = {
    "command": (DocumentKind.COMMAND_JOB, DocumentKind.COMMAND_COMPONENT),
    "pipeline": (DocumentKind.PIPELINE_JOB, DocumentKind.PIPELINE_COMPONENT),
    "sweep": (DocumentKind.SWEEP_JOB, DocumentKind.SWEEP_JOB),
    "spark": (DocumentKind.SPARK_JOB, DocumentKind.SPARK_COMPONENT),
    "parallel": (DocumentKind.PARALLEL_COMPONENT, DocumentKind.PARALLEL_COMPONENT),
    "automl": (DocumentKind.OTHER_JOB, DocumentKind.OTHER_JOB),
}
"""By ``type``: as a job, as a component."""

_BODY_KEYS = ("command", "jobs", "task", "trial", "entry", "primary_metric")
_SCHEMA_NAME = re.compile(r"([A-Za-z]+)(?:\.schema)?\.json$")
_COMPONENT_KEYS = ("version", "is_deterministic")
_JOB_KEYS = ("compute", "experiment_name", "settings", "limits")
_FILE = re.compile(r"(?:file:)?(?P<path>[^:\s][^:]*\.ya?ml)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EnvironmentUse:
    """One environment that a document names or defines."""

    path: KeyPath
    """Of the value; empty for a document that is an environment itself."""
    node: YamlNode
    reference: EnvironmentReference | None
    """None when it is defined on the spot."""
    key: YamlScalar | None = None
    """The ``environment`` key."""

    @property
    def position(self) -> Position | None:
        """Where the value stands."""
        return self.node.position

    @property
    def inline(self) -> YamlMap | None:
        """The environment's own keys, when it is defined on the spot."""
        return self.node if isinstance(self.node, YamlMap) else None


@dataclass(frozen=True, slots=True)
class FileReference:
    """A file beside the document in which further environments may stand: a component, a trial, a scheduled job."""

    path: KeyPath
    file: str
    """As written, without ``file:``."""
    position: Position | None


@dataclass(frozen=True, slots=True)
class Document:
    """An Azure ML YAML document."""

    kind: DocumentKind
    root: YamlMap
    environments: tuple[EnvironmentUse, ...] = ()
    files: tuple[FileReference, ...] = ()
    file: str | None = field(default=None, compare=False)


def read_document(text: str, file: str | None = None) -> Document:
    """Read a document and find its environments. InputError with line and column for what is no YAML mapping, or for
    an ``environment`` that is neither text nor mapping."""
    root = load_mapping(text, file, last_wins=True)
    kind = document_kind(root)
    if kind in (DocumentKind.OTHER, DocumentKind.CONDA):
        return Document(kind, root, file=file)
    if kind is DocumentKind.ENVIRONMENT:
        return Document(kind, root, (EnvironmentUse((), root, None),), file=file)
    found = _Found()
    found.job(root, ())
    return Document(kind, root, tuple(found.environments), tuple(found.files), file)


def document_kind(root: YamlMap) -> DocumentKind:
    """What a mapping describes: ``$schema`` tells, else its shape."""
    if (by_schema := _by_schema(root)) is not None:
        return by_schema
    if _is_conda(root):
        return DocumentKind.CONDA
    if "endpoint_name" in root:
        batch = any(key in root for key in ("mini_batch_size", "max_concurrency_per_instance", "output_action"))
        return DocumentKind.BATCH_DEPLOYMENT if batch else DocumentKind.ONLINE_DEPLOYMENT
    if isinstance(root.get("create_job"), YamlMap | YamlScalar):
        return DocumentKind.SCHEDULE
    return _by_shape(root)


def _is_conda(root: YamlMap) -> bool:
    """Helm charts, Dart packages and others have ``dependencies`` too: as a mapping, or a list of mappings."""
    node = root.get("dependencies")
    if not isinstance(node, YamlList) or "image" in root or "build_dependencies" in root:
        return False
    return all(isinstance(item, YamlScalar) or (isinstance(item, YamlMap) and "pip" in item) for item in node.items)


def _by_schema(root: YamlMap) -> DocumentKind | None:
    schema = root.get("$schema")
    match = _SCHEMA_NAME.search(schema.text.strip()) if isinstance(schema, YamlScalar) else None
    if match is None:
        return None
    return _SCHEMAS.get(match[1].lower(), DocumentKind.OTHER)


def _by_shape(root: YamlMap) -> DocumentKind:
    kind = root.get("type")
    named = _TYPES.get(kind.text) if isinstance(kind, YamlScalar) else None
    if named is not None and any(
        key in root for key in ("command", "jobs", "task", "trial", "entry", "primary_metric")
    ):
        component = any(key in root for key in _COMPONENT_KEYS) and not any(key in root for key in _JOB_KEYS)
        return named[component]
    if "command" in root and "environment" in root:
        return DocumentKind.COMMAND_JOB
    if isinstance(root.get("jobs"), YamlMap) and any(key in root for key in _JOB_KEYS) and "on" not in root:
        return DocumentKind.PIPELINE_JOB
    if any(key in root for key in ("conda_file", "build")) or ("image" in root and "name" in root):
        return DocumentKind.ENVIRONMENT if not _is_compose(root) else DocumentKind.OTHER
    return DocumentKind.OTHER


def _is_compose(root: YamlMap) -> bool:
    """Whether ``build`` or ``image`` belong to something else (a devcontainer, a CI file)."""
    return any(key in root for key in ("services", "steps", "stages", "jobs", "on", "trigger"))


class _Found:
    """Collects along the way through a document."""

    def __init__(self) -> None:
        self.environments: list[EnvironmentUse] = []
        self.files: list[FileReference] = []

    def job(self, node: YamlMap, path: KeyPath) -> None:
        """A job, a pipeline's node, a component or a deployment."""
        self._environment(node, path)
        task = node.get("task")
        if isinstance(task, YamlMap):
            self._environment(task, (*path, "task"))
        for key in ("trial", "component", "create_job"):
            self._part(node, key, path)
        for key, value in _entries(node.get("jobs")):
            if isinstance(value, YamlMap):
                self.job(value, (*path, "jobs", key))
            elif isinstance(value, YamlScalar):
                self._file(value, (*path, "jobs", key))

    def _part(self, node: YamlMap, key: str, path: KeyPath) -> None:
        part = node.get(key)
        if isinstance(part, YamlMap):
            self.job(part, (*path, key))
        elif isinstance(part, YamlScalar):
            self._file(part, (*path, key))

    def _file(self, node: YamlScalar, path: KeyPath) -> None:
        text = node.text.strip()
        match = _FILE.fullmatch(text)
        if match is not None and not text.startswith("azureml"):
            self.files.append(FileReference(path, match["path"], node.position))

    def _environment(self, node: YamlMap, path: KeyPath) -> None:
        value = node.get("environment")
        if value is None:
            return
        key = next(key for key, _ in node if key.text == "environment")
        if isinstance(value, YamlList):
            hint = "Write azureml:name:version, the path of an environment YAML, or its keys below 'environment:'."
            raise input_error("'environment' must be text or a mapping, not a list.", value.position, hint=hint)
        reference = parse_environment_reference(value.text) if isinstance(value, YamlScalar) else None
        self.environments.append(EnvironmentUse((*path, "environment"), value, reference, key))


def _entries(node: YamlNode | None) -> Iterator[tuple[str, YamlNode]]:
    if isinstance(node, YamlMap):
        for key, value in node:
            yield key.text, value
