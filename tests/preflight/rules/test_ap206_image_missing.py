"""Neither image nor build."""

from __future__ import annotations

from collections.abc import Callable

from amlpriv.facts.images import DEFAULT_IMAGE
from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]
Text = Callable[..., str]


def test_a_conda_specification_without_image_is_an_error(found: Found, environment_text: Text) -> None:
    """The fix is a supported image that can be pasted."""
    (finding,) = found("AP206", environment_text(image=None))
    assert finding.severity is Severity.ERROR
    assert DEFAULT_IMAGE in finding.fix
    assert finding.file == "environment.yml"


def test_an_image_or_a_build_context_is_fine(found: Found, environment_text: Text) -> None:
    """Either will do."""
    assert not found("AP206", environment_text())
    assert not found("AP206", "name: a\nbuild: {path: context}\n")
