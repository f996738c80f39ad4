"""A source must hold the package that it is named after: the wheel's own metadata decides what gets installed.

With another name pip stops with "inconsistent name" on a URL line, or installs something that nobody asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject

__all__ = ["CODE", "NAME", "find"]

CODE = "AP109"
NAME = "source holds another package"


def find(subject: Subject) -> Iterator[Finding]:
    """Each requirement whose wheel has another name; names compare by PEP 503."""
    for packaged in subject.wheels:
        wheel = packaged.wheel
        for name in sorted({requirement.name for requirement in packaged.required_as}):
            if canonicalize_name(name) == canonicalize_name(wheel.name):
                continue
            yield packaged.place.finding(
                CODE,
                Severity.ERROR,
                name,
                f"{name} is required; its source holds {wheel.filename}, which is the package {wheel.display_name}.",
                fix=f"Call it {wheel.display_name} in `sources` and in the pip section, or correct the source.",
            )
