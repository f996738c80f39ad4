"""A server between a client and the local workspace that passes everything on, except where a rule says otherwise."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Seen:
    """One request as it came, and what was done with it."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    deed: str
    at: float

    @property
    def kind(self) -> str:
        """``PUT block`` for a block, ``PUT`` for a whole blob, ``PUT blocklist``, ``PUT acl``, ..."""
        return f"{self.method} {self.query.get('comp', '')}".strip()


@dataclass
class Rule:
    """What happens to requests of a kind: ``times`` of them, after ``skip`` that pass."""

    kind: str
    """As ``Seen.kind``; followed by the end of the path where a space and a star stand: ``GET * /datastores``."""
    do: str
    """``status`` (answer, do not perform), ``drop`` (reset before), ``drop_after`` (perform, then reset), ``cut``
    (read some of the body, then reset), ``short`` (perform, answer half of the body, then reset), ``text`` (perform,
    answer another body)."""
    times: int = 1
    skip: int = 0
    status: int = 503
    code: str = "ServerBusy"
    headers: Mapping[str, str] = field(default_factory=dict)
    text: bytes = b""

    def fits(self, seen: Seen) -> bool:
        kind, star, end = self.kind.partition(" * ")
        return seen.kind == kind and (not star or seen.path.endswith(end))


class FaultServer:
    """Listens with the local workspace's certificate, and forwards to the port of Azurite or the control plane."""

    def __init__(self, upstream: int, certificate: Any, key: Any, ca: Any) -> None:
        self.upstream = upstream
        self.rules: list[Rule] = []
        self.seen: list[Seen] = []
        self.lock = threading.Lock()
        self.trust = ssl.create_default_context(cafile=str(ca))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.handle_error = _quiet  # type: ignore[method-assign, assignment]
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def kinds(self, since: int = 0) -> list[str]:
        """What was asked, in order."""
        return [seen.kind for seen in self.seen[since:]]

    def note(self, seen: Callable[[str], Seen]) -> Rule | None:
        """Write a request down with the deed of the first rule that fits and is not used up."""
        with self.lock:
            for rule in self.rules:
                if not rule.fits(seen("")) or rule.times == 0:
                    continue
                if rule.skip:
                    rule.skip -= 1
                    continue
                rule.times -= 1
                self.seen.append(seen(rule.do))
                return rule
            self.seen.append(seen(""))
            return None


def _quiet(_request: Any, _address: Any) -> None:
    """A client that went away is what these tests are about."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    owner: FaultServer

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        fields = dict(parse_qsl(query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(headers.get("content-length") or 0)
        body = b""
        if not any(rule.do == "cut" and rule.times for rule in self.owner.rules):
            body = self.rfile.read(length)
        moment = time.monotonic()
        rule = self.owner.note(lambda deed: Seen(self.command, path, fields, headers, body, deed, moment))
        if rule is not None and rule.do == "cut":
            self.rfile.read(min(length, 1000))
            return self._reset()
        body = body or self.rfile.read(length)
        if rule is not None and rule.do == "drop":
            return self._reset()
        if rule is not None and rule.do == "status":
            return self._refuse(rule)
        status, answered, data = self._forward(body)
        if rule is not None and rule.do == "drop_after":
            return self._reset()
        return self._answer(status, answered, data, rule)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _serve  # noqa: N815

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        owner = self.owner
        upstream = http.client.HTTPSConnection("127.0.0.1", owner.upstream, context=owner.trust, timeout=30)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                upstream.putheader(name, value)
            upstream.endheaders(body or None)
            answer = upstream.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            upstream.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], data: bytes, rule: Rule | None) -> None:
        if rule is not None and rule.do == "text":
            data = rule.text
            headers = [pair for pair in headers if pair[0].lower() != "content-length"]
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("transfer-encoding", "connection", "keep-alive"):
                self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers) and status != 304:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if rule is not None and rule.do == "short":
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            return self._reset()
        self.wfile.write(data if self.command != "HEAD" else b"")
        return None

    def _refuse(self, rule: Rule) -> None:
        text = f'<?xml version="1.0"?><Error><Code>{rule.code}</Code><Message>A test.</Message></Error>'
        self.send_response_only(rule.status)
        for name, value in {"Content-Type": "application/xml", "x-ms-error-code": rule.code, **rule.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode() if self.command != "HEAD" else b"")

    def _reset(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            # A reset, not an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are in ``seen``."""
