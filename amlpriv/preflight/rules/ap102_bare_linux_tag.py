"""A wheel with a bare ``linux_x86_64`` tag promises nothing about glibc or bundled libraries (PEP 513, PEP 600).

pip installs it on any Linux; it then fails at import when the machine that built it was newer than the image, or had
libraries that the image lacks. Public indexes refuse such wheels for that reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject

__all__ = ["CODE", "NAME", "find"]

CODE = "AP102"
NAME = "wheel with a bare linux tag"

_GIVEN = "Repair it with auditwheel, or build it with cibuildwheel, so that it gets a manylinux tag."
_BUILT = "Build it in a manylinux container, so that it gets a manylinux tag: `--build-in docker` (or podman, buildah)."


def find(subject: Subject) -> Iterator[Finding]:
    """Each wheel that the target accepts by nothing but its ``linux_*`` tag."""
    for packaged in subject.wheels:
        accepted = subject.target.tags & packaged.wheel.tags
        if not accepted or not all(tag.platform.startswith("linux_") for tag in accepted):
            continue
        platform = min(tag.platform for tag in accepted)
        yield packaged.place.finding(
            CODE,
            Severity.WARNING,
            packaged.wheel.filename,
            f"{packaged.wheel.filename} has the platform tag {platform}, which does not say what glibc it needs; "
            f"the image has {subject.target.glibc[0]}.{subject.target.glibc[1]}.",
            fix=_BUILT if packaged.built else _GIVEN,
        )
