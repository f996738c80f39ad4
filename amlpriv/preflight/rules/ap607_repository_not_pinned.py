"""A git line without a tag or commit takes whatever the branch holds on the day of the build.

The image of today and the one that a rebuild makes in a month are then different, under the same environment version.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.lines import git_lines
from amlpriv.preflight.subject import Subject, place_of

__all__ = ["CODE", "NAME", "find"]

CODE = "AP607"
NAME = "wrong or unpinned repository"

_OTHER_RULES = ("credentials-in-url", "variable-in-url")


def find(subject: Subject) -> Iterator[Finding]:
    """What is wrong with the address of each git line."""
    for line, git in git_lines(subject):
        for complaint in git.complaints:
            if complaint.code not in _OTHER_RULES:
                severity = Severity.WARNING if complaint.code == "no-ref" else complaint.severity
                message = f"{line.name or git.url}: {complaint.message}"
                yield place_of(line.position).finding(
                    CODE, severity, git.url or line.name or "git", message, fix=complaint.fix or "Correct the address."
                )
