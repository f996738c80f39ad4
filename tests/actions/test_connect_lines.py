"""Which index and git lines a specification has, and what its image is built from."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlpriv.actions.connect_lines import line_verdicts, lines_of_file
from amlpriv.connections.kinds import StoredConnection
from amlpriv.connections.uses import Use
from amlpriv.errors import InputError

SECRET = "canary-in-a-line"
URL = "https://pkgs.dev.azure.com/contoso/_packaging/x/pypi/simple/"

CONDA = f"""\
dependencies:
- python=3.11
- pip
- pip:
  - --index-url {URL}
  - --extra-index-url https://u:{SECRET}@other.example.org/simple/
  - --find-links ./wheels
  - x @ git+https://github.com/contoso/x@v1
  - git+ssh://git@gitlab.com/contoso/y.git
  - numpy
"""


def write(folder: Path, text: str, name: str = "env.yml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_lines_of_a_conda_file(tmp_path: Path) -> None:
    read = lines_of_file(write(tmp_path, CONDA))
    assert [(line.position.line if line.position else 0, line.git) for line in read.lines] == [
        (5, False),
        (6, False),
        (8, True),
        (9, True),
    ]
    assert (read.use, read.target.python if read.target else None) == (Use.JOB, (3, 11))
    assert SECRET not in repr(read)


def test_what_they_get_never_shows_a_credential_in_them(tmp_path: Path) -> None:
    read = lines_of_file(write(tmp_path, CONDA))
    stored = [StoredConnection("team", "PythonFeed", "https://pkgs.dev.azure.com/contoso", "PAT")]
    found = line_verdicts(read.lines, stored, use=read.use)
    assert [item.verdict.code.value for item in found] == ["match", "credentials-in-url", "no-connection", "ssh"]
    assert SECRET not in "".join(map(str, found)) + str([item.as_json() for item in found])
    assert str(found[0]).startswith(f"{tmp_path / 'env.yml'}:5:5: ")


def test_declared_indexes_and_git_sources_count_once(tmp_path: Path) -> None:
    text = f"""\
name: churn
image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20260101.v1
conda_file:
  dependencies:
  - python=3.11
  - pip
  - pip:
    - --index-url {URL}
    - contoso-features==1.0
    - contoso-other==1.0
indexes:
  team: {{url: "{URL}"}}
sources:
  contoso-features: {{index: team}}
  contoso-other: {{git: "https://github.com/contoso/other", rev: v1}}
"""
    read = lines_of_file(write(tmp_path, text))
    assert [(line.address, line.git) for line in read.lines] == [
        (URL, False),
        ("git+https://github.com/contoso/other", True),
    ]


def test_a_dockerfile_gets_no_credential(tmp_path: Path) -> None:
    (tmp_path / "context").mkdir()
    (tmp_path / "context" / "Dockerfile").write_text("FROM image\n")
    read = lines_of_file(write(tmp_path, "name: churn\nbuild:\n  path: context\n"))
    assert (read.lines, read.use, read.target) == ((), Use.BUILD_CONTEXT, None)


def test_a_requirements_file(tmp_path: Path) -> None:
    read = lines_of_file(write(tmp_path, f"--index-url {URL}\nnumpy\n", "requirements.txt"))
    assert ([line.address for line in read.lines], read.target) == ([URL], None)
    with pytest.raises(InputError, match=r"requirements\.txt"):
        lines_of_file(write(tmp_path, f"--index-url {URL}\nnumpy=1\n", "requirements.txt"))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"env\.yml:1"):
        lines_of_file(write(tmp_path, "\tname: x\n"))
