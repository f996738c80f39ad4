"""The failures of a real pip are recognised."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from amlpriv.connections.kinds import StoredConnection
from amlpriv.connections.rewriting import Access, KnownConnection, index_access, repository_access
from amlpriv.connections.uses import Use
from amlpriv.pip_errors import explain
from amlpriv.secret import Secret
from tests.wheelhouse import build_wheel


class Refusing(BaseHTTPRequestHandler):
    """Answers with the status that stands first in the path."""

    def do_GET(self) -> None:
        self.send_response(int(self.path.split("/")[1]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def refusing() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = Thread(target=partial(server.serve_forever, 0.05))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def pip(*arguments: str) -> str:
    """What pip says when it fails."""
    scrubbed = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    settings = {"PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0", "PIP_NO_INPUT": "1", "PIP_NO_CACHE_DIR": "1"}
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", *arguments]
    done = subprocess.run(command, env={**scrubbed, **settings}, capture_output=True, text=True, check=False)
    assert done.returncode != 0, done.stdout
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("status", "kind"), [("403", "sas"), ("404", "missing"), ("401", "credentials")], ids=["403", "404", "401"]
)
def test_the_storages_answers(refusing: str, status: str, kind: str) -> None:
    assert explain(pip(f"{refusing}/{status}/contoso-1.0-py3-none-any.whl")).kind == kind


def test_a_changed_file(tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path)
    assert explain(pip("--no-index", f"{wheel.as_uri()}#sha256={'0' * 64}")).kind == "changed"


@pytest.mark.parametrize("tag", ["cp27-cp27m-win32", "py3-none-macosx_10_9_ppc"])
def test_a_wheel_for_something_else(tmp_path: Path, tag: str) -> None:
    assert explain(pip("--no-index", str(build_wheel(tmp_path, tag=tag)))).kind == "tags"


def test_a_wheel_for_another_python(tmp_path: Path) -> None:
    assert explain(pip("--no-index", str(build_wheel(tmp_path, requires_python=">=4")))).kind == "python"


def test_a_name_that_nobody_has(tmp_path: Path) -> None:
    assert explain(pip("--no-index", "--find-links", str(tmp_path), "contoso-features")).kind == "unknown-version"


def test_a_version_that_nobody_has(tmp_path: Path) -> None:
    build_wheel(tmp_path)
    said = pip("--no-index", "--find-links", str(tmp_path), "contoso-features==9")
    assert explain(said).kind == "unknown-version"


@pytest.mark.parametrize("where", ["http://127.0.0.1:9/w-1-py3-none-any.whl", "--index-url=http://127.0.0.1:9/simple"])
def test_no_answer(where: str) -> None:
    name = ["contoso-features"] if where.startswith("-") else []
    assert explain(pip(where, *name, "--retries=1")).kind == "network"


def test_a_line_that_is_no_requirement() -> None:
    assert explain(pip("--no-index", "contoso features==")).kind == "requirement"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("OSError: [Errno 28] No space left on device", "full"),
        ("error    libmamba Could not solve for environment specs", "conda"),
        ("PackagesNotFoundError: The following packages are not available from current channels", "conda"),
        ("ERROR: ResolutionImpossible: for help visit", "conflict"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "tls"),
        ("ERROR: Failed building wheel for lightgbm", "sdist"),
        ("something new", "unknown"),
        ("", "unknown"),
    ],
)
def test_texts_of_other_tools(text: str, kind: str) -> None:
    assert explain(text).kind == kind


def access(url: str, *connections: KnownConnection) -> Access:
    return index_access(url, connections, Use.JOB)


def test_a_missing_package_points_at_the_connections_of_the_indexes() -> None:
    feed = KnownConnection(StoredConnection("feed", "PythonFeed", "https://a.example", "PAT"), Secret("token-token"))
    said = "ERROR: No matching distribution found for contoso-features"
    found = explain(said, [access("https://a.example/simple", feed), access("https://b.example/simple", feed)])
    assert found.kind == "unknown-version"
    assert (
        "index https://a.example/simple: connection feed (it matches). 'amlpriv connect test feed' tells" in found.step
    )
    assert "index https://b.example/simple: no connection. " in found.step
    assert explain(said).step == explain(said, [repository_access("git+https://a.example/b", [], Use.JOB)]).step


def test_a_refusal_is_of_the_server_that_is_named() -> None:
    accesses = [access("https://a.example/simple"), access("https://b.example/simple")]
    said = "WARNING: 401 Error, Credentials not correct for https://b.example/simple/acme/"
    found = explain(said, accesses)
    assert "from the workspace's connections" in found.step
    assert "b.example" in found.step
    assert "a.example" not in found.step
    refused = "ERROR: HTTP error 403 while getting https://a.example/files/acme-1.whl"
    assert "reader of the feed" in explain(refused, accesses).step
    assert explain(refused).kind == explain(f"{refused}?sv=1&sig=***", accesses).kind == "sas"


@pytest.mark.parametrize(
    "said",
    [
        "fatal: could not read Username for 'https://git.example': terminal prompts disabled",
        "fatal: Authentication failed for 'https://git.example/a/b.git/'",
        "fatal: unable to access 'https://git.example/a/b.git/': The requested URL returned error: 403",
        "remote: Repository not found.",
        "fatal: repository 'https://git.example/a/b.git/' not found",
    ],
)
def test_what_git_says(said: str) -> None:
    found = explain(said, [repository_access("git+https://git.example/a/b.git", [], Use.JOB)])
    assert found.kind == "repository"
    assert "repository https://git.example/a/b.git: no connection." in found.step
