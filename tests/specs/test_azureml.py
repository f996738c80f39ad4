"""The SDK v2 environment YAML, read back by the real azure.ai.ml."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from amlpriv.errors import UsageError
from amlpriv.specs.azureml import render_environment
from amlpriv.specs.conda import parse_conda, render_conda
from amlpriv.specs.environment import ENVIRONMENT_KEYS, parse_environment_file

CONDA = """\
channels: [conda-forge]
dependencies:
- python=3.10
- pip
- pip:
  - contoso-features[plot] ; python_version < "3.12" and sys_platform == "linux"
  - pandas>=2
variables: {LEVEL: 007, MODE: on}
"""
SAS = (
    "https://account.blob.core.windows.net/c/x-1%212.0%2Bcu118.whl?si=amlpriv-1&sr=b&sig=a%2Bb/c%3D#sha256=" + "ab" * 32
)


@pytest.fixture(scope="module")
def load_environment() -> Callable[[Path], Any]:
    """The SDK's own loader; its import warns about things that are not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from azure.ai.ml import load_environment as load

    def quietly(path: Path) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load(path)

    return quietly


def written(folder: Path, text: str) -> Path:
    path = folder / "environment.yml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("version", ["012345670123", "1.10", "0x1f", "c3f2a9c01b7de-2", "3", "on", "2024-01-01"])
def test_the_sdk_reads_the_version_as_it_was_given(
    version: str, tmp_path: Path, load_environment: Callable[[Path], Any]
) -> None:
    text = render_environment(name="e", version=version, image="i")
    assert f'version: "{version}"\n' in text
    assert load_environment(written(tmp_path, text)).version == version


def test_the_sdk_reads_the_conda_part_as_it_was_rendered(
    tmp_path: Path, load_environment: Callable[[Path], Any]
) -> None:
    conda = render_conda(parse_conda(CONDA), urls={"contoso-features": SAS})
    text = render_environment(
        name="churn",
        version="1",
        image="i",
        conda_file=conda,
        description="über: 'x'\n- y",
        tags={"a": "1.10", "b": "on"},
    )
    entity = load_environment(written(tmp_path, text))
    assert (entity.name, entity.image) == ("churn", "i")
    assert entity.description == "über: 'x'\n- y"
    assert entity.tags == {"a": "1.10", "b": "on"}
    assert entity.conda_file == yaml.safe_load(conda)
    line = f'contoso-features[plot] @ {SAS} ; python_version < "3.12" and sys_platform == "linux"'
    # The text that goes to the service: the SDK dumps the mapping again.
    sent = yaml.safe_load(entity._to_rest_object().properties.conda_file)
    assert sent["dependencies"][2]["pip"] == [line, "pandas>=2"]
    assert sent["dependencies"][0] == "python=3.10"
    assert sent["variables"] == {"LEVEL": "007", "MODE": "on"}


def test_the_sdk_reads_a_build_context_and_a_reference_to_a_conda_file(
    tmp_path: Path, load_environment: Callable[[Path], Any]
) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "Dockerfile").write_text("FROM x\n")
    text = render_environment(name="e", version="1", build={"path": "docker", "dockerfile_path": "Dockerfile"})
    assert load_environment(written(tmp_path, text)).build.dockerfile_path == "Dockerfile"
    (tmp_path / "conda.yaml").write_text(CONDA)
    text = render_environment(name="e", version="1", image="i", conda_file=PurePosixPath("conda.yaml"), os_type="linux")
    assert "conda_file: conda.yaml\n" in text
    assert load_environment(written(tmp_path, text)).conda_file["channels"] == ["conda-forge"]


def test_each_requirement_stands_on_one_physical_line() -> None:
    conda = render_conda(parse_conda(CONDA), urls={"contoso-features": SAS})
    text = render_environment(name="e", image="i", conda_file=conda)
    assert sum(SAS in line and "sys_platform" in line for line in text.splitlines()) == 1


def test_what_is_rendered_is_an_environment_file_itself() -> None:
    text = render_environment(name="e", version="007", image="i", conda_file=CONDA, tags={"on": "yes"})
    file = parse_environment_file(text, load=lambda path: path)
    assert (file.name, file.version, file.tags) == ("e", "007", {"on": "yes"})
    assert file.conda is not None
    assert render_conda(file.conda) == render_conda(parse_conda(CONDA))


def test_a_mapping_and_its_text_render_the_same() -> None:
    data = {"dependencies": ["python=3.10", {"pip": ["a"]}]}
    assert render_environment(name="e", conda_file=data) == render_environment(
        name="e", conda_file=yaml.safe_dump(data)
    )


def test_the_document_is_golden() -> None:
    text = render_environment(
        name="e", version="c0", image="i", conda_file={"dependencies": ["python=3.10"]}, inference_config={"a": 1}
    )
    assert text == (
        "$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json\n"
        'name: e\nversion: "c0"\nimage: i\nconda_file:\n  dependencies:\n  - python=3.10\ninference_config:\n  a: 1\n'
    )
    assert render_environment(name="e", schema=None) == "name: e\n"


def test_a_value_that_occurs_twice_is_written_twice() -> None:
    shared = ["x"]
    assert "&id" not in render_environment(name="e", inference_config={"a": shared, "b": shared})


def test_an_image_and_a_build_context_are_refused() -> None:
    with pytest.raises(UsageError, match="not both"):
        render_environment(name="e", image="i", build={"path": "x"})


def test_every_key_that_the_sdk_reads_is_a_key_of_the_environment_file(
    load_environment: Callable[[Path], Any],
) -> None:
    """The file is a superset of the SDK's; ``id`` is only written by the service."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from azure.ai.ml._schema.assets.environment import EnvironmentSchema

        fields = EnvironmentSchema(context={"base_path": "."}).fields  # type: ignore[no-untyped-call]
    read = {field.data_key or name for name, field in fields.items() if not field.dump_only} - {"id"}
    assert read <= set(ENVIRONMENT_KEYS)
