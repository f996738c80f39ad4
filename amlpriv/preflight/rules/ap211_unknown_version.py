"""``==0+unknown`` is what versioneer writes when it finds no git tag; no index has such a version.

It gets into a file through ``pip freeze`` or ``conda env export`` on the machine of a package's developer.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject, place_of
from amlpriv.specs.pip import PipRequirement

__all__ = ["CODE", "NAME", "find"]

CODE = "AP211"
NAME = "version 0+unknown"

_UNKNOWN = "0+unknown"


def find(subject: Subject) -> Iterator[Finding]:
    """Each requirement pinned to it (error) and each private wheel that has it (warning)."""
    for line in subject.pip:
        if isinstance(line, PipRequirement) and any(pin.version == _UNKNOWN for pin in line.requirement.specifier):
            name = line.requirement.name
            message = f"{name} is pinned to {_UNKNOWN}, a version that no index has."
            fix = f"Pin {name} to a released version."
            yield place_of(line.position).finding(CODE, Severity.ERROR, name, message, fix=fix)
    for packaged in subject.wheels:
        if str(packaged.wheel.version) == _UNKNOWN:
            message = f"{packaged.wheel.filename} was built where its version could not be found out."
            fix = "Build it from a git checkout that has its tags."
            yield packaged.place.finding(CODE, Severity.WARNING, packaged.wheel.display_name, message, fix=fix)
