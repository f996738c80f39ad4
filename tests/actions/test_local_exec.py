"""Unmodified programs under `local exec`."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from amlpriv.actions.local import local_start, local_stop
from amlpriv.actions.local_env import local_env
from amlpriv.actions.local_exec import Executed, local_exec, parse_name
from amlpriv.errors import JobError, LocalWorkspaceError, UsageError
from amlpriv.local.home import Home
from amlpriv.remote import WorkspaceName

PROD = WorkspaceName("1234abcd-0000-4000-8000-00000000beef", "Prod.RG", "prod-ws")

SCRIPT = """
import json, sys, warnings
warnings.simplefilter("ignore")
from azure.ai.ml import MLClient
from azure.ai.ml.entities import Environment
from azure.identity import DefaultAzureCredential

first = MLClient.from_config(DefaultAzureCredential())
made = first.environments.create_or_update(Environment(name="exec", image="ubuntu"))
second = MLClient(DefaultAzureCredential(), *sys.argv[2:5])
found = second.environments.get("exec", made.version)
stores = [store.name for store in second.datastores.list()]
whole = second.workspaces.get(sys.argv[4])
with open(sys.argv[1], "w") as stream:
    json.dump([made.id, found.id, stores, whole.id, whole.name], stream)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


def run(code: str, folder: Path, environ: dict[str, str], **options: Any) -> tuple[Executed, Any]:
    """Run Python code that has a ``result``; the result."""
    out = folder.parent / "result.json"
    whole = f"{code}\nimport json; json.dump(result, open({str(out)!r}, 'w'))"
    done = local_exec([sys.executable, "-c", whole], environ=environ, folder=folder, **options)
    return done, json.loads(out.read_text()) if out.exists() else None


@pytest.mark.local
def test_the_sdk_works_unmodified_by_config_and_by_hard_coded_names(
    folder: Path, local_environ: dict[str, str]
) -> None:
    (folder / "script.py").write_text(SCRIPT)
    out = folder.parent / "out.json"
    hostile = {
        "AZUREML_CURRENT_CLOUD": "Nowhere",
        "AZURE_AUTHORITY_HOST": "https://login.nowhere.example",
        "AZURE_TOKEN_CREDENTIALS": "AzureCliCredential",
        "ARM_CLOUD_METADATA_URL": "https://nowhere.example/metadata",
        "NO_PROXY": "*",
    }
    command = [sys.executable, "script.py", str(out), PROD.subscription, PROD.resource_group, PROD.name]
    done = local_exec(command, environ={**local_environ, **hostile}, folder=folder, names=[PROD])
    assert done.exit_code == 0
    made, found, stores, whole, name = json.loads(out.read_text())
    assert made.startswith("/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/amlpriv/")
    assert found == made.replace(made.partition("/environments/")[0], PROD.arm_id)
    assert "workspaceblobstore" in stores
    assert (whole, name) == (PROD.arm_id, "prod-ws")
    assert done.as_json() == {
        "exit_code": 0,
        "config": str(folder / "config.json"),
        "stands_for": [PROD.arm_id],
        "isolated": False,
        "refused": [],
    }
    assert [path.name for path in folder.iterdir()] == ["script.py"]


@pytest.mark.local
def test_curl_and_node_reach_the_control_plane(folder: Path, local_environ: dict[str, str]) -> None:
    url = "https://management.azure.com/subscriptions/x"
    if shutil.which("curl"):
        out = folder.parent / "curl"
        command = ["curl", "-sS", "-o", str(out), url]
        assert local_exec(command, environ=local_environ, folder=folder).exit_code == 0
        assert "AuthenticationFailed" in out.read_text()
    code = "import os\nresult = {k: os.environ.get(k) for k in ('NODE_EXTRA_CA_CERTS', 'NODE_USE_ENV_PROXY')}"
    _, found = run(code, folder, local_environ)
    assert found["NODE_USE_ENV_PROXY"] == "1"
    assert Path(found["NODE_EXTRA_CA_CERTS"]).is_file()


@pytest.mark.local
def test_the_exit_code_is_the_programs(folder: Path, local_environ: dict[str, str]) -> None:
    done, _ = run("raise SystemExit(7)", folder, local_environ)
    assert done.exit_code == 7


@pytest.mark.local
def test_the_program_finds_the_config_in_its_folder(folder: Path, local_environ: dict[str, str]) -> None:
    code = "import os\nresult = [os.getcwd(), os.path.exists('config.json')]"
    assert run(code, folder, local_environ)[1] == [str(folder), True]
    done, (_, there) = run(code, folder, local_environ, config=False)
    assert (done.config, there) == (None, False)


