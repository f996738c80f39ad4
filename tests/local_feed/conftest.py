"""A feed on a port, an index that is its upstream, and the real pip, uv and twine to talk to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path

import pytest

from amlpriv.local.certificates import ensure_certificates
from amlpriv.local.feed.service import FeedService
from amlpriv.local.feed.upstream import Upstream
from amlpriv.local.home import Home
from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.server import serve
from tests.local_feed.clients import TENANT, Feed, Index, Lines, Tools
from tests.wheelhouse import build_wheel


def plain_environ(index: str) -> dict[str, str]:
    """Nothing of the user's settings; the default index is ``index``."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP", "TMPDIR") if name in os.environ}
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", "PIP_INDEX_URL": index}


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """The upstream: it has some packages from the start."""
    served = Index(tmp_path_factory.mktemp("index"))
    for name, version in (("public-thing", "1.0"), ("public-thing", "2.0"), ("contoso-shared", "9.0"), ("other", "1")):
        served.add(build_wheel(tmp_path_factory.mktemp("built"), name=name, version=version, requires_python=">=3.8"))
    with served:
        yield served


@pytest.fixture(scope="session")
def feed(tmp_path_factory: pytest.TempPathFactory, index: Index) -> Iterator[Feed]:
    """The feed ``private`` of a control plane without anything else, shared by the tests of a process: each uses
    package names of its own."""
    home = Home(tmp_path_factory.mktemp("feed-home"), tmp_path_factory.mktemp("feed-cache"))
    with running(home, Upstream(plain_environ(index.url))) as served:
        yield served


@pytest.fixture
def open_feed(tmp_path: Path) -> Iterator[Callable[..., Feed]]:
    """``open_feed(upstream=None)``: a feed of the test's own; opened again it has the same data."""
    opened: list[running] = []

    def make(upstream: Upstream | None = None) -> Feed:
        one = running(Home(tmp_path / "own", tmp_path / "cache"), upstream)
        opened.append(one)
        return one.__enter__()

    yield make
    for one in opened:
        one.__exit__()


@pytest.fixture
def tools(scrubbed: Mapping[str, str], tmp_path: Path) -> Tools:
    """pip, uv and twine in an environment of their own."""
    return Tools(scrubbed, tmp_path)


class running:  # noqa: N801 - a context manager
    """A control plane that has feeds, on a port."""

    def __init__(self, home: Home, upstream: Upstream | None) -> None:
        home.certificates.mkdir(parents=True, exist_ok=True)
        self._certificates = ensure_certificates(home, datetime.now(timezone.utc))
        self._home, self._upstream = home, upstream

    def __enter__(self) -> Feed:
        now = lambda: datetime.now(timezone.utc)  # noqa: E731
        service = FeedService(self._home.root, tenant=TENANT, now=now, upstream=self._upstream)
        plane = Plane(
            self._home.plane, account="acct", account_key="a" * 88, tenant=TENANT, now=now, feeds=service, start_id="s"
        )
        log = Lines()
        made = self._certificates
        self._server = serve(plane, certificate=made.certificate, key=made.key, log=log)
        return Feed(self._server.port, made.ca, service, plane, log)

    def __exit__(self, *_: object) -> None:
        self._server.close()
        if self._upstream is not None:
            self._upstream.close()
