"""pip passes over an extra that a wheel does not provide (Provides-Extra), with a warning in the middle of the log.

What the extra should have brought is then missing at import.
"""

from __future__ import annotations

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject

__all__ = ["CODE", "NAME", "find"]

CODE = "AP105"
NAME = "extra that the wheel does not provide"


def find(subject: Subject) -> Iterator[Finding]:
    """Each extra that the file asks for and the wheel does not have; extras compare by PEP 685."""
    for packaged in subject.wheels:
        wheel = packaged.wheel
        provided = {canonicalize_name(extra) for extra in wheel.provides_extra}
        wanted = {extra for requirement in packaged.required_as for extra in requirement.extras}
        for extra in sorted(extra for extra in wanted if canonicalize_name(extra) not in provided):
            yield packaged.place.finding(
                CODE,
                Severity.WARNING,
                wheel.display_name,
                f"{wheel.display_name}[{extra}] is required; {wheel.filename} has "
                + (f"the extras {', '.join(sorted(provided))} only." if provided else "no extras."),
                fix=f"Remove [{extra}], or add it to the package's optional dependencies.",
            )
