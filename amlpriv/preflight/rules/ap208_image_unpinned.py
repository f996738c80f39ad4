"""An image without a tag or digest is another one after Microsoft's next release, and the environment is built again.

Azure ML calls it "No tag or digest".
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.facts.images import without_tag
from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject

__all__ = ["CODE", "NAME", "find"]

CODE = "AP208"
NAME = "image without tag or digest"


def find(subject: Subject) -> Iterator[Finding]:
    """An image with neither a digest nor a tag other than ``latest``."""
    image = subject.environment.image
    if not image:
        return
    name, tag, digest = without_tag(image)
    if digest is not None or tag not in (None, "latest"):
        return
    yield subject.place("image").finding(
        CODE,
        Severity.NOTE,
        name,
        f"The image {name} has {'the tag latest' if tag else 'no tag'}: what it stands for changes with each release.",
        fix="Add a dated tag or a digest if builds must be repeatable.",
    )
