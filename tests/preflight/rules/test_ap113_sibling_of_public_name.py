"""A sibling project in place of a public package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import PackagedWheel

Found = Callable[..., list[Finding]]
Text = Callable[..., str]
Packaged = Callable[..., PackagedWheel]

WHERE = "libs/requests, a project beside contoso-features, which needs it"


def test_a_listed_name_that_a_sibling_took_is_a_warning(
    found: Found, environment_text: Text, packaged: Packaged
) -> None:
    """It says which folder it is, and how to say that it is meant."""
    wheel = replace(packaged("requests-99.0-py3-none-any.whl", required_as=["requests"]), guessed=WHERE)
    text = environment_text(pip=["contoso-features", "Requests>=2"])
    (finding,) = found("AP113", text, wheels=[packaged(), wheel])
    assert (finding.severity, finding.subject) == (Severity.WARNING, "requests")
    assert (finding.file, finding.line) == ("environment.yml", 10)
    assert finding.message == f"requests is taken from {WHERE}, and not from an index."
    assert "`sources`" in finding.fix


@pytest.mark.parametrize("line", ["pandas", "requests; sys_platform == 'win32'"])
def test_a_name_that_is_not_listed_is_none(found: Found, environment_text: Text, packaged: Packaged, line: str) -> None:
    """Only the project asks for it, and it has a sibling of that name: a note is enough."""
    wheel = replace(packaged("requests-99.0-py3-none-any.whl"), guessed=WHERE)
    assert not found("AP113", environment_text(pip=["contoso-features", line]), wheels=[packaged(), wheel])


def test_a_name_of_the_private_family_and_one_with_a_source_are_none(
    found: Found, environment_text: Text, packaged: Packaged
) -> None:
    """A name that begins as a private one is private too."""
    sibling = replace(packaged("contoso_core-1.0-py3-none-any.whl"), guessed="libs/core, a project beside it")
    text = environment_text(pip=["contoso-features", "contoso-core"])
    assert not found("AP113", text, wheels=[packaged(), sibling])
    said = packaged("requests-99.0-py3-none-any.whl")
    assert not found("AP113", environment_text(pip=["contoso-features", "requests"]), wheels=[packaged(), said])
