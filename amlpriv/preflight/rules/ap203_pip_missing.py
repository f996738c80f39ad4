"""A ``pip:`` section needs pip in the environment; Azure ML calls its absence "Pip not specified".

Source: how-to-troubleshoot-environments.md (2026-07): failure in registering the environment.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject

__all__ = ["CODE", "NAME", "find"]

CODE = "AP203"
NAME = "Pip not specified"


def find(subject: Subject) -> Iterator[Finding]:
    """A conda specification with a pip section, or with private packages, that does not list pip."""
    conda = subject.conda
    if conda is None or conda.pip_listed or not (conda.pip or subject.private_names):
        return
    yield subject.dependencies_place.finding(
        CODE,
        Severity.ERROR,
        "pip",
        "The conda specification has a pip section and does not list pip itself.",
        fix="Add `- pip` to its dependencies, before the `- pip:` section.",
    )
