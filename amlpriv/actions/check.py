"""check: what is wrong with an environment, before anything is submitted."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from amlpriv.actions.container_builds import with_container
from amlpriv.actions.feed_questions import ask_index
from amlpriv.actions.judging import judged
from amlpriv.actions.opening import LOCAL, locate, open_workspace
from amlpriv.actions.preparing import preparing
from amlpriv.actions.publish import Quiet
from amlpriv.actions.uploading import Progress
from amlpriv.connections.uses import Use
from amlpriv.connections.verdicts import Verdict
from amlpriv.errors import UsageError
from amlpriv.findings import Report
from amlpriv.preflight.engine import check as run_rules
from amlpriv.preflight.lines import verdicts

__all__ = ["Checked", "check"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found, and what could not be found out."""

    name: str
    report: Report
    verdicts: tuple[Verdict, ...]
    """For each index and git line, the connection that the image build uses; empty where no workspace was asked."""
    notes: tuple[str, ...]
    """What could not be asked."""
    use: Use = Use.JOB

    def as_json(self) -> dict[str, object]:
        """The object that ``check --json`` prints."""
        return {
            "environment": self.name,
            "for": self.use.value,
            "findings": [finding.as_json() for finding in self.report],
            "connections": [verdict.as_json() for verdict in self.verdicts],
            "notes": list(self.notes),
        }


def check(
    file: str | os.PathLike[str],
    *,
    workspace: object = None,
    use: Use | str = Use.JOB,
    offline: bool = False,
    ignore: Collection[str] = (),
    name: str | None = None,
    image: str | None = None,
    python: str | None = None,
    locked: bool = False,
    build_in: str | None = None,
    build_image: str | None = None,
    start: bool = True,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Checked:
    """Check an environment file, conda YAML, pyproject.toml or requirements file, and build its private wheels.

    A workspace that is named, or found as every verb finds one (AMLPRIV_WORKSPACE, a config.json), is asked for its
    connections; where the pip section is sent to one index, that index is asked for the names in it. Both are left out
    with ``offline``. ``use`` is what the environment is for (a ``Use`` or its value); ``ignore`` are codes of rules;
    with ``locked`` a missing or stale lock is an error. Raises what reading and building raise; the rest is ``report``.
    """
    surroundings, watcher = with_container(environ, build_in, build_image), progress or Quiet()
    purpose = _use(use)
    options: dict[str, Any] = {"name": name, "image": image, "python": python, "locked": locked}
    where = None if offline else _asked(workspace, surroundings)
    with preparing(Path(file), environ=surroundings, say=watcher.say, pin=not offline, **options) as prepared:
        prepared = replace(prepared, subject=replace(prepared.subject, use=purpose))
        how: dict[str, Any] = {"environ": surroundings, "folder": Path.cwd(), "start": start, "say": watcher.say}
        opened = open_workspace(where, **how) if where is not None else None
        prepared = judged(prepared, opened) if opened is not None else prepared
        notes, subject = list(prepared.notes), prepared.subject
        if not offline:
            said = ask_index(prepared, environ=surroundings, workspace=opened)
            subject = replace(subject, absent=said.absent, refused=said.refused)
            notes += [said.note] if said.note else []
        found = tuple(verdict for _, verdict in verdicts(subject))
        return Checked(prepared.file.name, run_rules(subject, ignore=ignore), found, tuple(notes), purpose)


def _use(use: Use | str) -> Use:
    try:
        return Use(use)
    except ValueError:
        known = ", ".join(item.value for item in Use)
        raise UsageError(f"{use!r} is nothing that an environment is for.", hint=f"Known: {known}.") from None


def _asked(workspace: object, environ: Mapping[str, str]) -> object:
    """The workspace to ask; None where nobody named one: the local one is not started for a question."""
    found = locate(workspace, environ=environ, folder=Path.cwd())
    return None if workspace is None and found == LOCAL and not environ.get("AMLPRIV_WORKSPACE") else found
