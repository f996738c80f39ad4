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

from amlpriv.pip_errors import explain
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
