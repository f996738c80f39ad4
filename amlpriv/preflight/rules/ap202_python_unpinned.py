"""A range for ``python`` moves with every build: compiled wheels then stop fitting without a change in the file.

Azure ML lists it among "Unpinned dependencies".
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject, place_of

__all__ = ["CODE", "NAME", "find"]

CODE = "AP202"
NAME = "Python version not pinned"


def find(subject: Subject) -> Iterator[Finding]:
    """A python dependency that does not name one minor version."""
    conda = subject.conda
    if conda is None or conda.python_dependency is None or conda.python is not None:
        return
    yield place_of(conda.python_dependency.position).finding(
        CODE,
        Severity.WARNING,
        "python",
        f"`{conda.python_dependency.text}` does not say which Python: the next build can take another one. "
        f"The checks assume {subject.target.python_text}.",
        fix=f"Write `python={subject.target.python_text}`.",
    )
