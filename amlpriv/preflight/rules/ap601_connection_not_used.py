"""A feed's credential comes from the connection that matches its address best, whatever name the file writes beside it.

The image build puts the credential of a connection into the addresses of a conda specification, "using the closest
match" (azure-sdk-for-python#22441). Where another connection matches better, or none does, pip is sent without the
credential that was meant, and the build ends 10 to 20 minutes later in a question for a user name.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.connections.kinds import name_complaint
from amlpriv.findings import Finding, Severity
from amlpriv.preflight.lines import declared_index, index_verdicts
from amlpriv.preflight.subject import Subject, place_of

__all__ = ["CODE", "NAME", "find"]

CODE = "AP601"
NAME = "connection of the file not used"


def find(subject: Subject) -> Iterator[Finding]:
    """Each index of the file with a ``connection`` that the build will not use for it."""
    known = {connection.name for connection in subject.connections or ()}
    for line, feed, verdict in index_verdicts(subject):
        index = declared_index(subject, feed)
        if index is None or index.connection is None or (verdict.used and verdict.connection == index.connection):
            continue
        place, name = place_of(index.position or line.position), index.connection
        if complaint := name_complaint(name):
            yield place.finding(CODE, Severity.ERROR, name, complaint.message, fix=complaint.fix)
        elif name not in known:
            message = f"There is no connection {name!r} in the workspace; the index {index.name!r} needs it."
            fix = f"Run: amlpriv connect feed {name} --url {feed}"
            yield place.finding(CODE, Severity.ERROR, name, message, fix=fix)
        elif verdict.used:
            message = f"The build uses the connection {verdict.connection!r} for {index.name!r}, not {name!r}."
            fix = f"Write 'connection: {verdict.connection}', or remove that connection. {verdict.words}"
            yield place.finding(CODE, Severity.WARNING, name, message, fix=fix)
        else:
            message = f"The build uses no connection for the index {index.name!r}: {verdict.words}"
            yield place.finding(CODE, Severity.ERROR, name, message, fix=verdict.fix or "Correct the connection.")
