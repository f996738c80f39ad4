"""The text behind ``environment:``."""

from __future__ import annotations

import pytest

from amlpriv.specs.references import EnvironmentReference, ReferenceKind, parse_environment_reference

WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"


@pytest.mark.parametrize(
    ("text", "kind", "name", "version", "label"),
    [
        ("azureml:churn:1", "registered", "churn", "1", None),
        ("azureml:churn:c0123456789ab-2", "registered", "churn", "c0123456789ab-2", None),
        ("azureml:churn@latest", "registered", "churn", None, "latest"),
        ("azureml:churn", "registered", "churn", None, None),
        ("churn:1", "registered", "churn", "1", None),
        ("churn@latest", "registered", "churn", None, "latest"),
        ("azureml:AzureML-sklearn-1.5@latest", "registered", "AzureML-sklearn-1.5", None, "latest"),
        (f"azureml:{WORKSPACE}/environments/churn/versions/1", "registered", "churn", "1", None),
        (f"{WORKSPACE.lower()}/environments/churn/versions/1", "registered", "churn", "1", None),
        (
            "azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
            "registry",
            "sklearn-1.5",
            None,
            "latest",
        ),
        ("azureml://registries/contoso/environments/e/versions/3", "registry", "e", "3", None),
        (
            "azureml://subscriptions/s/resourceGroups/g/workspaces/w/environments/e/versions/3",
            "registered",
            "e",
            "3",
            None,
        ),
        ("file:./env.yml", "file", None, None, None),
        ("../environments/env.YAML", "file", None, None, None),
        ("<your environment>", "unknown", None, None, None),
        ("azureml:${{parent.env}}", "unknown", None, None, None),
        ("azureml:a:b:c", "unknown", None, None, None),
        ("https://example.org/env.yml", "unknown", None, None, None),
    ],
)
def test_a_reference_says(text: str, kind: str, name: str | None, version: str | None, label: str | None) -> None:
    found = parse_environment_reference(text)
    assert (found.kind.value, found.name, found.version, found.label) == (kind, name, version, label)
    assert found.text == text


def test_only_a_version_is_pinned() -> None:
    assert parse_environment_reference("azureml:churn:1").pinned
    assert not parse_environment_reference("azureml:churn@latest").pinned


def test_a_file_is_named_without_its_prefix() -> None:
    expected = EnvironmentReference("file:./env.yml", ReferenceKind.FILE, path="./env.yml")
    assert parse_environment_reference("file:./env.yml") == expected


def test_a_registry_is_named() -> None:
    found = parse_environment_reference("azureml://registries/contoso/environments/e/versions/3")
    assert found.registry == "contoso"
