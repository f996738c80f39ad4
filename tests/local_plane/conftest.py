"""A control plane to talk to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from amlpriv.local.certificates import Certificates, ensure_certificates
from amlpriv.local.home import Home
from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.server import serve
from tests.local_plane.clients import KEY, TENANT, Client, Clock, Lines, Site


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_plane(tmp_path: Path, clock: Clock) -> Callable[[], Plane]:
    """Open the plane of the test's folder; again for a restart."""

    def make() -> Plane:
        return Plane(tmp_path / "plane", account="amlprivacct", account_key=KEY, tenant=TENANT, now=clock)

    return make


@pytest.fixture
def ask(make_plane: Callable[[], Plane]) -> Client:
    return Client(make_plane())


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    home = Home(root=tmp_path_factory.mktemp("home"), cache=tmp_path_factory.mktemp("cache"))
    home.certificates.mkdir()
    return ensure_certificates(home, datetime.now(timezone.utc))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[Site]:
    plane = Plane(
        tmp_path_factory.mktemp("plane"),
        account="amlprivacct",
        account_key=KEY,
        tenant=TENANT,
        now=lambda: datetime.now(timezone.utc),
    )
    log = Lines()
    server = serve(plane, certificate=certificates.certificate, key=certificates.key, log=log)
    yield Site(plane, server, log, certificates.ca)
    server.close()
