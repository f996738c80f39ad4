"""What a run has created and not yet removed, on disk before it exists: a killed run can be cleaned up later."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from amlpriv.errors import InputError
from amlpriv.files import create_private_directory, read_text, write_text
from amlpriv.remote import WorkspaceName

__all__ = ["MARK", "SCHEMA", "Journal", "Thing", "broken", "find_journals"]

SCHEMA = "amlpriv-verify-journal-1"
MARK = "amlpriv-verify"
"""What the name of everything has that a run creates (with '_' where '-' is not allowed)."""
KINDS = frozenset({"blobs", "connection", "container", "environment", "job"})


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that a probe creates in a workspace."""

    kind: str
    """``environment``, ``connection``, ``job``, ``container`` or ``blobs`` (all whose path begins with the name)."""
    name: str
    container: str = ""
    """Of blobs."""

    @property
    def is_ours(self) -> bool:
        """Whether a run can have created it: by its name, whatever the journal says."""
        return self.kind in KINDS and MARK in self.name.lower().replace("_", "-")

    def __str__(self) -> str:
        return f"{self.kind} {self.container}/{self.name}" if self.container else f"{self.kind} {self.name}"


@dataclass(slots=True)
class Journal:
    """The file of one run. Every change is on disk before the method returns."""

    path: Path
    run: str
    workspace: WorkspaceName
    things: list[Thing] = field(default_factory=list)

    def begin(self, thing: Thing) -> None:
        """``thing`` will be created next. Raises InputError or StorageFullError when that cannot be written down."""
        if thing not in self.things:
            self.things.append(thing)
            self._write()

    def end(self, thing: Thing) -> None:
        """``thing`` is gone."""
        if thing in self.things:
            self.things.remove(thing)
            self._write()

    def close(self) -> None:
        """Remove the file when nothing is left."""
        if not self.things:
            self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        create_private_directory(self.path.parent)
        workspace = self.workspace
        document = {
            "schema": SCHEMA,
            "run": self.run,
            "workspace": [workspace.subscription, workspace.resource_group, workspace.name],
            "things": [[thing.kind, thing.name, thing.container] for thing in self.things],
        }
        write_text(self.path, json.dumps(document, indent=1) + "\n", private=True)


def find_journals(folder: Path, *, on_broken: Callable[[Path], None] = lambda _: None) -> Iterator[Journal]:
    """The journals in ``folder``; files of another kind are passed over, broken ones are given to ``on_broken``."""
    for path in sorted(folder.glob("*.json")):
        try:
            found = json.loads(read_text(path))
            if not isinstance(found, dict):
                raise TypeError("not an object")
            if found.get("schema") != SCHEMA:
                continue
            things = [Thing(str(kind), str(name), str(container)) for kind, name, container in found["things"]]
            journal = Journal(path, str(found["run"]), WorkspaceName(*map(str, found["workspace"])), things)
        except (InputError, ValueError, KeyError, TypeError, RecursionError):
            on_broken(path)
            continue
        yield journal


def broken(path: Path) -> str:
    """What to say of a journal that cannot be read."""
    return f"{path} is no journal that can be read and is left alone: what it named may still be in the workspace."
