"""An HTTP CONNECT proxy: Azure's host names lead to the local workspace, every other host is passed through."""

from __future__ import annotations

import base64
import contextlib
import errno
import hashlib
import hmac
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from amlpriv.local.hosts import LOOPBACK, Upstream, destination, is_excluded
from amlpriv.local.tunnels import CHUNK, Tunnel

__all__ = ["PING", "REFUSED", "START_ID_HEADER", "STOP", "Proxy", "Routes", "ping_answer"]

IDLE_SECONDS = 600.0
"""A tunnel in which nothing moves for so long is closed."""
CONNECT_SECONDS = 20.0
HEAD_SECONDS = 30.0
MAX_HEAD = 64 * 1024
MAX_TUNNELS = 256
PAUSE_SECONDS = 0.2
"""Before listening again when the process or the machine has no more files to open."""
_PASSING = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ECONNABORTED, errno.EINTR})
PING = "/_amlpriv/ping"
REFUSED = "/_amlpriv/refused"
STOP = "/_amlpriv/stop"
START_ID_HEADER = "x-amlpriv-start-id"


@dataclass(frozen=True, slots=True)
class Routes:
    """Where the local parts listen, and how other hosts are reached."""

    account: str
    storage_port: int
    plane_port: int
    upstream: Upstream | None = None
    upstream_problem: str = ""
    """Why the user's own proxy cannot be used; then no foreign host can be reached."""


class _RefusedError(Exception):
    """The tunnel cannot be made. Clients show the status line only, so that the reason stands there as well."""

    def __init__(self, reason: str, *, code: int = 502) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = f"{code} {' '.join(reason.encode('ascii', errors='replace').decode('ascii').split())}"


