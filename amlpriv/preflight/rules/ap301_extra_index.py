"""``--extra-index-url`` gives no index precedence: pip takes the highest version from any (CVE-2018-20225).

Whoever registers a private name on the public index with a high version gets their code into the image ("dependency
confusion"). When the private feed answers 401 or 403, pip silently takes the public one as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject, place_of
from amlpriv.specs.pip import PipOption

__all__ = ["CODE", "NAME", "find"]

CODE = "AP301"
NAME = "extra index beside private names"


def find(subject: Subject) -> Iterator[Finding]:
    """Each ``--extra-index-url`` of a file that has private names or indexes."""
    if not (subject.environment.sources or subject.environment.indexes):
        return
    for line in subject.pip:
        if isinstance(line, PipOption) and line.name == "--extra-index-url":
            yield place_of(line.position).finding(
                CODE,
                Severity.WARNING,
                "--extra-index-url",
                "With --extra-index-url pip takes a private name from whichever index has the higher version, "
                "the public one included.",
                fix="Use one --index-url, a feed with the public index as its upstream source.",
            )
