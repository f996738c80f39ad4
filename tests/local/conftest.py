"""A home of its own for each test, and one running workspace that the tests which change nothing share."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from amlpriv.local.certificates import Certificates, ensure_certificates, write_bundle
from amlpriv.local.home import Home
from amlpriv.local.lifecycle import start, stop
from amlpriv.local.state import State

PROXY_VARIABLES = ("https_proxy", "http_proxy", "all_proxy", "no_proxy")


def _environ() -> dict[str, str]:
    skipped = {*PROXY_VARIABLES, *(name.upper() for name in PROXY_VARIABLES), "AMLPRIV_HOME"}
    return {name: value for name, value in os.environ.items() if name not in skipped}


@pytest.fixture
def environ() -> dict[str, str]:
    """The environment without proxies: a copy that a test may change."""
    return _environ()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A home that nobody else uses; its workspace is stopped afterwards. The cache is the user's."""
    home = Home(root=tmp_path / "home", cache=Home.find(os.environ).cache)
    yield home
    stop(home)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    """A running workspace, shared by all tests that leave it running."""
    home = Home(root=tmp_path_factory.mktemp("running") / "home", cache=Home.find(os.environ).cache)
    yield start(home, say=_ignore, lifeline=True, environ=_environ())
    stop(home)


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    """Fresh certificates, and the bundle ``ca-bundle.pem`` beside them."""
    home = Home(root=tmp_path / "certified", cache=tmp_path)
    home.prepare()
    made = ensure_certificates(home, datetime.now(timezone.utc))
    write_bundle(home, {})
    return made


@pytest.fixture
def server_context(certificates: Certificates) -> ssl.SSLContext:
    """A TLS server's context with our certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    return context


@pytest.fixture
def eventually() -> Callable[[Callable[[], object], float], bool]:
    """``eventually(condition, seconds)``: whether the condition becomes true within that time."""

    def wait(condition: Callable[[], object], seconds: float = 10) -> bool:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    return wait


@pytest.fixture
def is_alive() -> Callable[[int], bool]:
    """Whether a process runs; one that is dead and only waits for its parent does not."""

    def ask(pid: int) -> bool:
        stat = Path(f"/proc/{pid}/stat")
        if stat.parent.parent.joinpath("self").exists():
            try:
                return stat.read_text().rpartition(")")[2].split()[0] != "Z"
            except (FileNotFoundError, ProcessLookupError):
                return False
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True

    return ask


def _ignore(_line: str) -> None:
    """What is said while starting is not looked at."""
