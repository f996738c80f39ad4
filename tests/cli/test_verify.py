"""The command line of verify: what it lists, what it asks back, and what it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from amlpriv.local.state import State
from amlpriv.probes.catalog import PROBES
from tests.cli.conftest import Amlpriv


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No local workspace runs here, and none is started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AMLPRIV_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_it_lists_the_probes_with_what_they_cost(amlpriv: Amlpriv, home: Path) -> None:
    ended = amlpriv("verify")
    assert ended.code == 0
    assert [line.partition(" ")[0] for line in ended.out.splitlines() if line.startswith("V")] == [p.id for p in PROBES]
    assert "creates: nothing; costs: requests only" in ended.out
    assert "needs: --builds" in ended.out
    assert "Nothing was sent" in ended.err
    assert not home.exists()


def test_the_list_as_json(amlpriv: Amlpriv) -> None:
    found = amlpriv("verify", "--json", "--only", "V01,v14").json
    assert [item["id"] for item in found["probes"]] == ["V01", "V14"]
    assert (found["live"], found["report"]) == (False, None)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--only", "V99"], "V99"),
        (["--feed-token-from", "abc"], "env:VARIABLE"),
        (["--feed-token-from", "env:AMLPRIV_NOT_SET"], "AMLPRIV_NOT_SET"),
        (["--only", ""], "names no probe"),
        (["--only", ",,"], "names no probe"),
        (["--skip", " , "], "names no probe"),
        (["--skip", ",".join(probe.id for probe in PROBES)], "skipped"),
        (["--live", "--yes", "--only", "V01", "--report", "."], "directory"),
        (["--clean", "--only", "V01"], "--only"),
        (["--clean", "--live", "--keep"], "--live, --keep"),
        (["--clean", "--report", "x.json"], "--report"),
        (["--live", "--yes", "--only", "V18"], "V18: not asked: needs --feed"),
        (["--feed", "https://feed.example/simple/"], "--feed-token-from"),
    ],
)
def test_a_wrong_call_is_refused(amlpriv: Amlpriv, home: Path, words: list[str], told: str) -> None:
    ended = amlpriv("verify", *words)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert not home.exists()


def test_cleaning_up_after_nothing_starts_nothing(amlpriv: Amlpriv, home: Path) -> None:
    ended = amlpriv("verify", "--clean", "--json")
    assert (ended.code, ended.json) == (0, {"found": [], "left": []})
    assert not home.exists()


@pytest.mark.local
@pytest.mark.parametrize("answer", ["n\n", "", "\n"], ids=["no", "end", "default"])
def test_a_refused_question_sends_nothing(local_environ: dict[str, str], local_state: State, answer: str) -> None:
    log = local_state.root / "logs" / "requests.jsonl"
    before = log.read_bytes() if log.exists() else b""
    command = [sys.executable, "-m", "amlpriv", "verify", "--live", "--workspace", "local"]
    done = subprocess.run(command, input=answer, env=local_environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "V14  one blob, one environment, one job" in done.stderr
    assert "container registry" in done.stderr
    assert "Not confirmed: nothing was sent." in done.stderr
    assert (log.read_bytes() if log.exists() else b"") == before


@pytest.mark.local
def test_probes_without_a_job_take_no_time(local_environ: dict[str, str], tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "amlpriv", "verify", "--live", "-y", "--workspace", "local", "--only", "V05,V10"]
    done = subprocess.run(
        [*command, "--report", str(report)], env=local_environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "V10  yes  Can a version of an environment be deleted?" in done.stdout
    assert str(report) in done.stderr
    assert os.name != "posix" or report.stat().st_mode & 0o077 == 0
