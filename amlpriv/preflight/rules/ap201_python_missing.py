"""Without ``python`` conda takes whichever fits; Azure ML calls it "Python version missing".

Source: how-to-troubleshoot-environments.md (2026-07): failure in registering the environment.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject

__all__ = ["CODE", "NAME", "find"]

CODE = "AP201"
NAME = "Python version missing"


def find(subject: Subject) -> Iterator[Finding]:
    """A conda specification that does not list python."""
    if subject.conda is None or subject.conda.python_dependency is not None:
        return
    yield subject.dependencies_place.finding(
        CODE,
        Severity.ERROR,
        "python",
        "The conda specification does not list python, so the image gets whichever version conda picks.",
        fix=f"Add `- python={subject.target.python_text}` to its dependencies.",
    )
