"""The inference server as a process: on loopback, known to the control plane while it runs, gone afterwards."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from amlpriv.errors import JobError, LockedError, UnsupportedError, UsageError
from amlpriv.local.plane.serving_files import Served, served, serving_files
from amlpriv.local.serving import Prepared, Running, check_port, held, serve
from amlpriv.secret import Secret

# What of azureml-inference-server-http is used: its entry point, its default address, its routes.
FAKE = """
import http.server, os, runpy, sys

DEFAULT_HOST = "0.0.0.0"

def run():
    options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
    print("script", sys.argv[0], options["--entry_script"], "token", os.environ.get("TOKEN"), flush=True)
    script = runpy.run_path(options["--entry_script"])

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(DEFAULT_HOST.encode())

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(script["run"](body))

        def log_message(self, *args): ...

    http.server.ThreadingHTTPServer((DEFAULT_HOST, int(options["--port"])), Handler).serve_forever()
"""


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Prepared]:
    """A deployment whose environment is this Python, with a server like Azure ML's."""
    package = tmp_path / "packages" / "azureml_inference_server_http"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "amlserver.py").write_text(FAKE, encoding="utf-8")

    def prepared(deployment: str = "blue", script: str = "def run(body): return body + b'!'") -> Prepared:
        folder = tmp_path / deployment
        folder.mkdir()
        (folder / "score.py").write_text(textwrap.dedent(script), encoding="utf-8")
        return Prepared(
            endpoint="churn",
            deployment=deployment,
            python=Path(sys.executable),
            script=folder / "score.py",
            folder=folder,
            environment={**os.environ, "PYTHONPATH": str(package.parent), "TOKEN": "canary-token"},
            scoring_url="https://churn.westeurope.inference.ml.azure.com/score",
            secrets=(Secret("canary-token"),),
            version="v7",
        )

    return prepared


