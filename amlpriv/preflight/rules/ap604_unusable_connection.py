"""A connection that matches and has nothing to sign in with.

The service takes connections with SAS, managed identity or service principal for feeds and repositories without a
word; its image build can put a token, or a user and a password, into an address and nothing else
(how-to-connection.md).
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.connections.verdicts import VerdictCode
from amlpriv.findings import Finding, Severity
from amlpriv.preflight.lines import index_lines, verdicts
from amlpriv.preflight.subject import Subject, place_of

__all__ = ["CODE", "NAME", "find"]

CODE = "AP604"
NAME = "connection without a usable credential"


def find(subject: Subject) -> Iterator[Finding]:
    """Each index or repository whose connection has a credential that cannot be used, or none; and the one index that
    was asked with it and refused."""
    for place, verdict in verdicts(subject):
        if verdict.code in (VerdictCode.AUTH, VerdictCode.ANONYMOUS):
            severity = Severity.ERROR if verdict.code is VerdictCode.AUTH else Severity.NOTE
            fix = verdict.fix or "amlpriv connect rotate gives it a token."
            yield place.finding(CODE, severity, verdict.subject, verdict.words, fix=fix)
    for line, feed in index_lines(subject) if subject.refused else ():
        if line.name == "--index-url":
            message = f"{feed} refuses the connection's credential: {subject.refused}"
            fix = "Give the connection a token that works: amlpriv connect rotate."
            yield place_of(line.position).finding(CODE, Severity.ERROR, str(feed), message, fix=fix)
