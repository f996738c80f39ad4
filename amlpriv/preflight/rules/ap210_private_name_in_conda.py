"""A private name in the conda layer is looked for in the public channels, not in the sources.

Either the build stops there, or it installs a stranger's package of that name.
"""

from __future__ import annotations

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject, place_of

__all__ = ["CODE", "NAME", "find"]

CODE = "AP210"
NAME = "private name in the conda layer"


def find(subject: Subject) -> Iterator[Finding]:
    """Each conda dependency whose name is in ``sources``."""
    dependencies = () if subject.conda is None else subject.conda.dependencies
    for dependency in dependencies:
        if canonicalize_name(dependency.name) in subject.private_names:
            yield place_of(dependency.position).finding(
                CODE,
                Severity.ERROR,
                dependency.name,
                f"{dependency.name} has a source in this file and also stands in the conda layer, "
                "where a public channel would serve it.",
                fix="Move it into the `pip:` section.",
            )