class Session:
    """Serves until somebody has seen enough."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lines: list[str] = []

    def run(self, *prepared: Prepared, look: Callable[[list[Running]], object], port: int = 0) -> Any:
        """What ``look`` makes of the running servers."""
        seen: list[Any] = []
        with ExitStack() as stack:
            files = [stack.enter_context(held(self.root, one.endpoint, one.deployment)) for one in prepared]
            serve(
                [(one, file, port) for one, file in zip(prepared, files, strict=True)],
                on_ready=lambda running: seen.append(look(running)),
                on_line=lambda one, line: self.lines.append(f"{one.deployment}: {line}"),
                cancelled=lambda: bool(seen),
            )
        return seen[0]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path / "home")


def ask(url: str, body: bytes | None = None) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, data=body, timeout=5) as answer:
        content: bytes = answer.read()
        return content


def is_free(port: int) -> bool:
    try:
        check_port(port)
    except UsageError:
        return False
    return True


def test_a_server_answers_on_loopback_and_is_known_while_it_does(
    make: Callable[..., Prepared], session: Session
) -> None:
    def look(running: list[Running]) -> tuple[bytes, bytes, bool, int]:
        (one,) = running
        known = served(session.root, "churn", "blue") == Served(one.port, "v7")
        return ask(one.url, b"x"), ask(one.url.removesuffix("score")), known, one.port

    answer, address, known, port = session.run(make(), look=look)
    assert (answer, address, known) == (b"x!", b"127.0.0.1", True)
    assert served(session.root, "churn", "blue") is None
    assert not serving_files(session.root, "churn", "blue").registration.exists()
    assert is_free(port)


def test_it_listens_on_the_port_that_was_asked_for(make: Callable[..., Prepared], session: Session) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert session.run(make(), look=lambda running: running[0].port, port=port) == port


def test_what_it_prints_is_kept_without_secrets(make: Callable[..., Prepared], session: Session) -> None:
    session.run(make(), look=lambda _: None)
    log = serving_files(session.root, "churn", "blue").log.read_text(encoding="utf-8")
    assert log.startswith("script azmlinfsrv ")
    assert [line.removeprefix("blue: ") for line in session.lines] == log.splitlines()
    assert "canary-token" not in log


def test_several_are_served_at_once(make: Callable[..., Prepared], session: Session) -> None:
    green = make("green", "def run(body): return b'green'")
    answers = session.run(make(), green, look=lambda running: sorted(ask(one.url, b"x") for one in running))
    assert answers == [b"green", b"x!"]


def test_a_script_that_fails_ends_it_with_its_words(
    make: Callable[..., Prepared], session: Session, tmp_path: Path
) -> None:
    with pytest.raises(JobError, match=r"churn/blue ended with exit code 1") as caught:
        session.run(make(script="raise ValueError('no such model')"), look=lambda _: None)
    hint = (caught.value.hint or "").splitlines()
    assert hint[0].startswith(f'  File "{tmp_path / "blue" / "score.py"}", line 1')
    assert hint[-2] == "ValueError: no such model"
    assert hint[-1] == f"All that it printed: {serving_files(session.root, 'churn', 'blue').log}"
    assert served(session.root, "churn", "blue") is None


def test_one_that_fails_takes_the_others_along(make: Callable[..., Prepared], session: Session) -> None:
    ports: list[int] = []
    green = make("green", "import time; time.sleep(0.5); raise SystemExit(3)")
    with pytest.raises(JobError, match="churn/green ended with exit code 3"):
        session.run(make(), green, look=lambda running: ports.extend(one.port for one in running))
    assert ports == []


def test_a_deployment_is_served_once(tmp_path: Path) -> None:
    with ExitStack() as stack:
        stack.enter_context(held(tmp_path, "churn", "blue"))
        stack.enter_context(held(tmp_path, "churn", "green"))
        with pytest.raises(LockedError, match="churn/BLUE is being served by another process"):
            stack.enter_context(held(tmp_path, "churn", "BLUE"))
    with held(tmp_path, "churn", "blue"):
        pass


def test_what_a_killed_process_left_is_taken_away(tmp_path: Path) -> None:
    files = serving_files(tmp_path, "churn", "blue")
    files.registration.parent.mkdir(parents=True)
    files.registration.write_text(json.dumps({"pid": 1, "port": 1}), encoding="utf-8")
    with held(tmp_path, "churn", "blue"):
        assert not files.registration.exists()


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match=r"Port \d+ cannot be used"):
            check_port(taken.getsockname()[1])


def test_an_environment_without_the_server_is_named(make: Callable[..., Prepared], tmp_path: Path) -> None:
    prepared = make()
    folder = tmp_path / "environment" / "bin"
    folder.mkdir(parents=True)
    empty = Prepared(**{**_fields(prepared), "python": folder / "python"})
    with pytest.raises(UnsupportedError, match="environment of churn/blue has no inference server") as caught:
        empty.check_server()
    assert "Add azureml-inference-server-http to the pip section" in (caught.value.hint or "")
    script = folder / ("azmlinfsrv.exe" if os.name == "nt" else "azmlinfsrv")
    script.touch(mode=0o755)
    empty.check_server()


def _fields(prepared: Prepared) -> dict[str, Any]:
    return {name: getattr(prepared, name) for name in Prepared.__slots__}


def test_secrets_are_not_in_its_words(make: Callable[..., Prepared]) -> None:
    assert "canary" not in repr(make())


HOST = """
import sys
from pathlib import Path
from amlpriv.local.serving import Prepared, held, serve
import os

root, packages, folder = map(Path, sys.argv[1:])
prepared = Prepared("churn", "blue", Path(sys.executable), folder / "score.py", folder,
                    {**os.environ, "PYTHONPATH": str(packages)}, "https://churn.test/score")
with held(root, "churn", "blue") as files:
    serve([(prepared, files, 0)], on_ready=lambda running: print(running[0].port, flush=True), on_line=lambda *_: None)
"""


@pytest.mark.skipif(os.name != "posix", reason="there is no guard on Windows")
def test_a_killed_command_leaves_no_server(make: Callable[..., Prepared], tmp_path: Path) -> None:
    prepared, root = make(), tmp_path / "home"
    command = [sys.executable, "-c", HOST, str(root), str(tmp_path / "packages"), str(prepared.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        assert served(root, "churn", "blue") == Served(port, "")
        process.send_signal(signal.SIGKILL)
    assert served(root, "churn", "blue") is None
    deadline = time.monotonic() + 10
    while not is_free(port):
        assert time.monotonic() < deadline
        time.sleep(0.05)
