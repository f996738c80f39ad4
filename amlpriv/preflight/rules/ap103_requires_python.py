"""pip refuses a package whose Requires-Python excludes the environment's Python (core metadata 1.2, PEP 345).

The message in the build log is "requires a different Python". A patch version is not known before conda has solved:
any patch that satisfies counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject

__all__ = ["CODE", "NAME", "find"]

CODE = "AP103"
NAME = "wheel requires another Python"


def find(subject: Subject) -> Iterator[Finding]:
    """Each wheel whose Requires-Python no patch version of the target's Python satisfies."""
    for packaged in subject.wheels:
        wheel = packaged.wheel
        if wheel.requires_python is None or subject.target.satisfies(wheel.requires_python):
            continue
        yield packaged.place.finding(
            CODE,
            Severity.ERROR,
            wheel.filename,
            f"{wheel.filename} requires Python {wheel.requires_python}; "
            f"the environment has {subject.target.python_text}.",
            fix="Change `python=` of the environment, or requires-python of the package when it runs there after all.",
        )
