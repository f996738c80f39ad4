"""An index line that leads to something else than an index: a web page, the address for uploads, an old host.

pip reads whatever answers there, finds no links, and says "No matching distribution found" without a word about why.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.lines import index_lines, is_web_page
from amlpriv.preflight.subject import Subject, place_of
from amlpriv.specs.pip import PipOption

__all__ = ["CODE", "NAME", "find"]

CODE = "AP606"
NAME = "wrong address of a feed"

_OTHER_RULES = ("credentials-in-url", "variable-in-url")
"""AP501 and AP502 tell of them."""


def find(subject: Subject) -> Iterator[Finding]:
    """What is wrong with the address of each index line; and ``--no-index`` beside one."""
    for line in subject.pip:
        if isinstance(line, PipOption) and line.name == "--no-index" and any(index_lines(subject)):
            yield place_of(line.position).finding(
                CODE, Severity.WARNING, "--no-index", "With --no-index pip asks no index at all.", fix="Remove it."
            )
    for line, feed in index_lines(subject):
        if is_web_page(line):
            continue
        for complaint in feed.complaints:
            quiet = complaint.severity is Severity.NOTE and complaint.code == "not-simple" and feed.feed is None
            if complaint.code not in _OTHER_RULES and not quiet:
                message = f"{line.name} {feed}: {complaint.message}"
                yield place_of(line.position).finding(
                    CODE, complaint.severity, str(feed), message, fix=complaint.fix or "Correct the address."
                )
