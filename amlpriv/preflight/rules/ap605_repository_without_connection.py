"""A git line is cloned by the image builder, with the credential of the connection that matches it or with none.

A private repository then ends in "could not read Username". By ssh no connection helps: the builder has no key.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.connections.verdicts import VerdictCode
from amlpriv.findings import Finding, Severity
from amlpriv.preflight.lines import git_verdicts
from amlpriv.preflight.subject import Subject, place_of

__all__ = ["CODE", "NAME", "find"]

CODE = "AP605"
NAME = "repository without a connection"

_OTHER_RULES = (VerdictCode.AMBIGUOUS, VerdictCode.ANONYMOUS, VerdictCode.AUTH, VerdictCode.CREDENTIALS)


def find(subject: Subject) -> Iterator[Finding]:
    """Each git line that no credential reaches and whose package ``sources`` does not pack."""
    for line, _, verdict in git_verdicts(subject):
        if verdict.used or verdict.code in _OTHER_RULES or (line.name and line.name in subject.private_names):
            continue
        near = verdict.connection is not None
        fix = verdict.fix if near else f"Nothing, if the repository is public. {verdict.fix}".rstrip()
        severity = Severity.WARNING if near else Severity.NOTE
        yield place_of(line.position).finding(CODE, severity, verdict.subject, verdict.words, fix=fix)
