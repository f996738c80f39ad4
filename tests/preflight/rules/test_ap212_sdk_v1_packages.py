"""Packages of SDK v1."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]
Text = Callable[..., str]


@pytest.mark.parametrize(
    "name",
    ["azureml-core", "azureml_defaults", "azureml-contrib-services", "azureml-train-automl-client", "azureml-sdk"],
)
def test_a_package_of_sdk_v1_is_a_warning(found: Found, environment_text: Text, name: str) -> None:
    """In the pip section."""
    (finding,) = found("AP212", environment_text(pip=["contoso-features", name]))
    assert (finding.severity, finding.line) == (Severity.WARNING, 10)


def test_the_conda_layer_counts_too(found: Found, environment_text: Text) -> None:
    """At its line."""
    (finding,) = found("AP212", environment_text(conda=["python=3.11", "pip=25", "azureml-core"]))
    assert finding.line == 8


@pytest.mark.parametrize("name", ["azureml-mlflow", "azureml-inference-server-http", "mltable", "azure-ai-ml"])
def test_packages_of_sdk_v2_are_left_alone(found: Found, environment_text: Text, name: str) -> None:
    """The prefix alone says nothing."""
    assert not found("AP212", environment_text(pip=["contoso-features", name]))
