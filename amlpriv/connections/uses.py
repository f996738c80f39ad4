"""What an environment is used for, and whether the workspace's connections have a say in its build.

Threads are named as on GitHub, without the owner: Azure, or MicrosoftDocs for azure-docs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from amlpriv.connections.verdicts import Confidence, VerdictCode

__all__ = ["USES", "Use", "UseFact"]


class Use(Enum):
    """What an environment is used for."""

    JOB = "job"
    PIPELINE = "pipeline"
    ONLINE_ENDPOINT = "online-endpoint"
    """With a scoring script and an environment of its own."""
    BATCH_ENDPOINT = "batch-endpoint"
    MLFLOW_ONLINE = "mlflow-online"
    """An MLflow model without scoring script and environment at an online endpoint."""
    MLFLOW_BATCH = "mlflow-batch"
    LOCAL_ENDPOINT = "local-endpoint"
    """``local=True``: built on the user's machine."""
    BUILD_CONTEXT = "build-context"
    """The environment is a Dockerfile with its folder, whatever uses it."""
    IMAGE = "image"
    """The environment is an image that is complete already."""


@dataclass(frozen=True, slots=True)
class UseFact:
    """Whether connections are used, and who says so."""

    refusal: VerdictCode | None
    """None: connections are used."""
    words: str
    fix: str
    confidence: Confidence
    source: str


_V1_PAGE = "learn.microsoft.com, Use private Python packages with Azure Machine Learning (v1), 2025-06"
_CONNECTION_PAGE = "learn.microsoft.com, Create connections (how-to-connection), 2026-01"

USES: Mapping[Use, UseFact] = {
    Use.JOB: UseFact(
        None, "The image build of a job uses connections.", "", Confidence.DOCUMENTED, f"{_CONNECTION_PAGE}; {_V1_PAGE}"
    ),
    Use.PIPELINE: UseFact(
        None, "The image build of a pipeline step uses connections.", "", Confidence.DOCUMENTED, _CONNECTION_PAGE
    ),
    Use.ONLINE_ENDPOINT: UseFact(
        None,
        "The image build of an online deployment with its own environment uses connections.",
        "",
        Confidence.REPORTED,
        "azure-sdk-for-python#22441 (2022-10-21)",
    ),
    Use.BATCH_ENDPOINT: UseFact(
        None,
        "The image build of a batch deployment uses connections.",
        "",
        Confidence.REPORTED,
        "azure-sdk-for-python#34336 (2024-02)",
    ),
    Use.MLFLOW_BATCH: UseFact(
        None,
        "A batch deployment of an MLflow model uses connections.",
        "",
        Confidence.REPORTED,
        "azure-sdk-for-python#34336 (2024-02): the same model failed online and worked in batch",
    ),
    Use.MLFLOW_ONLINE: UseFact(
        VerdictCode.MLFLOW_ONLINE,
        "An MLflow model without a scoring script installs its packages at an online endpoint without any connection.",
        "Deploy it with an environment and a scoring script, or put the wheels into the model (route 'model').",
        Confidence.REPORTED,
        "azure-sdk-for-python#34336 (2024-02-20): not a supported scenario",
    ),
    Use.LOCAL_ENDPOINT: UseFact(
        VerdictCode.LOCAL_ENDPOINT,
        "A local deployment is built on this machine from the conda file as it is, without any connection.",
        "Use the route 'context' or 'sas' for it, or deploy to the workspace.",
        Confidence.REPORTED,
        "azure-ai-ml 1.35.2, azure.ai.ml._local_endpoints.dockerfile_resolver: 'conda env create' on the file as it is",
    ),
    Use.BUILD_CONTEXT: UseFact(
        VerdictCode.BUILD_CONTEXT,
        "The build of a Dockerfile gets no credential of any connection.",
        "Use an image with a conda file, or copy the wheels into the context (route 'context').",
        Confidence.REPORTED,
        "azure-sdk-for-python#35036; MachineLearningNotebooks#1985 (open, 2025-11)",
    ),
    Use.IMAGE: UseFact(
        VerdictCode.IMAGE,
        "Nothing is installed into an image that is complete.",
        "Install the packages where the image is built.",
        Confidence.DOCUMENTED,
        "learn.microsoft.com, Manage environments (how-to-manage-environments-v2)",
    ),
}