@pytest.mark.local
def test_a_program_that_is_missing_is_a_job_error_and_leaves_nothing(
    folder: Path, local_environ: dict[str, str]
) -> None:
    with pytest.raises(JobError, match="no-such-program was not found"):
        local_exec(["no-such-program"], environ=local_environ, folder=folder)
    assert list(folder.iterdir()) == []


@pytest.mark.local
@pytest.mark.skipif(os.name != "posix", reason="Windows goes by a file's suffix")
def test_what_cannot_be_started_is_told_as_it_is(
    folder: Path, local_environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    for name in ("plain.sh", "loose.py", "bare.sh"):
        (folder / name).write_text("echo hi\n")
    (folder / "bare.sh").chmod(0o755)
    (folder / "sub").mkdir()
    for name, expected, hint in (
        ("", "first word is empty", "--"),
        ("./sub", "is a folder", "program"),
        (str(folder), "is a folder", "program"),
        ("./plain.sh", "may not be executed", "exec -- sh ./plain.sh"),
        ("./loose.py", "may not be executed", "exec -- python ./loose.py"),
        ("plain.sh", "is not on PATH", "Write ./plain.sh"),
        ("./bare.sh", "no first line with #!", "exec -- sh ./bare.sh"),
    ):
        with pytest.raises(JobError, match=expected) as caught:
            local_exec([name], environ=local_environ, config=False)
        assert hint in str(caught.value.hint)
        assert caught.value.exit_code == 5


@pytest.mark.local
def test_plain_http_goes_where_it_always_does(folder: Path, local_environ: dict[str, str]) -> None:
    """Only https leads to the local workspace: Azure has nothing else. Isolated clients reach nothing by http either
    (see test_pip_installs_a_public_package_but_not_when_isolated)."""
    code = "import os\nresult = {name: os.environ.get(name) for name in ('http_proxy', 'HTTP_PROXY')}"
    given = {"http_proxy": "http://proxy.example:1", "HTTP_PROXY": "http://proxy.example:1"}
    assert run(code, folder, {**local_environ, **given})[1] == given
    assert run(code, folder, local_environ)[1] == {"http_proxy": None, "HTTP_PROXY": None}


def test_a_command_is_needed(environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="no command to run"):
        local_exec([], environ=environ)
    assert not Path(environ["AMLPRIV_HOME"]).exists()


def test_nothing_is_started_without_leave(environ: dict[str, str]) -> None:
    with pytest.raises(LocalWorkspaceError, match="not running"):
        local_exec(["true"], environ=environ, start=False)


@pytest.mark.parametrize("text", [f"{PROD.subscription}/Prod.RG/prod-ws", PROD.arm_id, f"{PROD.arm_id}/"])
def test_a_workspace_is_named_by_three_names_or_by_its_id(text: str) -> None:
    assert parse_name(text) == PROD


@pytest.mark.parametrize("text", ["", "a", "a/b", "a//c", "a/b/c/d", "/subscriptions/a/resourceGroups/b"])
def test_anything_else_names_no_workspace(text: str) -> None:
    with pytest.raises(UsageError, match="names no workspace"):
        parse_name(text)


class CorporateProxy:
    """A CONNECT proxy that wants a password, as companies have them; every connection is noted."""

    def __init__(self, user: str, password: str) -> None:
        self.asked: list[str] = []
        self._wanted = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(1)
            line, *fields = head.decode().split("\r\n")
            if f"Proxy-Authorization: Basic {self._wanted}" not in fields:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                return
            target = line.split()[1]
            self.asked.append(target)
            host, _, port = target.rpartition(":")
            with _connected(client, host, int(port)) as server:
                if server is None:
                    return
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=_copy, args=(server, client), daemon=True)
                back.start()
                _copy(client, server)
                back.join()


@contextmanager
def _connected(client: socket.socket, host: str, port: int) -> Iterator[socket.socket | None]:
    try:
        server = socket.create_connection((host, port), timeout=20)
    except OSError:
        client.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
        yield None
        return
    with server:
        yield server


def _copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


@pytest.fixture
def corporate() -> Iterator[CorporateProxy]:
    made = CorporateProxy("corp user", "p@ss:word")
    yield made
    made.close()


@pytest.fixture(scope="module")
def index() -> dict[str, str]:
    """Settings with which pip asks the user's own index and nothing else: no folders of this machine."""
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return {"PIP_CONFIG_FILE": os.devnull, **({"PIP_INDEX_URL": told} if told else {})}


def install(target: Path) -> list[str]:
    options = ["-q", "--no-deps", "--no-cache-dir", "--retries", "0", "--disable-pip-version-check"]
    return [sys.executable, "-m", "pip", "install", *options, "--target", str(target), "six"]


