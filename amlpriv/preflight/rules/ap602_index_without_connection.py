"""A private index that no connection of the workspace matches is asked without a credential.

pip then gets 401 and asks for a user name, which nobody can answer ("Interactive auth was attempted"), or with a second
index takes the public package of that name.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.connections.feed_kinds import FeedKind
from amlpriv.connections.verdicts import VerdictCode
from amlpriv.findings import Finding, Severity
from amlpriv.preflight.lines import declared_index, index_verdicts
from amlpriv.preflight.subject import Subject, place_of

__all__ = ["CODE", "NAME", "find"]

CODE = "AP602"
NAME = "index without a connection"

_OTHER_RULES = (VerdictCode.AMBIGUOUS, VerdictCode.ANONYMOUS, VerdictCode.AUTH, VerdictCode.CREDENTIALS)
_MAYBE_PUBLIC = (FeedKind.SIMPLE, FeedKind.NONE)


def find(subject: Subject) -> Iterator[Finding]:
    """Each index line that no credential reaches, unless the file names its connection (AP601 judges that)."""
    for line, feed, verdict in index_verdicts(subject):
        index = declared_index(subject, feed)
        if verdict.used or verdict.code in _OTHER_RULES or (index is not None and index.connection):
            continue
        private = index is not None or feed.kind not in _MAYBE_PUBLIC or verdict.connection is not None
        severity = Severity.WARNING if private else Severity.NOTE
        # To what may be the public index, no token is ever to be sent.
        fix = verdict.fix if private else "Nothing, if the index is public; if it is private, make a connection for it."
        yield place_of(line.position).finding(CODE, severity, verdict.subject, verdict.words, fix=fix)
