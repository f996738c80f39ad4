"""A conda specification without python."""

from __future__ import annotations

from collections.abc import Callable

from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]
Text = Callable[..., str]


def test_no_python_is_an_error(found: Found, environment_text: Text) -> None:
    """The fix names the Python that the checks assume."""
    (finding,) = found("AP201", environment_text(conda=["pip"]))
    assert finding.severity is Severity.ERROR
    assert "python=3.11" in finding.fix
    assert (finding.file, finding.line) == ("environment.yml", 6)


def test_python_in_any_form_is_fine(found: Found, environment_text: Text) -> None:
    """Pinned or not (AP202)."""
    for python in ("python=3.11", "python", "python>=3.10", "conda-forge::python=3.11"):
        assert not found("AP201", environment_text(conda=[python, "pip"]))


def test_without_conda_there_is_nothing_to_list(found: Found) -> None:
    """An image alone has its own Python."""
    assert not found("AP201", "name: a\nimage: contoso.azurecr.io/b:1\n")