@pytest.mark.local
@pytest.mark.slow
def test_pip_installs_a_public_package_but_not_when_isolated(
    folder: Path, local_environ: dict[str, str], index: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    environ = {**local_environ, **index}
    said: list[str] = []
    options: dict[str, Any] = {"environ": environ, "folder": folder, "config": False, "say": said.append}
    assert local_exec(install(folder / "open"), **options).exit_code == 0
    assert (folder / "open" / "six.py").is_file()

    capfd.readouterr()
    command = [word for word in install(folder / "closed") if word not in ("-q", "--retries", "0")]
    done = local_exec([*command, "--retries", "1"], isolated=True, **options)
    assert done.exit_code != 0
    assert not (folder / "closed" / "six.py").exists()
    assert "amlpriv --isolated: no connection to" in "".join(capfd.readouterr())
    assert "only the local workspace can be reached" in said[-1]
    assert len(done.refused) == 1

    result = "import urllib.request\nresult = urllib.request.getproxies()['http']"
    assert run(result, folder, environ, isolated=True)[1].startswith("http://127.0.0.1:")


ASK = """
import os, socket, urllib.parse
proxy = urllib.parse.urlsplit(os.environ["https_proxy"])
with socket.create_connection((proxy.hostname, proxy.port), timeout=10) as sock:
    sock.sendall(b"CONNECT files.invalid:443 HTTP/1.1\\r\\n\\r\\n")
    result = sock.recv(4096).decode().partition("\\r\\n")[0]
"""


@pytest.mark.local
def test_the_users_proxy_is_the_one_of_the_last_shell_and_outlives_a_stop(
    folder: Path, environ: dict[str, str], corporate: CorporateProxy
) -> None:
    def ask(surroundings: dict[str, str], **options: Any) -> str:
        return str(run(ASK, folder, surroundings, config=False, say=said.append, **options)[1])

    url = f"http://corp%20user:p%40ss%3Aword@127.0.0.1:{corporate.port}"
    behind = {**environ, "HTTPS_PROXY": url, "https_proxy": url}
    socks = {**environ, "https_proxy": "socks5://corp:p%40ss@127.0.0.1:9"}
    said: list[str] = []
    home = Home.find(environ)
    try:
        local_start(environ=environ)
        assert "cannot reach files.invalid:443" in ask(environ)  # directly
        assert said == []

        assert "your own proxy" in ask(behind, start=False)  # it cannot reach that name either
        assert corporate.asked == ["files.invalid:443"]
        assert [line for line in said if "through your own proxy 127.0.0.1" in line] == said[:1]

        inside = local_env(environ=behind)
        led = {name: value for name, value in behind.items() if name not in inside.unset} | dict(inside.set)
        local_stop(environ=led)
        said.clear()
        assert "your own proxy" in ask(led)  # started again, from a shell that knows our proxy only
        assert corporate.asked == ["files.invalid:443"] * 2
        assert not any("proxy" in line for line in said)

        assert "socks5" in ask(socks)
        assert said[1:] == ["Only the local workspace and this machine can be reached: " + SOCKS]
        assert "socks5" in ask(led)  # as it was told
        assert "cannot reach files.invalid:443" in ask(environ)
        assert said[-1].startswith("Other hosts are reached directly.")
        arguments = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
        assert home.upstream.stat().st_mode & 0o077 == 0 or os.name != "posix"
    finally:
        local_stop(environ=environ)
    for text in (*said, arguments, *(path.read_text() for path in home.logs.iterdir())):
        assert "ss:word" not in text
        assert "p%40ss" not in text


SOCKS = "your HTTPS_PROXY is a socks5:// one, and only http:// ones can be passed through."


@pytest.mark.local
@pytest.mark.slow
def test_pip_and_the_workspace_work_behind_a_corporate_proxy(
    folder: Path, environ: dict[str, str], index: dict[str, str], corporate: CorporateProxy
) -> None:
    """Foreign hosts go through the user's own proxy with its password; Azure's never do."""
    url = f"http://corp%20user:p%40ss%3Aword@127.0.0.1:{corporate.port}"
    environ |= {**index, "HTTPS_PROXY": url, "https_proxy": url}
    try:
        local_start(environ=environ)
        done = local_exec(install(folder / "six"), environ=environ, folder=folder, config=False)
        assert done.exit_code == 0
        assert (folder / "six" / "six.py").is_file()
        assert corporate.asked
        code = (
            "import os, urllib.request, urllib.error\n"
            "try: urllib.request.urlopen('https://management.azure.com/')\n"
            "except urllib.error.HTTPError as error: result = [error.code, str(dict(os.environ))]"
        )
        _, (status, seen) = run(code, folder, environ, config=False)
    finally:
        local_stop(environ=environ)
    assert status == 404
    assert "word" not in seen.replace("CORPORATE", "").replace("password", "")
    assert not [target for target in corporate.asked if "azure.com" in target]
