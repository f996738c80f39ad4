"""How an Azure ML document names an environment: the text behind ``environment:``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

__all__ = ["EnvironmentReference", "ReferenceKind", "parse_environment_reference"]

_ARM = re.compile(
    r"(?:azureml:)?/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.MachineLearningServices"
    r"/(?:workspaces|registries)/[^/]+/environments/(?P<name>[^/]+)/(?:versions/(?P<version>[^/]+)|labels/(?P<label>[^/]+))",
    re.IGNORECASE,
)
_LONG = re.compile(
    r"azureml://(?:registries/(?P<registry>[^/]+)|(?:subscriptions/[^/]+/)?(?:resource[gG]roups/[^/]+/)?(?:workspaces/[^/]+))"
    r"/environments/(?P<name>[^/]+)/(?:versions/(?P<version>[^/]+)|labels/(?P<label>[^/]+))"
)
_SHORT = re.compile(r"azureml:(?P<name>[^:@/]+)(?::(?P<version>[^:@]+)|@(?P<label>[^:@]+))?")
_DOTTED = re.compile(r"(?P<name>[^:@/\\.\s]+)(?::(?P<version>[^:@/\\\s]+)|@(?P<label>[^:@/\\\s]+))")


class ReferenceKind(Enum):
    """What a reference leads to."""

    REGISTERED = "registered"
    """An environment of the workspace: ``azureml:name:version``, ``azureml:name@label``, an ARM id."""
    REGISTRY = "registry"
    """An environment of a registry: ``azureml://registries/...``."""
    FILE = "file"
    """A file beside the document: ``file:env.yml`` or ``./env.yml``."""
    UNKNOWN = "unknown"
    """None of them: Azure ML refuses it, or a template engine fills it in first."""


@dataclass(frozen=True, slots=True)
class EnvironmentReference:
    """A text behind ``environment:``, taken apart."""

    text: str
    kind: ReferenceKind
    name: str | None = None
    version: str | None = None
    label: str | None = None
    """What stands behind ``@``: ``latest`` in practice."""
    registry: str | None = None
    path: str | None = None

    @property
    def pinned(self) -> bool:
        """Whether it always means the same version."""
        return self.version is not None


def parse_environment_reference(text: str) -> EnvironmentReference:
    """What a reference says; forms as in the CLI (v2) YAML schema's reference, "environment" of a command job."""
    reference = text.strip()
    if "{{" in reference:  # a template, filled in before Azure ML sees it
        return EnvironmentReference(text, ReferenceKind.UNKNOWN)
    if found := _ARM.fullmatch(reference) or _LONG.fullmatch(reference):
        parts = found.groupdict()
        kind = ReferenceKind.REGISTRY if parts.get("registry") or "/registries/" in reference else _REGISTERED
        return EnvironmentReference(text, kind, parts["name"], parts["version"], parts["label"], parts.get("registry"))
    if found := _SHORT.fullmatch(reference) or _DOTTED.fullmatch(reference):
        return EnvironmentReference(text, _REGISTERED, found["name"], found["version"], found["label"])
    if reference.startswith("azureml:"):
        return EnvironmentReference(text, ReferenceKind.UNKNOWN)
    path = reference.removeprefix("file:")
    if path.lower().endswith((".yml", ".yaml")) and "://" not in path:
        return EnvironmentReference(text, ReferenceKind.FILE, path=path)
    return EnvironmentReference(text, ReferenceKind.UNKNOWN)


_REGISTERED = ReferenceKind.REGISTERED
