"""Removing what a run has created, on a service that refuses this and that."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from amlpriv.errors import NetworkError
from amlpriv.probes.cleaning import clean
from amlpriv.probes.journal import Journal, Thing, find_journals
from amlpriv.remote import RawAnswer, WorkspaceName
from amlpriv.workspace.memory import MemoryWorkspace
from amlpriv.workspace.ports import Workspace

NAME = WorkspaceName("00000000-0000-0000-0000-000000000000", "g", "w")
LIST = RawAnswer(200, body={"value": [{"id": "/x/versions/1"}, {"id": "/x/versions/2"}]})


@dataclass
class Scripted:
    """A service that answers by a table; what it does not name is 404."""

    answers: Mapping[str, RawAnswer | Exception]
    asked: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, **_: Any) -> RawAnswer:
        self.asked.append(
            f"{method} {path}{' archived' if (body or {}).get('properties', {}).get('isArchived') else ''}"
        )
        answer = self.answers.get(f"{method} {path}", RawAnswer(404, "NotFound"))
        if isinstance(answer, Exception):
            raise answer
        return answer


def workspace(service: Scripted) -> Workspace:
    memory = MemoryWorkspace(lambda: datetime(2026, 11, 20, tzinfo=timezone.utc))
    return replace(memory.open(), service=service)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "verify" / "v1.json", "v1", NAME)


def test_what_is_noted_is_on_disk_before_it_exists(journal: Journal) -> None:
    journal.begin(Thing("environment", "e"))
    journal.begin(Thing("blobs", "p/", "c"))
    (found,) = find_journals(journal.path.parent)
    assert (found.run, found.workspace, found.things) == ("v1", NAME, journal.things)
    assert os.name != "posix" or journal.path.stat().st_mode & 0o077 == 0
    for thing in list(journal.things):
        journal.end(thing)
    journal.close()
    assert not journal.path.exists()


def test_other_files_beside_journals_are_passed_over(journal: Journal) -> None:
    journal.begin(Thing("environment", "e"))
    (journal.path.parent / "local.json").write_text('{"schema": "amlpriv-verify-1", "probes": []}')
    (journal.path.parent / "broken.json").write_text('{"schema": ')
    (journal.path.parent / "list.json").write_text("[]")
    assert [found.run for found in find_journals(journal.path.parent)] == ["v1"]


def test_the_newest_is_removed_first_and_the_journal_goes_with_the_last(journal: Journal) -> None:
    service = Scripted({"DELETE environments/e": RawAnswer(204), "DELETE jobs/j": RawAnswer(200)})
    journal.begin(Thing("environment", "e"))
    journal.begin(Thing("job", "j"))
    assert clean(workspace(service), journal, patience=0) == ()
    assert service.asked == ["GET jobs/j", "DELETE jobs/j", "DELETE environments/e"]
    assert not journal.path.exists()


def test_a_running_job_is_cancelled_first(journal: Journal) -> None:
    running = RawAnswer(200, body={"properties": {"status": "Running"}})
    service = Scripted({"GET jobs/j": running, "POST jobs/j/cancel": RawAnswer(202), "DELETE jobs/j": RawAnswer(200)})
    journal.begin(Thing("job", "j"))
    assert clean(workspace(service), journal, patience=0.1) == ()
    assert service.asked.count("POST jobs/j/cancel") == 1
    assert service.asked[-1] == "DELETE jobs/j"


def test_an_environment_goes_version_by_version_where_it_must(journal: Journal) -> None:
    refused = RawAnswer(405, "MethodNotAllowed")
    table = {"DELETE environments/e": refused, "GET environments/e/versions": LIST}
    table |= {f"DELETE environments/e/versions/{number}": RawAnswer(200) for number in (1, 2)}
    journal.begin(Thing("environment", "e"))
    assert clean(workspace(Scripted(table)), journal, patience=0) == ()


def test_an_environment_that_cannot_be_deleted_is_archived_and_named(journal: Journal) -> None:
    refused, said = RawAnswer(405, "MethodNotAllowed"), list[str]()
    table = dict.fromkeys(("DELETE environments/e", *(f"DELETE environments/e/versions/{n}" for n in (1, 2))), refused)
    table |= {"GET environments/e/versions": LIST, "GET environments/e": LIST, "PUT environments/e": RawAnswer(200)}
    service = Scripted(table)
    journal.begin(Thing("environment", "e"))
    (left,) = clean(workspace(service), journal, say=said.append, patience=0)
    assert service.asked[-1] == "PUT environments/e archived"
    assert str(left) == "environment e: archived: the service does not delete it (405 MethodNotAllowed)"
    assert said == [f"left: {left}"]
    assert not left.again
    assert not journal.path.exists()


@pytest.mark.parametrize("trouble", [RawAnswer(500, "Busy"), NetworkError("no answer")], ids=["busy", "no network"])
def test_what_could_not_be_removed_stays_in_the_journal(journal: Journal, trouble: RawAnswer | Exception) -> None:
    service = Scripted({"DELETE connections/a": trouble, "DELETE connections/b": RawAnswer(200)})
    journal.begin(Thing("connection", "b"))
    journal.begin(Thing("connection", "a"))
    (left,) = clean(workspace(service), journal, patience=0)
    assert (left.thing.name, left.again) == ("a", True)
    (found,) = find_journals(journal.path.parent)
    assert found.things == [Thing("connection", "a")]
