"""Images without tag or digest."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlpriv.findings import Finding, Severity

Found = Callable[..., list[Finding]]
Text = Callable[..., str]


@pytest.mark.parametrize("image", ["contoso.io/base", "contoso.io:5000/base", "contoso.io/base:latest"])
def test_a_moving_image_is_a_note(found: Found, environment_text: Text, image: str) -> None:
    """``latest`` moves as much as nothing does; a port is no tag."""
    (finding,) = found("AP208", environment_text(image=image))
    assert (finding.severity, finding.line) == (Severity.NOTE, 2)


@pytest.mark.parametrize("image", ["contoso.io/base:1", "contoso.io/base@sha256:" + "0" * 64, None])
def test_a_fixed_image_is_fine(found: Found, environment_text: Text, image: str | None) -> None:
    """A tag, a digest; no image is AP206."""
    assert not found("AP208", environment_text(image=image))
