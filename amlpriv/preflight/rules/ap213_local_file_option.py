"""``-r``, ``-c`` and ``--find-links`` with a local path name files that the image builder does not have.

It gets the specification alone: pip ends with "Could not open requirements file", or silently finds no links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject, place_of
from amlpriv.specs.pip import PipOption

__all__ = ["CODE", "NAME", "find"]

CODE = "AP213"
NAME = "option with a local file"

_FIXES = {
    "--requirement": "Put the lines of the file into the pip section.",
    "--constraint": "Put the lines of the file into the pip section, as requirements with these versions.",
    "--find-links": "Name the packages in the pip section, and under `sources` where their wheels are.",
    "--index-url": "Give the URL of an index.",
    "--extra-index-url": "Give the URL of an index.",
}
# A single letter is a Windows drive; what a variable stands for is AP502's.
_REMOTE = re.compile(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]+:|\$\{", re.IGNORECASE)


def find(subject: Subject) -> Iterator[Finding]:
    """Each option whose value is a path or a ``file:`` URL."""
    for line in subject.pip:
        if not isinstance(line, PipOption) or line.name not in _FIXES or not line.value or _REMOTE.match(line.value):
            continue
        message = f"{line.name} {line.value} is a path on this machine, which the image builder cannot see."
        yield place_of(line.position).finding(CODE, Severity.ERROR, line.name, message, fix=_FIXES[line.name])
