"""Where clients come in, and how it is known which of them are isolated."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from amlpriv.local.certificates import Certificates
from amlpriv.local.doors import Doors, open_doors
from amlpriv.local.hosts import Upstream
from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.http import Request, Response
from amlpriv.local.requests import RequestLog
from amlpriv.local.state import Ports
from amlpriv.local.upstreams import Way


class Listening(Plane):
    """A control plane that notes whose requests it got."""

    def __init__(self, folder: Path, told: list[Any]) -> None:
        def tell(way: Any) -> bool:
            told.append(Way.from_json(way))
            return True

        super().__init__(
            folder,
            account="acct",
            account_key="a2V5",
            tenant="tenant",
            now=lambda: datetime.now(timezone.utc),
            start_id="known",
            set_upstream=tell,
        )
        self.seen: list[bool] = []

    def handle(self, request: Request) -> Response:
        self.seen.append(request.isolated)
        return super().handle(request)


@pytest.fixture
def told() -> list[Any]:
    return []


@pytest.fixture
def plane(tmp_path: Path, told: list[Any]) -> Listening:
    return Listening(tmp_path / "plane", told)


@pytest.fixture
def doors(plane: Listening, certificates: Certificates, tmp_path: Path) -> Iterator[Doors]:
    way = Way(problem="your HTTPS_PROXY is a socks5:// one")
    log = RequestLog(tmp_path / "requests.jsonl")
    options: dict[str, Any] = {"account": "acct", "start_id": "known", "last": Ports(0, 0, 0, 0), "stop": lambda: None}
    opened = open_doors(plane, certificates, log, way=way, **options)
    yield opened
    opened.close()


def through(port: int, certificates: Certificates, host: str, method: str = "GET", **fields: Any) -> Any:
    context = ssl.create_default_context(cafile=str(certificates.ca))
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)
    connection.set_tunnel(host)
    try:
        connection.request(method, "/_amlpriv/upstream" if fields else "/_amlpriv/ping", **fields)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_the_plane_knows_which_clients_are_isolated(doors: Doors, plane: Listening, certificates: Certificates) -> None:
    for port in (doors.proxy.port, doors.isolated_proxy.port):
        assert through(port, certificates, "management.azure.com")[0] == 200
    assert plane.seen == [False, True]


def test_foreign_hosts_are_reached_by_the_way_that_is_set_last(doors: Doors, certificates: Certificates) -> None:
    with pytest.raises(OSError, match="socks5"):
        through(doors.proxy.port, certificates, "files.invalid")
    doors.set_way(Way(Upstream("127.0.0.1", 9, "", "secret", "")))
    with pytest.raises(OSError, match=r"cannot reach your own proxy 127\.0\.0\.1:9"):
        through(doors.proxy.port, certificates, "files.invalid")
    with pytest.raises(OSError, match="--isolated"):
        through(doors.isolated_proxy.port, certificates, "files.invalid")


def test_a_way_is_told_by_who_knows_the_start_id(doors: Doors, certificates: Certificates, told: list[Any]) -> None:
    way = Way(Upstream("proxy.corp", 8080, "user", "secret", "intern"))
    for start_id, body, status in (
        ("guessed", json.dumps(way.as_json()), 403),
        ("known", "{}", 400),
        ("known", json.dumps({"upstream": {"host": "x"}, "problem": ""}), 400),
        ("known", json.dumps(way.as_json()), 200),
    ):
        headers = {"x-amlpriv-start-id": start_id}
        found = through(doors.proxy.port, certificates, "management.azure.com", "PUT", body=body, headers=headers)
        assert found[0] == status
        assert "secret" not in str(found)
    assert told == [way]
    assert "secret" not in str(way) + repr(way)


def test_all_parts_are_looked_after(doors: Doors) -> None:
    assert all(is_alive() for is_alive in doors.parts.values())
    doors.isolated_server.close()
    assert [part for part, is_alive in doors.parts.items() if not is_alive()] == ["control plane"]


def test_the_control_plane_is_where_it_was_unless_somebody_else_is(
    plane: Listening, certificates: Certificates, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"account": "acct", "start_id": "known", "stop": lambda: None, "way": Way()}
    log = RequestLog(tmp_path / "requests.jsonl")
    first = open_doors(plane, certificates, log, last=Ports(0, 0, 0, 0), **options)
    second = open_doors(plane, certificates, log, last=first.ports(1), **options)
    assert second.server.port != first.server.port
    first.close()
    third = open_doors(plane, certificates, log, last=first.ports(1), **options)
    assert third.server.port == first.server.port
    for doors in (second, third):
        doors.close()
