"""The proxy: Azure's hosts are ours, other hosts are none of our business."""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from amlpriv.local.certificates import Certificates
from amlpriv.local.hosts import Upstream
from amlpriv.local.proxy import PING, REFUSED, START_ID_HEADER, STOP, Proxy, Routes, ping_answer

Serve = Callable[[Callable[[socket.socket], None]], int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """``serve(answer)``: a server on 127.0.0.1 that calls ``answer(connection)`` for each connection; its port."""
    listeners: list[socket.socket] = []

    def start(answer: Callable[[socket.socket], None]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(OSError):
                    answer(connection)

        threading.Thread(target=accept, daemon=True).start()
        port: int = listener.getsockname()[1]
        return port

    yield start
    for listener in listeners:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.fixture
def proxy(serve: Serve) -> Iterator[Callable[..., Proxy]]:
    """``proxy(**routes)``: a proxy whose storage and plane say their own names."""
    made: list[Proxy] = []

    def make(upstream: Upstream | None = None, problem: str = "", **options: object) -> Proxy:
        storage, plane = serve(_say(b"storage")), serve(_say(b"plane"))
        made.append(Proxy(Routes("acct", storage, plane, upstream, problem), **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_azures_hosts_lead_to_the_local_parts(proxy: Callable[..., Proxy]) -> None:
    port = proxy().port
    for host, expected in (
        ("acct.blob.core.windows.net", b"storage"),
        ("management.azure.com", b"plane"),
        ("login.microsoftonline.com", b"plane"),
        ("westeurope.api.azureml.ms", b"plane"),
    ):
        with _tunnel(port, f"{host}:443") as (status, stream):
            assert status.startswith("200")
            assert stream.read() == expected


def test_another_azure_host_is_refused_with_a_reason(proxy: Callable[..., Proxy]) -> None:
    with _tunnel(proxy().port, "vault.azure.com:443") as (status, stream):
        assert status.startswith("502 vault.azure.com belongs to Azure")
        assert b"its storage account is acct" in stream.read()


def test_a_requests_user_is_told_the_reason(proxy: Callable[..., Proxy]) -> None:
    connection = http.client.HTTPSConnection("127.0.0.1", proxy().port, timeout=5)
    connection.set_tunnel("other.blob.core.windows.net", 443)
    with pytest.raises(OSError, match=r"other\.blob\.core\.windows\.net belongs to Azure"):
        connection.request("GET", "/")


def test_another_host_is_tunnelled_with_its_own_tls(
    proxy: Callable[..., Proxy], serve: Serve, server_context: ssl.SSLContext, certificates: Certificates
) -> None:
    def answer(connection: socket.socket) -> None:
        with server_context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(65536)
            secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

    context = ssl.create_default_context(cafile=str(certificates.ca))
    connection = http.client.HTTPSConnection("127.0.0.1", proxy().port, context=context, timeout=5)
    connection.set_tunnel("localhost", serve(answer))
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"hello"
    connection.close()


def test_a_large_body_comes_through_whole_after_the_client_has_half_closed(
    proxy: Callable[..., Proxy], serve: Serve
) -> None:
    def echo_when_complete(connection: socket.socket) -> None:
        data = b""
        while more := connection.recv(65536):
            data += more
        connection.sendall(data)

    body = bytes(range(256)) * 20_000
    with socket.create_connection(("127.0.0.1", proxy().port), timeout=10) as sock:
        sock.sendall(f"CONNECT 127.0.0.1:{serve(echo_when_complete)} HTTP/1.1\r\n\r\n".encode() + b"early")
        sock.sendall(body)
        sock.shutdown(socket.SHUT_WR)
        with sock.makefile("rb") as stream:
            assert stream.readline().startswith(b"HTTP/1.1 200")
            stream.readline()
            assert stream.read() == b"early" + body


def test_a_silent_tunnel_is_closed(proxy: Callable[..., Proxy], serve: Serve) -> None:
    port = serve(lambda _: time.sleep(5))
    with _tunnel(proxy(idle=0.2).port, f"127.0.0.1:{port}") as (_, stream):
        began = time.monotonic()
        assert stream.read() == b""
        assert time.monotonic() - began < 3


def test_an_unreachable_host_is_named(proxy: Callable[..., Proxy]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with _tunnel(proxy().port, f"127.0.0.1:{port}") as (status, _):
        assert status.startswith(f"502 cannot reach 127.0.0.1:{port}")


def test_the_users_proxy_is_used_with_its_password(proxy: Callable[..., Proxy], serve: Serve) -> None:
    seen: list[str] = []

    def upstream(connection: socket.socket) -> None:
        seen.append(connection.recv(65536).decode())
        connection.sendall(b"HTTP/1.1 200 Connection established\r\nVia: corp\r\n\r\nfrom far away")

    through = Upstream("127.0.0.1", serve(upstream), "user", "p:ss", no_proxy="")
    with _tunnel(proxy(through).port, "files.example.org:443") as (status, stream):
        assert status.startswith("200")
        assert stream.read() == b"from far away"
    expected = base64.b64encode(b"user:p:ss").decode()
    assert seen[0].startswith("CONNECT files.example.org:443 HTTP/1.1\r\n")
    assert f"Proxy-Authorization: Basic {expected}\r\n" in seen[0]


def test_azure_never_goes_through_the_users_proxy(proxy: Callable[..., Proxy]) -> None:
    nowhere = Upstream("127.0.0.1", 9, "", "", no_proxy="")
    with _tunnel(proxy(nowhere).port, "management.azure.com:443") as (_, stream):
        assert stream.read() == b"plane"
    with _tunnel(proxy(nowhere).port, "graph.windows.net:443") as (status, _):
        assert "belongs to Azure" in status


def test_a_refusal_of_the_users_proxy_is_passed_on(proxy: Callable[..., Proxy], serve: Serve) -> None:
    def upstream(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")

    through = Upstream("127.0.0.1", serve(upstream), "user", "secret", no_proxy="")
    with _tunnel(proxy(through).port, "files.example.org:443") as (status, stream):
        assert "your own proxy" in status
        assert "407 Proxy Authentication Required" in status
        assert b"secret" not in stream.read()


def test_the_users_no_proxy_is_honoured(proxy: Callable[..., Proxy]) -> None:
    through = Upstream("127.0.0.1", 9, "", "", no_proxy="invalid")
    with _tunnel(proxy(through).port, "nowhere.invalid:443") as (status, _):
        assert status.startswith("502 cannot reach nowhere.invalid:443")  # asked for itself, not the proxy on port 9


def test_a_proxy_that_cannot_be_used_is_explained(proxy: Callable[..., Proxy]) -> None:
    with _tunnel(proxy(problem="your HTTPS_PROXY is a socks5:// one").port, "files.example.org:443") as (status, _):
        assert "socks5" in status


@pytest.mark.parametrize("target", ["host", ":443", "host:0", "host:99999", "host:https"])
def test_a_malformed_target_is_refused(proxy: Callable[..., Proxy], target: str) -> None:
    with _tunnel(proxy().port, target) as (status, _):
        assert status.startswith("400")


def test_plain_http_is_not_passed_on(proxy: Callable[..., Proxy]) -> None:
    assert _ask(proxy().port, "GET", "http://example.org/")[0] == 405


def test_a_ping_shows_whose_proxy_it_is_without_telling_the_id(proxy: Callable[..., Proxy]) -> None:
    status, text = _ask(proxy(start_id="the-id").port, "GET", PING)
    assert (status, text.strip()) == (200, ping_answer("the-id"))
    assert "the-id" not in text


def test_only_who_knows_the_start_id_may_stop_it(proxy: Callable[..., Proxy]) -> None:
    stopped = threading.Event()
    port = proxy(start_id="the-id", stop=stopped.set).port
    assert _ask(port, "POST", STOP)[0] == 405
    assert _ask(port, "POST", STOP, "the-id-not")[0] == 405
    assert not stopped.is_set()
    assert _ask(port, "POST", STOP, "the-id")[0] == 202
    assert stopped.wait(1)


def test_a_tunnel_adds_little_time(proxy: Callable[..., Proxy], serve: Serve) -> None:
    def echo(connection: socket.socket) -> None:
        while data := connection.recv(65536):
            connection.sendall(data)

    with socket.create_connection(("127.0.0.1", proxy().port), timeout=5) as sock, sock.makefile("rb") as stream:
        sock.sendall(f"CONNECT 127.0.0.1:{serve(echo)} HTTP/1.1\r\n\r\n".encode())
        stream.readline()
        stream.readline()
        began = time.monotonic()
        for _ in range(50):
            sock.sendall(b"x\n")
            stream.readline()
        assert (time.monotonic() - began) / 50 < 0.02  # measured: 0.2 ms; Nagle's algorithm would cost 40 ms


def _say(word: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(word)


@contextlib.contextmanager
def _tunnel(port: int, target: str) -> Iterator[tuple[str, socket.SocketIO]]:
    """The status after the HTTP version, and what follows the head."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        with sock.makefile("rb") as stream:
            status = stream.readline().decode().partition(" ")[2].strip()
            while stream.readline().strip():
                continue
            yield status, stream  # type: ignore[misc]


def _ask(port: int, method: str, path: str, start_id: str = "") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, path, headers={START_ID_HEADER: start_id} if start_id else {})
    answer = connection.getresponse()
    try:
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("host", ["files.example.org", "dev.azure.com", "10.0.0.1"])
def test_an_isolated_client_reaches_no_foreign_host_and_is_told_why(proxy: Callable[..., Proxy], host: str) -> None:
    upstream = Upstream("127.0.0.1", 9, "", "", no_proxy="")
    with _tunnel(proxy(upstream, isolated=True).port, f"{host}:443") as (status, stream):
        assert status.startswith(f"403 amlpriv --isolated: no connection to {host}")
        assert b"only the local workspace can be reached" in stream.read()


def test_an_isolated_client_reaches_the_local_workspace_and_this_machine(
    proxy: Callable[..., Proxy], serve: Serve
) -> None:
    port = proxy(isolated=True).port
    for target, expected in (
        ("management.azure.com:443", b"plane"),
        ("acct.blob.core.windows.net:443", b"storage"),
        (f"127.0.0.1:{serve(_say(b'here'))}", b"here"),
    ):
        with _tunnel(port, target) as (status, stream):
            assert status.startswith("200")
            assert stream.read() == expected


def test_an_isolated_client_has_no_plain_http_either(proxy: Callable[..., Proxy]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", proxy(isolated=True).port, timeout=5)
    connection.request("GET", "http://files.example.org/simple/")
    answer = connection.getresponse()
    assert answer.status == 403
    assert b"no connection to files.example.org" in answer.read()
    connection.close()


def test_refused_hosts_are_counted_for_those_who_know_the_start_id(proxy: Callable[..., Proxy]) -> None:
    port = proxy(isolated=True, start_id="known").port
    for _ in range(2):
        with _tunnel(port, "files.example.org:443") as (status, _):
            assert status.startswith("403")
    for start_id, expected in (("known", '{"files.example.org": 2}'), ("guessed", "")):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", REFUSED, headers={START_ID_HEADER: start_id})
        answer = connection.getresponse()
        text = answer.read().decode().strip()
        assert (text if answer.status == 200 else "") == expected
        connection.close()


def test_a_wanted_port_is_taken_when_it_is_free(proxy: Callable[..., Proxy]) -> None:
    first = proxy()
    assert proxy(port=first.port).port != first.port
    first.close()
    assert proxy(port=first.port).port == first.port
    assert proxy(port=70_000).port > 0
