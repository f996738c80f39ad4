"""A private wheel that requires another private package must find a version that satisfies it in this file's sources.

Both are installed from the addresses in the file; pip has no other version to choose and ends in ResolutionImpossible.
Only names in ``sources`` are judged: whether any other name is private cannot be known.
"""

from __future__ import annotations

from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import PackagedWheel, Subject

__all__ = ["CODE", "NAME", "find"]

CODE = "AP106"
NAME = "private requirement not satisfied"


def find(subject: Subject) -> Iterator[Finding]:
    """Each requirement of a private wheel on another one whose version does not satisfy it on the target."""
    available = {canonicalize_name(packaged.wheel.name): packaged for packaged in subject.wheels}
    for packaged in subject.wheels:
        extras = frozenset(extra for wanted in packaged.required_as for extra in wanted.extras)
        for requirement in packaged.wheel.requires_dist:
            other = available.get(canonicalize_name(requirement.name))
            if other is None or not subject.applies(requirement.marker, extras):
                continue
            if not requirement.specifier.contains(other.wheel.version, prereleases=True):
                yield _finding(packaged, requirement, other)


def _finding(packaged: PackagedWheel, requirement: Requirement, other: PackagedWheel) -> Finding:
    wheel = packaged.wheel
    return packaged.place.finding(
        CODE,
        Severity.ERROR,
        wheel.display_name,
        f"{wheel.display_name} {wheel.version} requires {requirement.name}{requirement.specifier}; "
        f"the sources have {other.wheel.version}.",
        fix=f"Point the source of {requirement.name} at a version that fits, or relax the requirement "
        f"in {wheel.display_name}.",
    )
