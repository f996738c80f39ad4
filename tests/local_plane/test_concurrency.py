"""Sixteen clients at once: nothing is lost, nobody gets a 500, and a version belongs to the one who made it first."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from amlpriv.local.certificates import Certificates
from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.names import WORKSPACE_ID
from amlpriv.local.plane.server import serve
from tests.local_plane.clients import KEY, TENANT, Client, Lines, Site

CLIENTS = 16
VERSIONS = 6

PROGRAM = """
import json, ssl, sys
from http.client import HTTPSConnection
port, ca, name, number = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
connection = HTTPSConnection("localhost", port, context=ssl.create_default_context(cafile=ca), timeout=60)
said = []
for version in range(10):
    path = f"{sys.argv[5]}/environments/{name}/versions/{version}?api-version=2024-04-01"
    body = json.dumps({"properties": {"image": f"image-{number}"}})
    connection.request("PUT", path, body, {"Authorization": "Bearer x"})
    answer = connection.getresponse()
    answer.read()
    said.append(answer.status)
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("crowd")


@pytest.fixture(scope="module")
def site(folder: Path, certificates: Certificates) -> Iterator[Site]:
    """A control plane on a port, whose folder is known."""
    plane, log = _open(folder), Lines()
    server = serve(plane, certificate=certificates.certificate, key=certificates.key, log=log)
    yield Site(plane, server, log, certificates.ca)
    server.close()


def _open(folder: Path) -> Plane:
    def now() -> datetime:
        return datetime.now(timezone.utc)

    return Plane(folder, account="amlprivacct", account_key=KEY, tenant=TENANT, now=now)


def _all(act: Callable[[int], Any]) -> list[Any]:
    """What ``act(0)`` to ``act(15)`` return when they begin together."""
    barrier = Barrier(CLIENTS)

    def run(number: int) -> Any:
        barrier.wait(30)
        return act(number)

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(run, range(CLIENTS)))


def _put(site: Site, name: str, version: str, image: str) -> int:
    body = json.dumps({"properties": {"image": image}}).encode()
    return site.send("PUT", f"{WORKSPACE_ID}/environments/{name}/versions/{version}", body)[0]


def _versions(site: Site, name: str) -> list[str]:
    found: list[str] = []
    skip = "0"
    while True:
        status, body, _ = site.send("GET", f"{WORKSPACE_ID}/environments/{name}/versions", b"", None, **{"$skip": skip})
        assert status == 200
        found += [item["name"] for item in body["value"]]
        if "nextLink" not in body:
            return found
        skip = body["nextLink"].partition("skip=")[2].partition("&")[0]


def test_everybodys_versions_are_kept_while_others_list(site: Site) -> None:
    assert _put(site, "crowd", "first", "ubuntu") == 201

    def act(number: int) -> list[int]:
        if number % 4 == 3:
            assert "first" in _versions(site, "crowd")
            return [site.send("GET", f"{WORKSPACE_ID}/environments")[0] for _ in range(VERSIONS)]
        return [_put(site, "crowd", f"{number}.{one}", f"image-{number}") for one in range(VERSIONS)]

    statuses = Counter(status for said in _all(act) for status in said)
    writers = CLIENTS - CLIENTS // 4
    assert statuses == {201: writers * VERSIONS, 200: CLIENTS // 4 * VERSIONS}
    wanted = {f"{number}.{one}" for number in range(CLIENTS) if number % 4 != 3 for one in range(VERSIONS)}
    assert set(_versions(site, "crowd")) == {"first", *wanted}


def test_the_same_version_with_the_same_content_is_made_once(site: Site) -> None:
    assert Counter(_all(lambda _: _put(site, "same", "1", "ubuntu"))) == {201: 1, 200: CLIENTS - 1}


def test_the_same_version_with_other_content_belongs_to_the_first(site: Site) -> None:
    said = _all(lambda number: _put(site, "other", "1", f"image-{number}"))
    assert Counter(said) == {201: 1, 409: CLIENTS - 1}
    _, body, _ = site.send("GET", f"{WORKSPACE_ID}/environments/other/versions/1")
    assert body["properties"]["image"] == f"image-{said.index(201)}"


def test_processes_are_no_different_from_threads(site: Site) -> None:
    command = [sys.executable, "-c", PROGRAM, str(site.server.port), str(site.ca), "processes"]

    def act(number: int) -> list[int]:
        done = subprocess.run([*command, str(number), WORKSPACE_ID], capture_output=True, text=True, check=True)
        said: list[int] = json.loads(done.stdout)
        return said

    for statuses in zip(*_all(act), strict=True):
        assert Counter(statuses) == {201: 1, 409: CLIENTS - 1}


def test_all_of_it_is_there_after_a_restart(site: Site, folder: Path) -> None:
    again = Client(_open(folder))
    for name in ("crowd", "same", "other", "processes"):
        assert again.names(f"/environments/{name}/versions") == _versions(site, name)[:100]
