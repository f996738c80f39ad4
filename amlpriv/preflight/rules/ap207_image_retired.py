"""A retired base image gets no more fixes and no support; registering says "Base image is deprecated".

The list with its source is in ``amlpriv/facts/images.toml``.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.facts.images import look_up
from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject

__all__ = ["CODE", "NAME", "find"]

CODE = "AP207"
NAME = "image retired"


def find(subject: Subject) -> Iterator[Finding]:
    """An image that Microsoft lists as deprecated."""
    fact = look_up(subject.environment.image or "")
    if fact is None or not fact.retired:
        return
    yield subject.place("image").finding(
        CODE,
        Severity.WARNING,
        fact.name,
        f"Microsoft has retired the image {fact.name}: no more updates, no support for builds.",
        fix=f"Use {fact.replacement}, and check the packages again: its system is newer.",
    )
