"""Removing what a run has created."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from urllib.parse import quote

from amlpriv.errors import AmlprivError, UnsupportedError
from amlpriv.probes.journal import MARK, Journal, Thing
from amlpriv.probes.site import environment_path, said
from amlpriv.remote import Datastore, RawAnswer
from amlpriv.secret import Secret, redact
from amlpriv.workspace.ports import Blobs, Workspace

__all__ = ["ENDED", "Removed", "clean", "remove", "set_aside"]

ENDED = frozenset({"Completed", "Failed", "Canceled", "NotResponding"})
"""Statuses of a job that will not change any more."""

GONE = (404, 410)
IN_FLIGHT = 8
PATIENCE = 90.0
"""Seconds for what the service does after it has answered 202, and for a job to be cancelled."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What became of a thing. ``words`` say what is left of it; empty when it is gone."""

    thing: Thing
    words: str = ""
    again: bool = False
    """Whether trying again later could help."""

    def __str__(self) -> str:
        return f"{self.thing}: {self.words or 'gone'}"


def set_aside(journal: Journal) -> tuple[Removed, ...]:
    """Take out of a journal what no run can have created: somebody has edited it."""
    words = f"left alone: its name has no {MARK}, so no run has created it"
    others = tuple(Removed(thing, words) for thing in journal.things if not thing.is_ours)
    for item in others:
        journal.end(item.thing)
    return others


def clean(
    workspace: Workspace, journal: Journal, *, say: Callable[[str], None] = lambda _: None, patience: float = PATIENCE
) -> tuple[Removed, ...]:
    """Remove all that the journal names, the newest first; what is left of it. Raises nothing of the service's."""
    left: list[Removed] = []
    storage = _Storage(workspace)
    for thing in reversed(list(journal.things)):
        try:
            result = remove(workspace, thing, patience=patience, storage=storage)
        except AmlprivError as error:
            result = Removed(thing, redact(error.message), again=True)
        if result.words:
            say(f"left: {result}")
            left.append(result)
        if not result.again:
            journal.end(thing)
    journal.close()
    return tuple(left)


def remove(
    workspace: Workspace, thing: Thing, *, patience: float = PATIENCE, storage: _Storage | None = None
) -> Removed:
    """Remove one thing; an environment that cannot be deleted is archived."""
    opener = storage or _Storage(workspace)
    if thing.kind == "blobs":
        return _remove_blobs(opener.open(thing.container), thing)
    if thing.kind == "container":
        opener.open(thing.name).drop_container()
        return Removed(thing)
    if thing.kind == "environment":
        return _remove_environment(workspace, thing, patience)
    if thing.kind == "job":
        _end_job(workspace, thing, patience)
    answer = _delete(workspace, f"{thing.kind}s/{quote(thing.name, safe='')}", patience)
    if answer is None:
        return Removed(thing)
    return Removed(thing, f"the service answered {said(answer)}", again=True)


def _delete(workspace: Workspace, path: str, patience: float) -> RawAnswer | None:
    """None when it is gone, else what the service said."""
    answer = workspace.service.ask("DELETE", path)
    if answer.status in GONE or (answer.ok and answer.status != 202):
        return None
    return None if answer.ok and _gone(workspace, path, patience) else answer


def _remove_environment(workspace: Workspace, thing: Thing, patience: float) -> Removed:
    """As a whole, or else version by version (which the reference knows as well), or else it is archived."""
    path = environment_path(thing.name)
    refusal = _delete(workspace, path, patience)
    if refusal is None:
        return Removed(thing)
    listed = workspace.service.ask("GET", f"{path}/versions", query={"listViewType": "All"})
    if listed.status in GONE:
        return Removed(thing)
    versions = [str(item.get("id") or "").rpartition("/")[2] for item in listed.items]
    refusals = [_delete(workspace, environment_path(thing.name, version), patience) for version in versions]
    if versions and not any(refusals):
        return Removed(thing)
    return _archive(workspace, thing, refusal)


def _gone(workspace: Workspace, path: str, patience: float) -> bool:
    """Whether what is being deleted is away in time."""
    deadline = time.monotonic() + patience
    while workspace.service.ask("GET", path).status not in GONE:
        if time.monotonic() > deadline:
            return False
        time.sleep(min(2.0, patience / 10))
    return True


def _archive(workspace: Workspace, thing: Thing, refusal: RawAnswer) -> Removed:
    path = environment_path(thing.name)
    now = workspace.service.ask("GET", path)
    if now.status in GONE:
        return Removed(thing)  # its creation was refused
    body = {"properties": {"isArchived": True, "tags": dict(now.properties.get("tags") or {})}}
    answer = workspace.service.ask("PUT", path, body)
    if answer.ok:
        return Removed(thing, f"archived: the service does not delete it ({said(refusal)})")
    return Removed(thing, f"neither deleted ({said(refusal)}) nor archived ({said(answer)})", again=True)


def _end_job(workspace: Workspace, thing: Thing, patience: float) -> None:
    """Cancel a job that still runs, and wait until it has ended."""
    path = f"jobs/{quote(thing.name, safe='')}"
    asked, deadline = False, time.monotonic() + patience
    while True:
        answer = workspace.service.ask("GET", path)
        if not answer.ok or str(answer.properties.get("status")) in ENDED or time.monotonic() > deadline:
            return
        if not asked:
            workspace.service.ask("POST", f"{path}/cancel")
        asked = True
        time.sleep(min(2.0, patience / 10))


@dataclass(slots=True)
class _Storage:
    """Opens containers with the credential that works, which is found out once."""

    workspace: Workspace
    known: tuple[Datastore, Secret | None] | None = None

    def open(self, container: str) -> Blobs:
        if self.known is None:
            datastore = self.workspace.datastores.default()
            self.known = datastore, self._key(datastore)
        datastore, key = self.known
        return self.workspace.open_blobs(replace(datastore, container=container), key)

    def _key(self, datastore: Datastore) -> Secret | None:
        """The account key, if there is one and the account takes it."""
        key = self.workspace.datastores.secret(datastore.name).account_key
        if key is not None:
            try:
                self.workspace.open_blobs(datastore, key).policies()
            except UnsupportedError:
                return None
        return key


def _remove_blobs(blobs: Blobs, thing: Thing) -> Removed:
    paths = list(blobs.stored(thing.name))
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        list(pool.map(blobs.remove, paths))
    return Removed(thing)
