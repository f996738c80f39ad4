"""Packages of Azure ML SDK v1: deprecated 2025-03-31, support ended 2026-06-30 (how-to-migrate-from-v1.md, 2026-02).

They pin many others (``packaging``, ``azure-mgmt-*``, ``paramiko``), which can collide with what a private wheel needs.
``azureml-mlflow``, ``azureml-inference-server-http`` and ``mltable`` are used with SDK v2 and left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Place, Subject, place_of
from amlpriv.specs.pip import PipRequirement

__all__ = ["CODE", "NAME", "find"]

CODE = "AP212"
NAME = "package of SDK v1"

_REPLACEMENTS = {
    "azureml-core": "azure-ai-ml, or azureml-mlflow if it is there for tracking",
    "azureml-defaults": "azureml-inference-server-http for an endpoint, nothing for a job",
    "azureml-sdk": "azure-ai-ml",
    "azureml-dataset-runtime": "",
    "azureml-interpret": "",
    "azureml-opendatasets": "",
    "azureml-telemetry": "",
    "azureml-train": "",
    "azureml-train-core": "",
    "azureml-widgets": "",
}
_PREFIXES = ("azureml-automl-", "azureml-contrib-", "azureml-pipeline", "azureml-train-")


def find(subject: Subject) -> Iterator[Finding]:
    """Each package of SDK v1 in the conda layer or the pip section."""
    for name, place in _names(subject):
        normalized = canonicalize_name(name)
        if normalized not in _REPLACEMENTS and not normalized.startswith(_PREFIXES):
            continue
        instead = _REPLACEMENTS.get(normalized)
        yield place.finding(
            CODE,
            Severity.WARNING,
            normalized,
            f"{normalized} belongs to Azure ML SDK v1, whose support has ended.",
            fix=f"Use {instead}." if instead else "Remove it if the code can do without.",
        )


def _names(subject: Subject) -> Iterator[tuple[str, Place]]:
    if subject.conda is None:
        return
    for dependency in subject.conda.dependencies:
        yield dependency.name, place_of(dependency.position)
    for line in subject.pip:
        if isinstance(line, PipRequirement):
            yield line.requirement.name, place_of(line.position)
