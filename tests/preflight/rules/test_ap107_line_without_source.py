"""Paths and repositories in the pip section."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.engine import check
from amlpriv.preflight.subject import Subject

Found = Callable[..., list[Finding]]
Text = Callable[..., str]


@pytest.mark.parametrize("path", ["./dist/contoso_core-1.0-py3-none-any.whl", "../packages/core"])
def test_a_path_that_nothing_serves_is_an_error(
    subject: Callable[..., Subject], environment_text: Text, path: str
) -> None:
    """A specification that was put together in Python can have one."""
    whole = subject(environment_text(pip=["contoso-features", path]))
    unserved = replace(whole, environment=replace(whole.environment, sources={}))
    (finding,) = [finding for finding in check(unserved) if finding.code == "AP107"]
    assert finding.severity is Severity.ERROR
    assert f"the local path {path}" in finding.message
    assert "sources" in finding.fix
    assert (finding.file, finding.line) == ("environment.yml", 10)


def test_an_editable_path_is_an_error(found: Found, environment_text: Text) -> None:
    """The folder is not there at run time; without -e it is shipped."""
    (finding,) = found("AP107", environment_text(pip=["contoso-features", "-e ../packages/core"]))
    assert (finding.severity, finding.line) == (Severity.ERROR, 10)
    assert "Remove the -e" in finding.fix


def test_a_repository_by_ssh_is_an_error(found: Found, environment_text: Text) -> None:
    """The builder has no key; the address is not shown, since it can hold a user."""
    line = "git+ssh://git@github.com/contoso/core.git"
    (finding,) = found("AP107", environment_text(pip=["contoso-features", line]))
    assert finding.severity is Severity.ERROR
    assert "no key" in finding.message
    assert "github" not in finding.message


@pytest.mark.parametrize("line", ["../packages/core", "./core-1.0-py3-none-any.whl"])
def test_a_path_that_is_shipped_is_left_alone(found: Found, environment_text: Text, line: str) -> None:
    """The file's reader makes a source of it."""
    assert not found("AP107", environment_text(pip=["contoso-features", line]))


def test_a_repository_by_https_is_a_note(found: Found, environment_text: Text) -> None:
    """It works when it is public, or with a git connection."""
    (finding,) = found("AP107", environment_text(pip=["contoso-features", "git+https://github.com/contoso/core@v1"]))
    assert finding.severity is Severity.NOTE


@pytest.mark.parametrize("line", ["pandas>=2", "--no-index", "'core @ https://example.com/core-1.0-py3-none-any.whl'"])
def test_other_lines_are_left_alone(found: Found, environment_text: Text, line: str) -> None:
    """Names, options, URLs of wheels."""
    assert not found("AP107", environment_text(pip=["contoso-features", line]))
