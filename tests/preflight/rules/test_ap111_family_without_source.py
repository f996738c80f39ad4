"""Names that look private and have no source."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import PackagedWheel

Found = Callable[..., list[Finding]]
Packaged = Callable[..., PackagedWheel]
Text = Callable[..., str]


def test_a_requirement_of_a_private_wheel_is_told_with_who_needs_it(found: Found, packaged: Packaged) -> None:
    """pip would ask the public index for it."""
    (finding,) = found("AP111", wheels=[packaged(requires=["Contoso_Core>=4", "numpy"])])
    assert (finding.severity, finding.subject, finding.line) == (Severity.WARNING, "contoso-core", 9)
    assert "needed by contoso-features 1.2.0 and has no source" in finding.message
    assert "public index" in finding.message


def test_a_line_without_a_source_is_told_once(found: Found, packaged: Packaged, environment_text: Text) -> None:
    """Also when a wheel needs it as well; the line is the place."""
    text = environment_text(pip=["contoso-features", "contoso-nlp"])
    (finding,) = found("AP111", text, wheels=[packaged(requires=["contoso-nlp"])])
    assert finding.line == 10
    assert "needed by the pip section and contoso-features 1.2.0" in finding.message


@pytest.mark.parametrize(
    ("private", "line"),
    [
        ("contoso-features", "pandas"),
        ("contoso-features", "contosoft-x"),
        ("contoso-features", "'contoso-nlp ; sys_platform == \"win32\"'"),
        ("contoso-features", "contoso-nlp @ https://h.example/contoso_nlp-1.0-py3-none-any.whl"),
        ("contoso-features", "--index-url https://h.example/simple/\n      - contoso-nlp"),
        ("azure-ours", "azure-identity"),
        ("ml-ours", "ml-dtypes"),
    ],
)
def test_other_names_are_left_alone(found: Found, environment_text: Text, private: str, line: str) -> None:
    """Another family, a public one, a short one; not needed on the target, or from another place."""
    text = environment_text(pip=[private, line], sources=[f"{private}: {{path: x}}"])
    assert not found("AP111", text)


def test_without_private_names_nothing_is_private(found: Found, environment_text: Text) -> None:
    """Whatever the names look like."""
    assert not found("AP111", environment_text(pip=["contoso-nlp"], sources=[]))


def test_an_extra_that_nobody_asks_for_needs_nothing(found: Found, packaged: Packaged) -> None:
    """As pip does."""
    requires = ['contoso-gpu; extra == "gpu"']
    assert not found("AP111", wheels=[packaged(requires=requires)])
    assert found("AP111", wheels=[packaged(required_as=["contoso-features[gpu]"], requires=requires)])
