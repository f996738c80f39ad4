"""Where environments stand in Azure ML documents."""

from __future__ import annotations

import pytest

from amlpriv.errors import InputError
from amlpriv.specs.documents import Document, DocumentKind, read_document

SCHEMAS = "https://azuremlschemas.azureedge.net/latest"

PIPELINE = """\
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
jobs:
  prepare:
    type: command
    component: ./prepare.yml
  train:
    command: python train.py
    environment: azureml:churn:1   # pinned
  tune:
    type: sweep
    trial:
      command: python tune.py
      environment:
        image: ubuntu
        conda_file: conda.yml
  score:
    type: parallel
    task:
      type: run_function
      environment: azureml:score@latest
  ready: file:./ready.yml
"""


def _paths(document: Document) -> list[str]:
    return [".".join(map(str, use.path)) for use in document.environments]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"$schema: {SCHEMAS}/commandJob.schema.json\n", "command job"),
        (f"$schema: {SCHEMAS}/modelBatchDeployment.schema.json\n", "batch deployment"),
        (f"$schema: {SCHEMAS}/data.schema.json\nenvironment: x\n", "other"),
        ("$schema: ./commandComponent.schema.json\n", "command component"),
        ("command: python a.py\nenvironment: azureml:a:1\n", "command job"),
        ("type: command\nname: a\nversion: 1\ncommand: python a.py\n", "command component"),
        ("type: pipeline\njobs: {a: {type: command}}\n", "pipeline job"),
        ("type: pipeline\nversion: 1\njobs: {a: {type: command}}\n", "pipeline component"),
        ("type: sweep\ntrial: {command: a}\n", "sweep job"),
        ("name: blue\nendpoint_name: e\nmodel: azureml:m:1\n", "online deployment"),
        ("name: blue\nendpoint_name: e\nmini_batch_size: 10\n", "batch deployment"),
        ("name: nightly\ntrigger: {type: cron}\ncreate_job: ./job.yml\n", "schedule"),
        ("name: e\nimage: ubuntu\n", "environment"),
        ("name: e\nimage: ubuntu\nconda_file: {dependencies: [python]}\n", "environment"),
        ("name: e\nbuild: {path: .}\n", "environment"),
        ("name: e\ndependencies: [python]\n", "conda file"),
        ("on: push\njobs: {build: {environment: prod}}\n", "other"),
        ("services: {web: {image: x}}\nname: y\nimage: z\n", "other"),
        ("a: 1\n", "other"),
    ],
)
def test_a_document_is_recognised(text: str, kind: str) -> None:
    assert read_document(text).kind.value == kind


def test_a_pipeline_has_its_environments_in_its_nodes() -> None:
    document = read_document(PIPELINE, "pipeline.yml")
    assert document.kind is DocumentKind.PIPELINE_JOB
    assert _paths(document) == ["jobs.train.environment", "jobs.tune.trial.environment", "jobs.score.task.environment"]
    train, tune, _ = document.environments
    assert str(train.position) == "pipeline.yml:9:18"
    assert train.reference is not None
    assert train.reference.name == "churn"
    assert tune.inline is not None
    assert tune.reference is None


def test_files_that_a_pipeline_refers_to_are_named() -> None:
    files = read_document(PIPELINE, "pipeline.yml").files
    assert [(".".join(map(str, one.path)), one.file) for one in files] == [
        ("jobs.prepare.component", "./prepare.yml"),
        ("jobs.ready", "./ready.yml"),
    ]
    assert str(files[0].position) == "pipeline.yml:6:16"


def test_a_registered_component_is_no_file() -> None:
    assert read_document("type: pipeline\njobs:\n  a:\n    component: azureml:prepare.yml:1\n").files == ()


def test_a_schedule_has_the_environments_of_its_job() -> None:
    text = "name: nightly\ncreate_job:\n  type: pipeline\n  jobs:\n    a: {environment: azureml:e:1}\n"
    assert _paths(read_document(text)) == ["create_job.jobs.a.environment"]


def test_an_environment_is_its_own_use() -> None:
    (use,) = read_document("name: e\nimage: ubuntu\n").environments
    assert use.path == ()
    assert use.inline is not None


def test_a_component_inside_a_pipeline_is_looked_into() -> None:
    text = "type: pipeline\njobs:\n  a:\n    component:\n      command: x\n      environment: azureml:e:1\n"
    assert _paths(read_document(text)) == ["jobs.a.component.environment"]


def test_an_empty_environment_is_none() -> None:
    assert read_document("command: a\nenvironment:\n").environments == ()


def test_a_workflow_of_a_ci_service_has_no_environments() -> None:
    assert read_document("on: push\njobs:\n  deploy:\n    environment: production\n").environments == ()


def test_a_list_is_refused_with_its_place() -> None:
    with pytest.raises(InputError, match="not a list") as caught:
        read_document("command: a\nenvironment:\n  - azureml:e:1\n", "job.yml")
    assert (caught.value.file, caught.value.line, caught.value.column) == ("job.yml", 3, 3)


def test_of_two_equal_keys_the_last_counts_as_for_the_sdk() -> None:
    (use,) = read_document("command: a\nenvironment: azureml:a:1\nenvironment: azureml:b:2\n").environments
    assert (use.reference and use.reference.name, use.position and use.position.line) == ("b", 3)
