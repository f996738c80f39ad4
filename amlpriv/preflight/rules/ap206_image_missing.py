"""An environment needs an image or a build context; a conda specification goes on top of an image.

Azure ML calls it "Missing Docker option" (how-to-troubleshoot-environments.md, 2026-07): failure in registering.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.facts.images import DEFAULT_IMAGE
from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject

__all__ = ["CODE", "NAME", "find"]

CODE = "AP206"
NAME = "image missing"


def find(subject: Subject) -> Iterator[Finding]:
    """An environment with neither image nor build."""
    environment = subject.environment
    if environment.image or environment.build is not None:
        return
    yield subject.place("image").finding(
        CODE,
        Severity.ERROR,
        environment.name or "image",
        "The environment has neither `image` nor `build`; Azure ML needs one of them.",
        fix=f"Add `image: {DEFAULT_IMAGE}`.",
    )