class Proxy:
    """Listens on 127.0.0.1 from the moment it is made; ``close()`` ends it."""

    def __init__(
        self,
        routes: Routes,
        *,
        start_id: str = "",
        stop: Callable[[], None] | None = None,
        idle: float = IDLE_SECONDS,
        isolated: bool = False,
        port: int = 0,
    ) -> None:
        """With ``isolated`` every foreign host is refused; this machine's own addresses are not foreign. ``port`` is
        taken when it is free."""
        self.routes = routes
        self._start_id = start_id
        self._stop = stop
        self._idle = idle
        self._isolated = isolated
        self._refused: Counter[str] = Counter()
        self._places = threading.BoundedSemaphore(MAX_TUNNELS)
        self._listener = _listen(port)
        self.port: int = self._listener.getsockname()[1]
        self._closed = False
        self._thread = threading.Thread(target=self._accept, name="amlpriv-proxy", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it still listens."""
        return self._thread.is_alive()

    def set_storage_port(self, port: int) -> None:
        """New tunnels to the storage account lead to this port."""
        self.routes = replace(self.routes, storage_port=port)

    def set_upstream(self, upstream: Upstream | None, problem: str) -> None:
        """New tunnels to foreign hosts go this way."""
        self.routes = replace(self.routes, upstream=upstream, upstream_problem=problem)

    def close(self) -> None:
        """Take no new connection. Tunnels that are open end with the process."""
        self._closed = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError as error:
                if self._closed or error.errno not in _PASSING:
                    return
                time.sleep(PAUSE_SECONDS)
                continue
            if not self._places.acquire(blocking=False):
                _answer(client, "503 Service Unavailable", f"{MAX_TUNNELS} connections are open already")
                client.close()
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client:
                self._answer_client(client)
        except OSError:
            return  # the client went away
        finally:
            self._places.release()

    def _answer_client(self, client: socket.socket) -> None:
        client.settimeout(HEAD_SECONDS)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head, rest = _read_head(client)
        method, _, target = head.partition("\r\n")[0].partition(" ")
        target = target.partition(" ")[0]
        if method != "CONNECT":
            self._answer_plain(client, method, target, head)
            return
        try:
            host, port = _host_and_port(target)
            server = self._reach(host, port)
        except _RefusedError as refused:
            _answer(client, refused.status, refused.reason)
            return
        with server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            if rest:
                server.sendall(rest)
            Tunnel(client, server, self._idle).run()

    def _answer_plain(self, client: socket.socket, method: str, target: str, head: str) -> None:
        """amlpriv's own questions; a browser on the same machine cannot know the start id that ``stop`` asks for."""
        if (method, target) == ("GET", PING):
            _answer(client, "200 OK", ping_answer(self._start_id))
        elif (method, target) == ("POST", STOP) and self._stop and self._knows_start_id(head):
            _answer(client, "202 Accepted", "stopping")
            self._stop()
        elif (method, target) == ("GET", REFUSED) and self._knows_start_id(head):
            _answer(client, "200 OK", json.dumps(dict(self._refused)))
        elif self._isolated:
            refused = self._no_way_out(urlsplit(target).hostname or "another host")
            _answer(client, refused.status, refused.reason)
        else:
            _answer(client, "405 Method Not Allowed", "this is amlpriv's proxy for https; plain http is not passed on")

    def _no_way_out(self, host: str) -> _RefusedError:
        self._refused[host] += 1
        return _RefusedError(
            f"amlpriv --isolated: no connection to {host}, only the local workspace can be reached", code=403
        )

    def _knows_start_id(self, head: str) -> bool:
        wanted = f"{START_ID_HEADER}: {self._start_id}".encode()
        return any(hmac.compare_digest(line.encode("latin-1"), wanted) for line in head.split("\r\n"))

    def _reach(self, host: str, port: int) -> socket.socket:
        routes = self.routes
        match destination(host, routes.account, isolated=self._isolated):
            case "storage":
                return _connect("127.0.0.1", routes.storage_port)
            case "plane":
                return _connect("127.0.0.1", routes.plane_port)
            case "refused":
                raise _RefusedError(
                    f"{host} belongs to Azure and has no part in amlpriv's local workspace "
                    f"(its storage account is {routes.account}); nothing was sent there",
                )
            case "tunnel":
                return self._reach_outside(host, port)

    def _reach_outside(self, host: str, port: int) -> socket.socket:
        upstream = self.routes.upstream
        if host in LOOPBACK:
            return _connect(host, port)
        if self._isolated:
            raise self._no_way_out(host)
        if self.routes.upstream_problem:
            raise _RefusedError(self.routes.upstream_problem)
        if upstream is None or is_excluded(host, upstream.no_proxy):
            return _connect(host, port)
        server = _connect(upstream.host, upstream.port, what="your own proxy ")
        try:
            return _through(server, upstream, f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        except BaseException:
            server.close()
            raise


def _listen(port: int) -> socket.socket:
    for wanted in (port, 0) if 0 < port < 65536 else (0,):
        try:
            return socket.create_server(("127.0.0.1", wanted), backlog=128)
        except OSError:
            if not wanted:
                raise
    raise AssertionError  # never reached: 0 is the last one


def _read_head(sock: socket.socket, *, chunk: int = CHUNK) -> tuple[str, bytes]:
    """The head of a request or an answer, and what came after it."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(chunk)
        if not more or len(data) > MAX_HEAD:
            raise ConnectionError("no complete head")
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    return head.decode("latin-1") + "\r\n", rest


def _host_and_port(target: str) -> tuple[str, int]:
    host, _, port = target.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise _RefusedError("CONNECT needs host:port", code=400)
    return host.strip("[]").lower(), int(port)


def _connect(host: str, port: int, *, what: str = "") -> socket.socket:
    try:
        sock = socket.create_connection((host, port), timeout=CONNECT_SECONDS)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise _RefusedError(f"cannot reach {what}{host}:{port}: {reason}") from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _through(server: socket.socket, upstream: Upstream, target: str) -> socket.socket:
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if upstream.user or upstream.password:
        pair = base64.b64encode(f"{upstream.user}:{upstream.password}".encode()).decode("ascii")
        lines.append(f"Proxy-Authorization: Basic {pair}")
    try:
        server.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        head, _ = _read_head(server, chunk=1)  # byte by byte: what follows belongs to the client
    except OSError as error:
        raise _RefusedError(f"your own proxy {upstream.host}:{upstream.port} gave no answer") from error
    status = head.partition("\r\n")[0].partition(" ")[2]
    if not status.startswith("2"):
        raise _RefusedError(f"your own proxy {upstream.host}:{upstream.port} answered: {status}")
    return server


def _answer(sock: socket.socket, status: str, text: str) -> None:
    body = f"{text}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    with contextlib.suppress(OSError):
        sock.sendall(f"{head}Connection: close\r\n\r\n".encode("latin-1") + body)


def ping_answer(start_id: str) -> str:
    """What a proxy of this start answers to a ping: it shows that it knows the start id without telling it."""
    return hashlib.sha256(start_id.encode()).hexdigest()
