"""The version of a private wheel must satisfy the requirement that asks for it.

A line with a URL ignores a version specifier, so nothing later would notice. Versions compare by PEP 440: a
pre-release satisfies when it is in the range, ``==1.2.0`` is satisfied by ``1.2.0+cu118`` and not the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.version import Version

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject

__all__ = ["CODE", "NAME", "find"]

CODE = "AP104"
NAME = "version does not satisfy the requirement"


def find(subject: Subject) -> Iterator[Finding]:
    """Each requirement of the file that its wheel's version does not satisfy on the target."""
    for packaged in subject.wheels:
        wheel = packaged.wheel
        for requirement in packaged.required_as:
            if not subject.applies(requirement.marker):
                continue
            if requirement.specifier.contains(wheel.version, prereleases=True):
                continue
            yield packaged.place.finding(
                CODE,
                Severity.ERROR,
                wheel.display_name,
                f"{requirement.name}{requirement.specifier} is required; the source has {wheel.version}"
                f"{_reason(requirement, wheel.version)}.",
                fix=f"Require {requirement.name}=={wheel.version}, or point the source at a version that fits.",
            )


def _reason(requirement: Requirement, version: Version) -> str:
    """Why a version that looks right is not, for the two cases that surprise."""
    if version.is_prerelease and requirement.specifier.contains(version.base_version):
        return f", a pre-release, which comes before {version.base_version}"
    if any("+" in specifier.version for specifier in requirement.specifier) and version.local is None:
        return ", without the local version that is asked for"
    return ""
