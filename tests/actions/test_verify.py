"""verify against the running local workspace: everything is asked, everything is removed, and the report is clean."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from amlpriv.actions.opening import open_local
from amlpriv.actions.verify import Verified, clean_up, verify
from amlpriv.actions.verify_report import default_report, read_verdicts, verify_folder
from amlpriv.errors import UNANSWERED_EXIT_CODE, UsageError
from amlpriv.local.state import State
from amlpriv.probes.catalog import PROBES
from amlpriv.probes.journal import Journal, Thing, find_journals
from amlpriv.probes.probe import Verdict
from amlpriv.remote import WorkspaceName
from amlpriv.secret import redact
from amlpriv.workspace.memory import MemoryWorkspace
from amlpriv.workspace.ports import Workspace

local = pytest.mark.local
NEEDING_A_FEED = {"V18", "V19", "V20", "V21", "V22"}
NO_CONTEXTS = {"V12", "V17"}
"""The local workspace builds no build contexts; these may end without an answer there."""


def opened(environ: Mapping[str, str]) -> Workspace:
    return open_local(environ=environ, start=False, say=lambda _: None)


def left_in(workspace: Workspace) -> list[str]:
    """Everything of ours that the workspace still has."""
    found: list[str] = []
    for kind in ("environments", "jobs", "connections"):
        items = workspace.service.ask("GET", kind, query={"listViewType": "All"}).items
        found += [str(item["name"]) for item in items if "amlpriv-verify" in str(item["name"])]
    datastore = workspace.datastores.default()
    key = workspace.datastores.secret(datastore.name).account_key
    for container in (datastore.container, "azureml"):
        stored = workspace.open_blobs(replace(datastore, container=container), key).stored("")
        found += [path for path in stored if "amlpriv-verify" in path or "amlpriv_verify" in path]
    return found


def test_without_live_the_probes_are_listed_and_nothing_is_opened(tmp_path: Path) -> None:
    result = verify(environ={"AMLPRIV_HOME": str(tmp_path / "home")})
    assert [item.probe.id for item in result.asked] == [probe.id for probe in PROBES]
    assert (result.live, result.report, result.exit_code) == (False, None, 0)
    assert not (tmp_path / "home").exists()
    assert "--builds" in result["V12"].words
    assert "--feed" in result["V18"].words


def test_ids_are_permanent_and_each_probe_says_what_it_does() -> None:
    ids = [probe.id for probe in PROBES]
    assert ids == [f"V{number:02}" for number in range(1, len(PROBES) + 1)]
    assert all(probe.question.endswith("?") and probe.why and probe.creates for probe in PROBES)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"only": ["V99"]}, "no probe V99"),
        ({"skip": ["x"]}, "no probe X"),
        ({"feed": "https://feed.example/simple/"}, "--feed-token-from, --feed-package"),
        ({"feed": "http://feed.example", "feed_token": "t", "feed_package": "p"}, "https://"),
    ],
    ids=["only", "skip", "feed alone", "feed without TLS"],
)
def test_a_wrong_call_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        verify(**options)


def test_who_does_not_confirm_sends_nothing(tmp_path: Path) -> None:
    memory = MemoryWorkspace(lambda: datetime(2026, 11, 20, tzinfo=timezone.utc))
    environ = {"AMLPRIV_HOME": str(tmp_path / "home")}
    with pytest.raises(UsageError, match="nothing was sent"):
        verify(live=True, workspace=memory.open(), environ=environ, confirm=lambda _where, _probes: False)
    assert memory.requests.total == 0
    assert not (tmp_path / "home").exists()


def test_a_workspace_in_memory_answers_what_it_imitates(tmp_path: Path) -> None:
    memory = MemoryWorkspace(lambda: datetime(2026, 11, 20, tzinfo=timezone.utc))
    environ = {"AMLPRIV_HOME": str(tmp_path / "home")}
    result = verify(live=True, workspace=memory.open(), environ=environ, only=["V01", "v03", "V05"])
    assert (result["V01"].verdict, result["V03"].verdict) == (Verdict.YES, Verdict.YES)
    assert result["V05"].verdict is Verdict.UNKNOWN
    assert "Not imitated here" in result["V05"].words
    assert result.exit_code == UNANSWERED_EXIT_CODE
    assert memory.environments == {}


def test_answers_of_earlier_runs_stay_in_the_report(tmp_path: Path) -> None:
    memory = MemoryWorkspace(lambda: datetime(2026, 11, 20, tzinfo=timezone.utc))
    environ = {"AMLPRIV_HOME": str(tmp_path / "home")}
    for probe in ("V01", "V03"):
        verify(live=True, workspace=memory.open(), environ=environ, only=[probe])
    assert read_verdicts(memory.open().name, environ) == {"V01": Verdict.YES, "V03": Verdict.YES}
    other = WorkspaceName("0", "other", memory.open().name.name)
    assert read_verdicts(other, environ) == {}


@pytest.fixture(scope="module")
def whole(local_environ: dict[str, str]) -> Verified:
    """One run of everything that can be asked without a feed."""
    home = {**local_environ, "AMLPRIV_HOME": local_environ["AMLPRIV_HOME"]}
    return verify(live=True, workspace="local", environ=home, builds=True, timeout=timedelta(minutes=3), start=False)


@local
def test_every_probe_gets_an_answer_or_a_named_reason(whole: Verified) -> None:
    for item in whole.asked:
        if item.probe.id in NEEDING_A_FEED:
            assert item.answer.verdict is Verdict.NOT_ASKED
        elif item.probe.id in NO_CONTEXTS:
            assert item.answer.words
        else:
            assert item.answer.verdict.is_answer, f"{item.probe.id}: {item.answer.words}"
    assert [whole[name].verdict for name in ("V01", "V04", "V05", "V07", "V08", "V09")] == [Verdict.YES] * 6
    assert whole["V14"].verdict is Verdict.NO, whole["V14"]


@local
def test_everything_created_is_gone_afterwards(whole: Verified, local_environ: dict[str, str]) -> None:
    assert whole.left == ()
    assert left_in(opened(local_environ)) == []
    assert [path.suffix for path in verify_folder(local_environ).iterdir()] == [".json"]


@local
def test_the_report_has_no_secret(whole: Verified, local_state: State) -> None:
    assert whole.report is not None
    text = whole.report.read_text(encoding="utf-8")
    assert os.name != "posix" or whole.report.stat().st_mode & 0o077 == 0
    assert local_state.account_key.reveal() not in text
    assert redact(text) == text
    report = json.loads(text)
    assert report["workspace"].endswith("/workspaces/local")
    assert report["location"] == "westeurope"
    assert {"amlpriv", "api_versions", "date", "local"} <= set(report)
    assert [item["id"] for item in report["probes"]] == [probe.id for probe in PROBES]
    asked = next(item for item in report["probes"] if item["id"] == "V04")
    assert {"status": 409, "code": "UserError"}.items() <= asked["requests"][-4].items()


@local
def test_a_killed_run_is_cleaned_up_later(local_environ: dict[str, str]) -> None:
    folder = verify_folder(local_environ)
    command = [
        sys.executable,
        "-m",
        "amlpriv",
        "verify",
        "--live",
        "--yes",
        "--only",
        "V01,V02,V03",
        "--workspace",
        "local",
    ]
    with subprocess.Popen(command, env=local_environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 30
        while sum(len(journal.things) for journal in find_journals(folder)) < 2:
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.02)
        said = list[str]()
        assert clean_up(workspace="local", environ=local_environ, say=said.append) == ((), ())
        assert any("still works" in line for line in said)
        process.kill()
    things, left = clean_up(workspace="local", environ=local_environ)
    assert len(things) >= 2
    assert left == ()
    assert left_in(opened(local_environ)) == []
    assert list(find_journals(folder)) == []


@local
@pytest.mark.skipif(os.name == "nt", reason="a signal to one process")
def test_an_interrupted_run_cleans_up_and_writes_what_it_knows(local_environ: dict[str, str], tmp_path: Path) -> None:
    folder, report = verify_folder(local_environ), tmp_path / "report.json"
    command = [
        sys.executable,
        "-m",
        "amlpriv",
        "verify",
        "--live",
        "--yes",
        "--only",
        "V03,V04",
        "--workspace",
        "local",
    ]
    with subprocess.Popen(
        [*command, "--report", report], env=local_environ, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 30
        while not any(journal.things for journal in find_journals(folder)):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert left_in(opened(local_environ)) == []
    answers = {item["id"]: item["words"] for item in json.loads(report.read_text(encoding="utf-8"))["probes"]}
    assert answers["V03"] == "interrupted"


def test_journals_of_other_workspaces_are_named_and_left_alone(tmp_path: Path) -> None:
    environ, said = {"AMLPRIV_HOME": str(tmp_path / "home")}, list[str]()
    journal = Journal(verify_folder(environ) / "v1.json", "v1", WorkspaceName("s", "g", "elsewhere"))
    journal.begin(Thing("environment", "e"))
    memory = MemoryWorkspace(lambda: datetime(2026, 11, 20, tzinfo=timezone.utc))
    assert clean_up(workspace=memory.open(), environ=environ, say=said.append) == ((), ())
    assert said == ["v1 belongs to workspace elsewhere: name it with --workspace"]
    assert len(list(find_journals(journal.path.parent))) == 1


def test_what_is_kept_is_named_and_can_be_removed_later(tmp_path: Path) -> None:
    environ = {"AMLPRIV_HOME": str(tmp_path / "home")}
    memory = MemoryWorkspace(lambda: datetime(2026, 11, 20, tzinfo=timezone.utc))
    result = verify(live=True, workspace=memory.open(), environ=environ, only=["V01"], keep=True)
    assert [item.thing.kind for item in result.left] == ["environment"]
    assert result.exit_code == 0
    assert memory.environments
    things, left = clean_up(workspace=memory.open(), environ=environ)
    assert (len(things), left, memory.environments) == (1, (), {})


def test_the_default_reports_of_two_workspaces_with_one_name_are_two_files(tmp_path: Path) -> None:
    environ = {"AMLPRIV_HOME": str(tmp_path)}
    names = [WorkspaceName("s", group, "churn") for group in ("g", "h")]
    paths = [default_report(name, environ) for name in names]
    assert len(set(paths)) == 2
    assert all(path.parent == tmp_path / "verify" and path.name.startswith("churn-") for path in paths)
    assert default_report(WorkspaceName("S", "G", "churn"), environ) == paths[0]


class Asking:
    """Runs of verify on a workspace in memory."""

    def __init__(self, folder: Path) -> None:
        self.environ = {"AMLPRIV_HOME": str(folder / "home")}
        self.memory = MemoryWorkspace(lambda: datetime(2026, 11, 20, tzinfo=timezone.utc))
        self.report = default_report(self.memory.open().name, self.environ)

    def __call__(self, *only: str, **options: Any) -> Verified:
        return verify(live=True, workspace=self.memory.open(), environ=self.environ, only=only, **options)

    def probes(self, path: Path | None = None) -> dict[str, Any]:
        document = json.loads((path or self.report).read_text(encoding="utf-8"))
        return {item["id"]: item for item in document["probes"]}


@pytest.fixture
def asking(tmp_path: Path) -> Asking:
    return Asking(tmp_path)


@pytest.mark.parametrize("answer", ["yes", "no", "facts"])
def test_what_was_known_survives_a_run_without_an_answer(asking: Asking, answer: str) -> None:
    asking("V05")
    known = {**asking.probes()["V05"], "answer": answer, "words": "known", "asked_at": "2026-01-01T00:00:00Z"}
    document = json.loads(asking.report.read_text())
    asking.report.write_text(json.dumps({**document, "probes": [known]}))
    assert asking("V05")["V05"].verdict is Verdict.UNKNOWN
    after = asking.probes()["V05"]
    assert (after["answer"], after["words"], after["asked_at"]) == (answer, "known", "2026-01-01T00:00:00Z")
    assert after["last_attempt"]["answer"] == "unknown"
    assert "Not imitated here" in after["last_attempt"]["words"]
    assert read_verdicts(asking.memory.open().name, asking.environ)["V05"].value == answer


def test_a_new_answer_replaces_what_was_known(asking: Asking) -> None:
    asking("V01")
    document = json.loads(asking.report.read_text())
    old = {**document["probes"][0], "answer": "no", "last_attempt": {}}
    asking.report.write_text(json.dumps({**document, "probes": [old]}))
    asking("V01")
    assert asking.probes()["V01"]["answer"] == "yes"
    assert "last_attempt" not in asking.probes()["V01"]


def test_answers_move_from_the_old_name_of_the_report(asking: Asking) -> None:
    asking("V01")
    old = asking.report.with_name(f"{asking.memory.open().name.name}.json")
    asking.report.rename(old)
    asking("V03")
    assert set(asking.probes()) == {"V01", "V03"}
    assert asking.report.exists()


def test_a_place_where_no_report_can_be_written_is_refused_first(asking: Asking, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path, tmp_path / "file" / "report.json"):
        with pytest.raises(UsageError, match="report cannot be written"):
            asking("V01", report=place)
    assert asking.memory.requests.total == 0


@pytest.mark.parametrize("text", ["important", "{}", '{"schema": "amlpriv-verify-journal-1"}', "[]"])
def test_a_file_of_somebody_else_is_not_overwritten(asking: Asking, tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.json"
    path.write_text(text)
    with pytest.raises(UsageError, match="not overwritten"):
        asking("V01", report=path)
    assert path.read_text() == text
    assert asking.memory.requests.total == 0


def test_a_report_on_another_workspace_is_not_overwritten(asking: Asking, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    asking("V01", report=path)
    text = path.read_text().replace("/resourceGroups/", "/resourceGroups/other-")
    path.write_text(text)
    with pytest.raises(UsageError, match="another workspace"):
        asking("V01", report=path)
    assert path.read_text() == text


def test_an_empty_file_and_an_earlier_report_are_taken(asking: Asking, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.touch()
    asking("V01", report=path)
    asking("V03", report=path)
    assert set(asking.probes(path)) == {"V01", "V03"}


def test_the_answers_are_there_when_the_report_cannot_be_written_any_more(asking: Asking, tmp_path: Path) -> None:
    path, said = tmp_path / "folder" / "report.json", list[str]()

    def say(line: str) -> None:
        said.append(line)
        if line.startswith("V01"):
            path.mkdir(parents=True)

    result = asking("V01", report=path, say=say)
    assert result["V01"].verdict is Verdict.YES
    assert result.report is None
    assert result.unwritten is not None
    assert result.exit_code == result.unwritten.exit_code != 0
    assert result.as_json()["report_error"] == result.unwritten.message
    assert any("report was not written" in line for line in said)
    assert asking.memory.environments == {}


@pytest.mark.parametrize("skip", [[probe.id for probe in PROBES], [probe.id.lower() for probe in PROBES]])
def test_when_everything_is_skipped_nothing_is_asked(asking: Asking, skip: list[str]) -> None:
    with pytest.raises(UsageError, match="skipped"):
        asking(skip=skip)
    rest = [probe.id for probe in PROBES if probe.id != "V18"]
    with pytest.raises(UsageError, match="Nothing can be asked"):
        asking(skip=rest)
    assert asking.memory.requests.total == 0


def test_ids_are_taken_in_any_case_and_as_one_text(asking: Asking) -> None:
    found = verify(only="v01, V03", environ=asking.environ)
    assert [item.probe.id for item in found.asked] == ["V01", "V03"]


def test_cleaning_touches_nothing_that_no_run_can_have_created(asking: Asking) -> None:
    asking("V01", keep=True)
    [journal] = find_journals(verify_folder(asking.environ))
    for thing in (
        Thing("environment", "production"),
        Thing("container", "azureml"),
        Thing("database", "amlpriv-verify"),
    ):
        journal.begin(thing)
    before = asking.memory.requests.total
    _, left = clean_up(workspace=asking.memory.open(), environ=asking.environ)
    assert {item.thing.name for item in left} == {"production", "azureml", "amlpriv-verify"}
    assert all("left alone" in item.words for item in left)
    assert asking.memory.environments == {}
    assert asking.memory.requests.total > before
    assert list(find_journals(verify_folder(asking.environ))) == []


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": "amlpriv-verify-journal-1", "things": [1]}'])
def test_a_broken_journal_is_named(asking: Asking, text: str) -> None:
    folder, said = verify_folder(asking.environ), list[str]()
    folder.mkdir(parents=True)
    (folder / "v12345678.json").write_text(text)
    assert clean_up(workspace=asking.memory.open(), environ=asking.environ, say=said.append) == ((), ())
    assert [str(folder / "v12345678.json") in line for line in said] == [True]
    assert (folder / "v12345678.json").exists()
