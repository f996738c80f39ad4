"""A source that holds another package than its name says."""

from __future__ import annotations

from collections.abc import Callable

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import PackagedWheel

Found = Callable[..., list[Finding]]
Packaged = Callable[..., PackagedWheel]


def test_another_name_is_an_error(found: Found, packaged: Packaged) -> None:
    """Both names are said."""
    (finding,) = found("AP109", wheels=[packaged("contoso_feature-1.0-py3-none-any.whl")])
    assert finding.severity is Severity.ERROR
    assert "contoso-features is required" in finding.message
    assert "the package contoso-feature." in finding.message


def test_the_same_name_in_another_spelling_is_fine(found: Found, packaged: Packaged) -> None:
    """PEP 503."""
    assert not found("AP109", wheels=[packaged(required_as=["Contoso.Features", "contoso_features"])])
