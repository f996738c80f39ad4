"""An unpinned pip can resolve the same specification differently tomorrow; Azure ML calls it "Pip not pinned"."""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject, place_of

__all__ = ["CODE", "NAME", "find"]

CODE = "AP204"
NAME = "Pip not pinned"


def find(subject: Subject) -> Iterator[Finding]:
    """A pip dependency without a version."""
    dependencies = () if subject.conda is None else subject.conda.dependencies
    for dependency in dependencies:
        if dependency.name == "pip" and not dependency.spec:
            yield place_of(dependency.position).finding(
                CODE,
                Severity.NOTE,
                "pip",
                "pip is not pinned: another version can resolve the same lines differently.",
                fix="Write a version, for example `pip=25`.",
            )
