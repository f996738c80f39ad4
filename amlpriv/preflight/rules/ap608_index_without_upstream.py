"""With one ``--index-url`` pip asks that index for everything, the public packages included.

A feed without an upstream source has only what was pushed to it; pip then says "No matching distribution found" for
pandas (Azure Artifacts, "Upstream sources").
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.lines import index_lines
from amlpriv.preflight.subject import Subject, place_of

__all__ = ["CODE", "NAME", "find"]

CODE = "AP608"
NAME = "index without the public packages"

_SHOWN = 8


def find(subject: Subject) -> Iterator[Finding]:
    """The one index of a file, where it was asked for the names in the pip section and does not have all of them."""
    if not subject.absent:
        return
    lines = [(line, feed) for line, feed in index_lines(subject) if line.name == "--index-url"]
    for line, feed in lines[-1:]:
        shown = " ".join(subject.absent[:_SHOWN]) + (" ..." if len(subject.absent) > _SHOWN else "")
        yield place_of(line.position).finding(
            CODE,
            Severity.ERROR,
            str(feed),
            f"The index has no {shown}: pip, sent to this index alone, will find no version of it.",
            fix="Give the feed the public index as an upstream source, or mirror first: "
            f"'amlpriv feed mirror {shown.removesuffix(' ...')} --to {feed}'.",
        )
