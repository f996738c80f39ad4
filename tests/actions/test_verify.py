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


def test_the_default_report_is_named_after_the_workspace(tmp_path: Path) -> None:
    environ = {"AMLPRIV_HOME": str(tmp_path)}
    assert default_report(WorkspaceName("s", "g", "churn"), environ) == tmp_path / "verify" / "churn.json"
