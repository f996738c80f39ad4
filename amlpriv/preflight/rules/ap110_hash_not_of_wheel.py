"""A ``--hash`` on the line of a private package must be that of its wheel.

The line's own hash is replaced by the wheel's (``#sha256=`` in the address), so that pip would never compare it.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject, place_of
from amlpriv.specs.pip import PipRequirement

__all__ = ["CODE", "NAME", "find"]

CODE = "AP110"
NAME = "hash is not the wheel's"


def find(subject: Subject) -> Iterator[Finding]:
    """Each line with hashes none of which is the wheel's sha256."""
    wheels = {str(packaged.wheel.name): packaged.wheel for packaged in subject.wheels}
    for line in subject.pip:
        if not isinstance(line, PipRequirement) or not line.hashes or not subject.applies(line.requirement.marker):
            continue
        wheel = wheels.get(line.name)
        if wheel is None or f"sha256:{wheel.sha256}" in line.hashes:
            continue
        yield place_of(line.position).finding(
            CODE,
            Severity.ERROR,
            wheel.display_name,
            f"The hash in the line of {line.name} is not that of {wheel.filename}, whose sha256 is {wheel.sha256}.",
            fix=f"Remove the --hash, write --hash=sha256:{wheel.sha256}, or correct the source.",
        )
