"""What `local env` prints, as the shells understand it."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import dotenv
import pytest

from amlpriv.actions.local import local_status
from amlpriv.actions.local_env import SHELLS, LocalEnv, forget_names, guess_shell, local_env
from amlpriv.errors import LocalWorkspaceError, UsageError
from amlpriv.local.asking import ask
from amlpriv.local.home import Home
from amlpriv.local.lifecycle import status
from amlpriv.local.plane.names import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE
from amlpriv.remote import WorkspaceName

NASTY = {
    "A": "plain",
    "B": "two words",
    "C": 'it\'s "quoted"',
    "D": "$HOME `id` $(id) !x",
    "E": "back\\slash\\",
    "F": "100%PATH%",
    "G": "\u2018typographic\u2019",
    "H": "",
    "I": "a;b&c|d>e",
}
SHOW = "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if len(k) == 1 or k == 'GONE'}))"


@pytest.mark.parametrize(
    ("shell", "flags"),
    [("bash", ["-c"]), ("sh", ["-c"]), ("dash", ["-c"]), ("zsh", ["-c"]), ("fish", ["-c"]), ("pwsh", ["-Command"])],
)
def test_a_shell_takes_every_value_over_as_it_is(shell: str, flags: list[str], tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    form = {"fish": "fish", "pwsh": "powershell"}.get(shell, "bash")
    script = LocalEnv(NASTY, ("GONE",)).text(form) + f"{sys.executable} show.py\n"
    (tmp_path / "show.py").write_text(SHOW)
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "GONE": "no"}
    done = subprocess.run(
        [program, *flags, script], capture_output=True, text=True, env=environ, cwd=tmp_path, check=True
    )
    assert {name: value for name, value in json.loads(done.stdout).items() if name != "_"} == NASTY


def test_dotenv_reads_every_value_as_it_is() -> None:
    text = LocalEnv(NASTY, ("GONE",)).text("dotenv")
    assert dotenv.dotenv_values(stream=io.StringIO(text), interpolate=False) == NASTY
    assert "# without GONE\n" in text


@pytest.mark.parametrize(
    ("shell", "lines"),
    [
        ("bash", ["unset GONE", "export A='it'\"'\"'s $x'"]),
        ("fish", ["set -e GONE", "set -gx A 'it\\'s $x'"]),
        ("powershell", ["Remove-Item Env:GONE -ErrorAction SilentlyContinue", "$env:A = 'it''s $x'"]),
        ("cmd", ['set "GONE="', 'set "A=it\'s $x"']),
        ("dotenv", ["# without GONE", "A='it\\'s $x'"]),
    ],
)
def test_each_shell_has_its_own_words(shell: str, lines: list[str]) -> None:
    assert LocalEnv({"A": "it's $x"}, ("GONE",)).text(shell).splitlines() == lines


def test_percent_signs_are_doubled_for_a_batch_file() -> None:
    assert LocalEnv({"A": "100%PATH%"}, ()).text("cmd") == 'set "A=100%%PATH%%"\n'


def test_a_shell_that_nobody_knows_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="'tcl' is not known") as caught:
        LocalEnv({}, ()).text("tcl")
    assert ", ".join(SHELLS) in str(caught.value)


@pytest.mark.parametrize(
    ("shell", "platform", "expected"),
    [
        ("/bin/bash", "linux", "bash"),
        ("/bin/zsh", "darwin", "bash"),
        ("/usr/bin/fish", "linux", "fish"),
        ("/usr/bin/pwsh", "linux", "powershell"),
        ("", "linux", "bash"),
        ("", "win32", "powershell"),
        ("C:\\Program Files\\Git\\usr\\bin\\bash.exe", "win32", "bash"),
    ],
)
def test_the_shell_is_guessed(shell: str, platform: str, expected: str) -> None:
    assert guess_shell({"SHELL": shell} if shell else {}, platform) == expected


def test_without_a_workspace_and_without_leave_to_start_one(environ: dict[str, str]) -> None:
    with pytest.raises(LocalWorkspaceError, match="not running"):
        local_env(start=False, environ=environ)


@pytest.mark.local
def test_it_is_what_exec_sets(local_environ: dict[str, str]) -> None:
    found = local_env(start=False, environ=local_environ)
    assert found.set["AZURE_CLIENT_SECRET"] == "local"
    assert "AZUREML_CURRENT_CLOUD" in found.unset
    isolated = local_env(start=False, environ=local_environ, isolated=True)
    assert isolated.set["HTTPS_PROXY"] != found.set["HTTPS_PROXY"]


@pytest.mark.local
def test_real_names_mean_the_local_workspace_from_then_on(local_environ: dict[str, str], tmp_path: Path) -> None:
    prod = {"subscription_id": "env", "resource_group": "group", "workspace_name": "prod"}
    (tmp_path / "config.json").write_text(json.dumps(prod))
    said: list[str] = []
    for _ in range(2):
        local_env(
            config=True, names=[WorkspaceName("a", "b", "c")], environ=local_environ, folder=tmp_path, say=said.append
        )
    state = status(Home.find(local_environ))
    assert state is not None
    known = [names for names in ask(state, "GET", "aliases").values() if names]
    assert known.count([prod]) == 1
    assert said[-1] == "The workspace prod (resource group group) is the local one for programs with these variables."
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


@pytest.mark.local
def test_names_are_shown_by_the_status_until_they_are_dropped(local_environ: dict[str, str], tmp_path: Path) -> None:
    name = WorkspaceName("shown", "group", "prod")
    local_env(names=[name], environ=local_environ, folder=tmp_path)
    found = local_status(environ=local_environ)
    assert name.arm_id in found.stands_for
    assert f"  stands for  {name.arm_id}" in str(found).splitlines()
    assert name.arm_id in found.as_json()["stands_for"]  # type: ignore[operator]
    assert name in forget_names(environ=local_environ)
    assert name.arm_id not in local_status(environ=local_environ).stands_for
    assert name not in forget_names(environ=local_environ)


def test_where_nothing_runs_no_name_is_in_force(environ: dict[str, str]) -> None:
    assert forget_names(environ=environ) == ()


@pytest.mark.local
def test_a_missing_config_is_said(local_environ: dict[str, str], tmp_path: Path) -> None:
    """MLClient.from_config() will fail; nothing is written, since nobody would take it away."""
    said: list[str] = []
    local_env(config=True, environ=local_environ, folder=tmp_path, say=said.append)
    assert "No config.json here or above" in said[-1]
    assert "amlpriv local exec" in said[-1]
    assert f"{SUBSCRIPTION}, {RESOURCE_GROUP}, {WORKSPACE} " in said[-1]
    said.clear()
    local_env(config=False, environ=local_environ, folder=tmp_path, say=said.append)
    (tmp_path / "config.json").write_text(
        json.dumps({"subscription_id": SUBSCRIPTION, "resource_group": RESOURCE_GROUP, "workspace_name": WORKSPACE})
    )
    local_env(config=True, environ=local_environ, folder=tmp_path, say=said.append)
    assert said == []


@pytest.mark.local
@pytest.mark.parametrize("url", ["socks5://corp:1080", "https://user:secret@corp:1"])
def test_a_proxy_that_cannot_be_passed_through_is_said_at_once(local_environ: dict[str, str], url: str) -> None:
    said: list[str] = []
    try:
        local_env(environ={**local_environ, "HTTPS_PROXY": url, "https_proxy": url}, say=said.append)
    finally:
        local_env(environ=local_environ)  # the workspace is shared, and its way to other hosts with it
    assert "only http:// ones can be passed through" in said[0]
    assert "secret" not in said[0]
