"""What the workspace's connections mean to a specification: the verdicts of the match simulator, as findings."""

from __future__ import annotations

from dataclasses import replace

from amlpriv.actions.preparing import Prepared
from amlpriv.errors import PermissionDeniedError, UnsupportedError
from amlpriv.plans.steps import Connect
from amlpriv.preflight.engine import check
from amlpriv.preflight.lines import git_lines, index_lines, verdicts
from amlpriv.preflight.subject import Subject
from amlpriv.workspace.connections import Connections
from amlpriv.workspace.ports import Workspace

__all__ = ["asks_connections", "connect_steps", "judged"]


def asks_connections(subject: Subject) -> bool:
    """Whether a line of the pip section names an index or a git repository."""
    return next(iter(index_lines(subject)), None) is not None or next(iter(git_lines(subject)), None) is not None


def judged(prepared: Prepared, workspace: Workspace) -> Prepared:
    """The same with what the workspace's connections do to its index and git lines, in its report; one request.

    Where they cannot be read, that stands in ``notes``: it is no reason to refuse a specification.
    """
    if not asks_connections(prepared.subject):
        return prepared
    try:
        connections = Connections(workspace).all()
    except (PermissionDeniedError, UnsupportedError) as refusal:
        why = f"nobody knows which connection the image build uses: {refusal.message}"
        return replace(prepared, notes=(*prepared.notes, why))
    subject = replace(prepared.subject, connections=connections)
    return replace(prepared, subject=subject, report=check(subject))


def connect_steps(subject: Subject) -> tuple[Connect, ...]:
    """One step for each line that the build will use a connection for."""
    return tuple(
        Connect(verdict.connection, verdict.subject, verdict.words)
        for _, verdict in verdicts(subject)
        if verdict.used and verdict.connection is not None
    )
