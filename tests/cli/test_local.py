"""amlpriv local exec, env, log and status, as they are typed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from amlpriv.local.home import Home
from amlpriv.local.lifecycle import LocalSession, status
from tests.cli.conftest import Amlpriv, Ended

EXEC, ENV, LOG, STATUS = (("local", word) for word in ("exec", "env", "log", "status"))
ASK = """
import urllib.request, urllib.error
try:
    urllib.request.urlopen("https://management.azure.com/nothing")
except urllib.error.HTTPError as error:
    print(error.code)
"""


@pytest.fixture
def run(process: Callable[..., Ended], local_environ: dict[str, str], tmp_path: Path) -> Callable[..., Ended]:
    """The command line in an empty folder, with the shared local workspace."""
    (tmp_path / "project").mkdir()

    def call(*words: str | Path) -> Ended:
        return process(*words, environ=local_environ, cwd=tmp_path / "project")

    return call


@pytest.mark.local
def test_exec_gives_the_programs_output_and_exit_code(run: Callable[..., Ended], tmp_path: Path) -> None:
    ended = run(*EXEC, "--json", "--", sys.executable, "-c", f"{ASK}\nraise SystemExit(3)")
    assert (ended.code, ended.out) == (3, "404\n")
    config, _, told = ended.err.partition("\n")
    assert config.endswith("config.json names the local workspace for the time of this run.")
    assert json.loads(told)["exit_code"] == 3
    assert list((tmp_path / "project").iterdir()) == []


@pytest.mark.local
def test_the_programs_own_options_are_its_own(run: Callable[..., Ended]) -> None:
    code = "import sys; print(sys.argv[1:])"
    for before in ((), ("--",)):
        ended = run(*EXEC, "--no-config", *before, sys.executable, "-c", code, "--isolated", "--json", "--")
        assert (ended.code, ended.out) == (0, "['--isolated', '--json', '--']\n")


@pytest.mark.local
def test_exec_for_a_workspace_with_another_name(run: Callable[..., Ended]) -> None:
    ended = run(*EXEC, "--as", "sub/group/name", "--no-config", "--json", "--", sys.executable, "-c", "")
    assert json.loads(ended.err)["stands_for"] == [
        "/subscriptions/sub/resourceGroups/group/providers/Microsoft.MachineLearningServices/workspaces/name"
    ]


@pytest.mark.local
def test_env_prints_what_everybody_may_know_as_it_is(run: Callable[..., Ended]) -> None:
    ended = run(*ENV, "--json", "--as", "sub/group/typed")
    assert ended.json["set"]["AZURE_CLIENT_SECRET"] == "local"
    dropped = run(*ENV, "--drop", "--json").json["dropped"]
    assert [name.rpartition("/")[2] for name in dropped if name.endswith("/typed")] == ["typed"]
    assert run(*ENV, "--drop").err == "No names were in force.\n"


@pytest.mark.local
def test_a_missing_program_is_said_in_one_line(run: Callable[..., Ended]) -> None:
    ended = run(*EXEC, "--no-config", "--", "no-such-program")
    assert (ended.code, ended.out) == (5, "")
    assert ended.err.startswith("Error: The program no-such-program was not found.")


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (EXEC, 2, "There is no command to run."),
        ((*EXEC, "--"), 2, "amlpriv local exec -- python train.py"),
        ((*EXEC, "--isolate", "--", "true"), 2, "No such option"),
        ((*EXEC, "--as", "ws", "--", "true"), 2, "SUBSCRIPTION/GROUP/WORKSPACE"),
        ((*EXEC, "--no-start", "--", "true"), 20, "The local workspace is not running."),
        ((*ENV, "--shell", "tcl"), 2, "bash, cmd, dotenv, fish, powershell"),
        ((*ENV, "--no-start"), 20, "amlpriv local start"),
        ((*ENV, "more"), 2, "unexpected extra argument"),
        (LOG, 20, "There is no local workspace in"),
        ((*LOG, "-n", "0"), 2, "0 is not in the range"),
        ((*LOG, "-n", "few"), 2, "not a valid integer"),
        ((*LOG, "--service", "blob"), 2, "control_plane, feed, sign_in, storage"),
    ],
)
def test_what_is_typed_wrong(project: Path, amlpriv: Amlpriv, words: tuple[str, ...], code: int, text: str) -> None:
    ended = amlpriv(*words)
    assert (ended.code, ended.out) == (code, "")
    assert text in ended.err
    assert "Traceback" not in ended.err
    assert not (project.parent / "home").exists()


@pytest.mark.local
def test_a_broken_config_stops_nobody(run: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "project" / "config.json").write_text("{")
    ended = run(*EXEC, "--", sys.executable, "-c", "print('ran')")
    assert (ended.code, ended.out) == (0, "ran\n")
    assert "config.json names no workspace" in ended.err


@pytest.mark.local
@pytest.mark.skipif(os.name != "posix" or not shutil.which("bash"), reason="needs bash")
def test_bash_takes_the_environment_over(local_environ: dict[str, str], tmp_path: Path) -> None:
    python = sys.executable
    (tmp_path / "ask.py").write_text(ASK)
    script = (
        f'eval "$({python} -m amlpriv local env --shell bash)" && {python} ask.py && echo "[$AZUREML_CURRENT_CLOUD]"'
    )
    environ = {**local_environ, "AZUREML_CURRENT_CLOUD": "Nowhere", "NO_PROXY": "*"}
    done = subprocess.run(["bash", "-c", script], env=environ, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "404\n[]\n"


@pytest.mark.local
def test_env_as_json(run: Callable[..., Ended]) -> None:
    found = run(*ENV, "--json").json
    assert found["set"]["AMLPRIV_WORKSPACE"] == "local"
    assert "SSL_CERT_DIR" in found["unset"]
    assert set(found["set"]).isdisjoint(found["unset"])


@pytest.mark.local
def test_requests_are_shown_redacted_and_unknown_ones_are_listed(
    amlpriv: Amlpriv, project: Path, local_environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMLPRIV_HOME", local_environ["AMLPRIV_HOME"])
    code = ASK.replace("/nothing", "/unheard-of?sig=secretsignature&a=b")
    assert amlpriv(*EXEC, "--no-config", "--", sys.executable, "-c", f"{code}\n{code}").code == 0
    last = amlpriv(*LOG, "--json", "-n", "1").json["requests"]
    assert [(line["path"], line["query"], line["status"]) for line in last] == [("/unheard-of", "sig=***&a=b", 404)]
    shown = amlpriv(*LOG, "--all", "--service", "control_plane")
    assert shown.out.count("404  control_plane  GET     /unheard-of?sig=***&a=b") >= 2
    assert "secretsignature" not in shown.out

    assert amlpriv(*STATUS, "--json").json["unknown"].count("GET /unheard-of") == 1
    assert "  unknown     GET /unheard-of\n" in amlpriv(*STATUS).out


@pytest.mark.local
@pytest.mark.skipif(os.name != "posix", reason="ends with a signal")
def test_the_log_can_be_followed(local_environ: dict[str, str], run: Callable[..., Ended]) -> None:
    command = [sys.executable, "-m", "amlpriv", *LOG, "--follow", "--json", "--service", "control_plane"]
    with subprocess.Popen(command, env=local_environ, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout
        deadline = time.monotonic() + 20
        lines: list[str] = []
        marker = f"/followed-{time.time_ns()}"
        while marker not in "".join(lines) and time.monotonic() < deadline:
            run(*EXEC, "--no-config", "--", sys.executable, "-c", ASK.replace("/nothing", marker))
            lines.append(following.stdout.readline())
        following.send_signal(signal.SIGINT)
        following.communicate(timeout=10)
    assert json.loads(lines[-1])["service"] == "control_plane"
    assert following.returncode == 130


@pytest.mark.local
@pytest.mark.skipif(os.name != "posix", reason="ends with a signal")
def test_a_crash_is_said_by_status(amlpriv: Amlpriv, project: Path) -> None:
    home = Home.find(os.environ)
    with LocalSession(home, say=lambda _: None):
        state = status(home)
        assert state is not None
        os.kill(state.pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while status(home) is not None and time.monotonic() < deadline:
            time.sleep(0.02)
        ended = amlpriv(*STATUS)
        assert ended.code == 20
        assert f"ended without being stopped: its supervisor (process {state.pid}) is gone." in ended.err
        assert str(home.supervisor_log) in ended.err
        assert "is gone" in amlpriv(*STATUS, "--json").json["problem"]
