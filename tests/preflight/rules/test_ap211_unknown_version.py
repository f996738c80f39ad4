"""Versions that were never known."""

from __future__ import annotations

from collections.abc import Callable

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import PackagedWheel

Found = Callable[..., list[Finding]]
Text = Callable[..., str]
Packaged = Callable[..., PackagedWheel]


def test_a_pin_to_it_is_an_error(found: Found, environment_text: Text) -> None:
    """No index has it."""
    (finding,) = found("AP211", environment_text(pip=["contoso-features", "azureml-samples==0+unknown"]))
    assert (finding.severity, finding.line) == (Severity.ERROR, 10)


def test_a_private_wheel_that_has_it_is_a_warning(found: Found, packaged: Packaged) -> None:
    """It installs, but the next build has the same version with other content."""
    (finding,) = found("AP211", wheels=[packaged("contoso_features-0+unknown-py3-none-any.whl")])
    assert finding.severity is Severity.WARNING


def test_other_local_versions_are_left_alone(found: Found, environment_text: Text, packaged: Packaged) -> None:
    """``+cu118`` is a version like any other."""
    wheel = packaged("contoso_features-1.0+cu118-py3-none-any.whl")
    assert not found("AP211", environment_text(pip=["contoso-features", "torch==2.0+cu118"]), wheels=[wheel])
