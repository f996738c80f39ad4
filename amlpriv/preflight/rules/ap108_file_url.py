"""``name @ file:///...`` names a file on the machine that wrote the line; the image builder has no such file.

Such lines come from ``pip freeze`` and ``conda env export``, or from a private wheel's own metadata.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject, place_of
from amlpriv.specs.pip import PipPath

__all__ = ["CODE", "NAME", "find"]

CODE = "AP108"
NAME = "requirement on a local file"

_FILE_URL = re.compile(r"(?:(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*@\s*|^|\s)file:", re.IGNORECASE)


def find(subject: Subject) -> Iterator[Finding]:
    """Each requirement with a ``file:`` URL, in the pip section and in the metadata of the private wheels."""
    for line in subject.pip:
        if isinstance(line, PipPath) and (match := _FILE_URL.search(line.text)):
            name = match["name"] or line.path
            message = f"{name} is required from a file on one machine, which the image builder cannot see."
            fix = "Write the name with a version; for a package of your own, say under `sources` where it comes from."
            yield place_of(line.position).finding(CODE, Severity.ERROR, name, message, fix=fix)
    for packaged in subject.wheels:
        for requirement in packaged.wheel.requires_dist:
            if not (requirement.url or "").lower().startswith("file:"):
                continue
            message = f"{packaged.wheel.filename} requires {requirement.name} from a file on the machine that built it."
            fix = f"Take the path out of the package's dependencies: require {requirement.name} by its name."
            yield packaged.place.finding(CODE, Severity.ERROR, packaged.wheel.display_name, message, fix=fix)
