"""render: a preview, what is registered, and the real text for those who ask for it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from amlpriv.actions.render import render, write_specification
from amlpriv.errors import FindingsError, NotFoundError, UsageError
from amlpriv.remote import ContainerPolicies
from amlpriv.workspace.memory import MemoryWorkspace
from amlpriv.workspace.ports import Workspace
from tests.actions.projects import NOW, Clock, Project, project


@pytest.fixture
def made(tmp_path: Path) -> Project:
    return project(tmp_path)


@pytest.fixture
def workspace() -> Workspace:
    return MemoryWorkspace(Clock()).open()


def pip_lines(text: str) -> list[str]:
    found: Any = yaml.safe_load(text)
    conda = found.get("conda_file", found)
    return [line for item in conda["dependencies"] if isinstance(item, dict) for line in item["pip"]]


def test_the_preview_is_marked_and_cannot_be_used(made: Project) -> None:
    text = render(made.write(), environ={})
    assert text.startswith("# Preview")
    (line,) = pip_lines(text)
    assert line.startswith("contoso-features @ https://ACCOUNT.blob.example/")
    assert "sig=***#sha256=" in line


def test_the_preview_says_the_version_that_publishing_gives(
    made: Project, workspace: Workspace, environ: dict[str, str]
) -> None:
    version = yaml.safe_load(render(made.write(), environ={}))["version"]
    assert version == made.publish(workspace, environ, now=NOW).version


def test_the_conda_form_is_the_conda_part(made: Project) -> None:
    whole = yaml.safe_load(render(made.write(), environ={}))
    assert yaml.safe_load(render(made.file, form="conda", environ={})) == whole["conda_file"]


def test_a_file_with_errors_is_not_rendered(made: Project) -> None:
    made.listed = ["contoso-features>=2"]
    with pytest.raises(FindingsError):
        render(made.write(), environ={})


def test_what_was_never_published_is_not_found(made: Project, workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match="not registered"):
        render(made.write(), workspace=workspace, environ={})


def test_what_is_registered_shows_no_signature(made: Project, workspace: Workspace, environ: dict[str, str]) -> None:
    published = made.publish(workspace, environ, now=NOW)
    text = render(made.file, workspace=workspace, environ=environ)
    (line,) = pip_lines(text)
    assert published.blobs["contoso-features"] in line
    assert "sig=***" in line
    assert "# Preview" not in text


@pytest.mark.parametrize("form", ["environment", "conda"])
def test_the_real_text_goes_to_a_file_for_its_owner(
    made: Project, workspace: Workspace, environ: dict[str, str], form: Any
) -> None:
    published = made.publish(workspace, environ, now=NOW)
    out = made.folder / "real.yml"
    out.write_text("old", encoding="utf-8")
    write_specification(made.file, out, workspace=workspace, form=form, environ=environ)
    assert pip_lines(out.read_text(encoding="utf-8")) == pip_lines(published.reveal_spec())
    assert "sig=***" not in out.read_text(encoding="utf-8")
    if os.name == "posix":
        assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_what_is_registered_is_looked_up_in_two_requests(made: Project, environ: dict[str, str]) -> None:
    memory = MemoryWorkspace(Clock())
    made.publish(memory.open(), environ, now=NOW)
    before = memory.requests.total
    render(made.file, workspace=memory.open(), environ=environ)
    assert memory.requests.total - before == 2


def test_a_revoked_version_is_not_shown_as_if_it_worked(made: Project, environ: dict[str, str]) -> None:
    memory = MemoryWorkspace(Clock())
    made.publish(memory.open(), environ, now=NOW)
    memory.acl = ContainerPolicies({})
    out = made.folder / "real.yml"
    with pytest.raises(NotFoundError, match=r"signed URLs no longer work \(HTTP 403\)") as caught:
        render(made.file, workspace=memory.open(), environ=environ)
    assert caught.value.hint == "Publish again."
    with pytest.raises(NotFoundError, match="no longer work"):
        write_specification(made.file, out, workspace=memory.open(), environ=environ)
    assert not out.exists()


def test_without_a_workspace_there_is_nothing_to_reveal(made: Project) -> None:
    out = made.folder / "real.yml"
    with pytest.raises(UsageError, match="nothing to reveal"):
        write_specification(made.write(), out, workspace=None, environ={})
    assert not out.exists()
