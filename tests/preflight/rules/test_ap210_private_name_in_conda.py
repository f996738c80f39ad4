"""Private names in the conda layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.engine import check
from amlpriv.preflight.subject import Subject
from amlpriv.specs.sources import PathSource

Found = Callable[..., list[Finding]]
Text = Callable[..., str]


def test_a_private_name_in_the_conda_layer_is_an_error(subject: Callable[..., Subject], environment_text: Text) -> None:
    """Names compare by PEP 503. The reader of files refuses it already; a specification made in Python comes here."""
    whole = subject(environment_text(conda=["python=3.11", "pip=25", "contoso_features=1.2"], sources=[]))
    sources = {"contoso-features": PathSource("features")}
    looked_at = replace(whole, environment=replace(whole.environment, sources=sources))
    (finding,) = [finding for finding in check(looked_at) if finding.code == "AP210"]
    assert (finding.severity, finding.line) == (Severity.ERROR, 8)
    assert "pip:" in finding.fix


def test_other_names_are_left_alone(found: Found, environment_text: Text) -> None:
    """Public packages belong there."""
    assert not found("AP210", environment_text(conda=["python=3.11", "pip=25", "contoso-features-data"]))
