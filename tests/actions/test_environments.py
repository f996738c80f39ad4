"""Environments in Azure ML documents: found where they stand, replaced without touching anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlpriv.actions.environments import find_environments, set_environments
from amlpriv.errors import InputError, UsageError

PIPELINE = (
    "\ufefftype: pipeline\r\n# why\r\njobs:\r\n  a:\r\n    component: ./a.yml\r\n"
    "  b:\r\n    command: b\r\n    environment: azureml:e@latest  # moves\r\n"
)
COMPONENT = "type: command\nname: a\nversion: 1\ncommand: a\nenvironment:\n  image: ubuntu:22.04\n"


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    (tmp_path / "a.yml").write_text(COMPONENT)
    (tmp_path / "pipeline.yml").write_bytes(PIPELINE.encode())
    return tmp_path / "pipeline.yml"


def test_those_of_components_beside_it_are_found_too(pipeline: Path) -> None:
    found = find_environments([pipeline])
    assert [(str(item.use.position), item.path, item.text) for item in found] == [
        (f"{pipeline}:8:18", "jobs.b.environment", "azureml:e@latest"),
        (f"{pipeline.with_name('a.yml')}:6:3", "environment", "(inline)"),
    ]


def test_a_file_is_looked_into_once(pipeline: Path) -> None:
    assert len(find_environments([pipeline, pipeline, pipeline.with_name("a.yml")])) == 2


def test_a_missing_component_is_named_where_it_is_referred_to(pipeline: Path) -> None:
    pipeline.with_name("a.yml").unlink()
    with pytest.raises(InputError) as caught:
        find_environments([pipeline])
    assert (caught.value.file, caught.value.line) == (str(pipeline), 5)


def test_only_the_reference_changes(pipeline: Path) -> None:
    """Byte order mark, line ends and comments stay."""
    assert set_environments([pipeline], "azureml:churn:1") == {pipeline: 1}
    assert pipeline.read_bytes().decode() == PIPELINE.replace("azureml:e@latest", "azureml:churn:1")


def test_what_is_no_reference_is_refused(pipeline: Path) -> None:
    with pytest.raises(UsageError, match="no reference"):
        set_environments([pipeline], "churn.yml")
    assert pipeline.read_bytes().decode() == PIPELINE


def test_a_wrong_path_names_the_right_ones(pipeline: Path) -> None:
    with pytest.raises(InputError, match=r"at jobs\.x") as caught:
        set_environments([pipeline], "azureml:churn:1", at=["jobs.x"])
    assert caught.value.hint == "Environments stand at: jobs.b.environment."


def test_one_file_that_cannot_be_read_leaves_all_as_they_were(pipeline: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.yml"):
        set_environments([pipeline, pipeline.with_name("missing.yml")], "azureml:churn:1")
    assert pipeline.read_bytes().decode() == PIPELINE
