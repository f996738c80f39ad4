"""Two connections that match an address equally well: which of them the image build takes is not documented.

Users report that the build then fails as ambiguous (azure-docs#114975).
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.connections.verdicts import VerdictCode
from amlpriv.findings import Finding, Severity
from amlpriv.preflight.lines import verdicts
from amlpriv.preflight.subject import Subject

__all__ = ["CODE", "NAME", "find"]

CODE = "AP603"
NAME = "several connections match"


def find(subject: Subject) -> Iterator[Finding]:
    """Each index or repository that two connections match equally well."""
    for place, verdict in verdicts(subject):
        if verdict.code is VerdictCode.AMBIGUOUS:
            yield place.finding(
                CODE, Severity.WARNING, verdict.subject, verdict.words, fix=verdict.fix or "Remove one of them."
            )
