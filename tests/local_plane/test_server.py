"""The server: TLS, keep-alive, limits, counting, and faults on purpose."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

import pytest

from amlpriv.local.certificates import Certificates
from amlpriv.local.plane.names import WORKSPACE_ID
from amlpriv.local.plane.server import MAX_BODY, serve
from tests.local_plane.clients import Site

ENVIRONMENTS = f"{WORKSPACE_ID}/environments"
BODY = json.dumps({"properties": {"image": "ubuntu"}}).encode()


def order(site: Site, *rules: object) -> tuple[int, Any]:
    status, answer, _ = site.send("PUT", "/_amlpriv/faults", json.dumps(rules).encode())
    return status, answer


def test_a_connection_is_kept_and_fast(site: Site) -> None:
    connection = site.connect()
    try:
        started = time.perf_counter()
        for _ in range(50):
            target = f"{WORKSPACE_ID}?api-version=2024-04-01"
            connection.request("GET", target, headers={"Authorization": "Bearer x"})
            answer = connection.getresponse()
            assert answer.status == 200
            answer.read()
        assert (time.perf_counter() - started) / 50 < 0.03
    finally:
        connection.close()


def test_requests_are_counted_and_logged_by_service_before_the_answer(site: Site) -> None:
    before = site.send("GET", "/_amlpriv/counts")[1]
    seen = len(site.log.lines)
    site.send("GET", f"{WORKSPACE_ID}")
    site.send("GET", "/common/discovery/instance")
    assert [line[:3] for line in site.log.lines[seen:]] == [
        ("control_plane", "GET", WORKSPACE_ID),
        ("sign_in", "GET", "/common/discovery/instance"),
    ]
    after = site.send("GET", "/_amlpriv/counts")[1]
    assert {name: after[name] - before[name] for name in after} == {"control_plane": 1, "sign_in": 1}
    assert len(site.log.lines) == seen + 2


def test_our_own_questions_do_not_keep_it_awake(site: Site) -> None:
    last = site.server.last_request
    site.send("GET", "/_amlpriv/ping")
    assert site.server.last_request == last
    site.send("GET", WORKSPACE_ID)
    assert site.server.last_request > last


def test_a_request_through_the_login_host_is_sign_in(site: Site) -> None:
    site.send("GET", "/anything", headers={"Host": "login.microsoftonline.com"})
    assert site.log.lines[-1][0] == "sign_in"


def test_a_body_that_is_too_long_is_refused_without_reading_it(site: Site) -> None:
    connection = site.connect()
    try:
        connection.putrequest("PUT", f"{ENVIRONMENTS}/e/versions/1?api-version=2024-04-01")
        connection.putheader("Content-Length", str(MAX_BODY + 1))
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == 413
        assert json.loads(answer.read())["error"]["code"] == "RequestEntityTooLarge"
    finally:
        connection.close()


def test_a_client_that_sends_all_of_a_body_that_is_too_long_gets_the_refusal(site: Site) -> None:
    path = f"{ENVIRONMENTS}/e/versions/1"
    status, body, _ = site.send("PUT", path, body=b" " * (MAX_BODY + 2 * 1024 * 1024))
    assert (status, body["error"]["code"]) == (413, "RequestEntityTooLarge")
    assert site.send("GET", f"{ENVIRONMENTS}")[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"), [({"Transfer-Encoding": "chunked"}, 411), ({"Content-Length": "x"}, 400)]
)
def test_bodies_of_unknown_length_are_refused(site: Site, headers: dict[str, str], status: int) -> None:
    assert site.send("PUT", f"{ENVIRONMENTS}/e/versions/1", headers=headers)[0] == status


def test_an_unknown_method_is_answered_in_our_form(site: Site) -> None:
    status, answer, _ = site.send("BREW", "/coffee")
    assert (status, answer["error"]["code"]) == (501, "BadRequest")


def test_a_silent_or_foreign_client_does_not_stop_the_others(site: Site) -> None:
    with (
        socket.create_connection(("127.0.0.1", site.server.port)) as silent,
        socket.create_connection(("127.0.0.1", site.server.port)) as plain,
    ):
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert site.send("GET", WORKSPACE_ID)[0] == 200
        assert silent.fileno() > 0


def test_many_clients_at_once(site: Site) -> None:
    statuses = []

    def work(number: int) -> None:
        path = f"{ENVIRONMENTS}/many/versions/{number}"
        statuses.append(site.send("PUT", path, BODY)[0])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [201] * 20


def test_a_status_on_purpose_is_given_as_often_as_ordered(site: Site) -> None:
    rule = {"method": "put", "path": "/VERSIONS/", "do": "status", "status": 429, "headers": {"Retry-After": "1"}}
    order(site, {**rule, "times": 2})
    path = f"{ENVIRONMENTS}/status/versions/1"
    first = site.send("PUT", path, BODY)
    assert first[0] == 429
    assert first[2]["Retry-After"] == "1"
    assert site.send("GET", path)[0] == 404
    assert site.send("PUT", path, BODY)[0] == 429
    assert site.send("PUT", path, BODY)[0] == 201
    assert site.send("GET", "/_amlpriv/faults")[1]["value"][0]["left"] == 0


@pytest.mark.parametrize(("deed", "performed"), [("drop_before", False), ("drop_after", True)])
def test_a_dropped_reply(site: Site, deed: str, performed: bool) -> None:
    order(site, {"path": "/dropped-", "do": deed})
    path = f"{ENVIRONMENTS}/dropped-{performed}/versions/1"
    with pytest.raises((HTTPException, OSError)):
        site.send("PUT", path, BODY)
    assert site.log.lines[-1][4] == 0
    assert site.send("GET", path)[0] == (200 if performed else 404)


def test_a_delay(site: Site) -> None:
    order(site, {"path": "/datastores", "do": "delay", "seconds": 0.2})
    started = time.perf_counter()
    assert site.send("GET", f"{WORKSPACE_ID}/datastores")[0] == 200
    assert time.perf_counter() - started >= 0.2


@pytest.mark.parametrize("rule", [{}, {"do": "explode"}, {"do": "delay", "path": "("}, {"do": "delay", "tmes": 1}, 1])
def test_a_rule_that_makes_no_sense_is_refused(site: Site, rule: object) -> None:
    assert order(site, rule)[0] == 400


def test_faults_do_not_hit_our_own_questions(site: Site) -> None:
    order(site, {"path": "", "do": "drop_before", "times": 1})
    assert site.send("GET", "/_amlpriv/ping")[0] == 200
    assert order(site)[0] == 200


def test_close_cuts_what_is_open_and_frees_the_port(site: Site, certificates: Certificates) -> None:
    server = serve(site.plane, certificate=certificates.certificate, key=certificates.key, log=site.log)
    context = ssl.create_default_context(cafile=str(site.ca))
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as client,
    ):
        query = urlencode({"api-version": "2024-04-01"})
        client.sendall(f"GET /x?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert client.recv(65536)
        server.close()
        with contextlib.suppress(OSError):
            assert client.recv(1) == b""
    with pytest.raises(OSError, match=r"refused|10061"):
        socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
    server.close()
