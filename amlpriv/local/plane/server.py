"""The control plane on a port: HTTPS with the standard library, one thread for each connection."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import socket
import ssl
import sys
import threading
import time
import traceback
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any, Protocol

from amlpriv.local.feed.bodies import MOST as MOST_UPLOAD
from amlpriv.local.feed.bodies import Body
from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.http import ArmError, Request, Response, error_response, read_target
from amlpriv.local.requests import Service
from amlpriv.secret import redact

__all__ = ["MAX_BODY", "Log", "Server", "serve"]

MAX_BODY = 20 * 1024 * 1024
"""Bytes. Azure Resource Manager takes 4 MiB; an environment is far below."""

_HANDSHAKE_SECONDS = 10
_IDLE_SECONDS = 120
_DRAIN_SECONDS = 1.0
_LOG = logging.getLogger(__name__)


class Log(Protocol):
    """Where requests are noted: `amlpriv.local.requests.RequestLog`."""

    def write(self, service: Service, method: str, path: str, query: str, status: int) -> None:
        """Note one request."""


def serve(plane: Plane, certificate: Path, key: Path, log: Log, *, port: int = 0, isolated: bool = False) -> Server:
    """Serve ``plane`` on 127.0.0.1 until ``close()``; port 0 takes a free one. OSError when it is taken.

    With ``isolated`` all requests are taken for those of isolated clients."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.load_cert_chain(certificate, key)
    tls.set_alpn_protocols(["http/1.1"])
    return Server(_Listener(port, plane, log, tls, isolated=isolated))


class Server:
    """A running control plane."""

    def __init__(self, listener: _Listener) -> None:
        self._listener = listener
        self.port: int = listener.server_address[1]
        self._thread = threading.Thread(
            target=listener.serve_forever, kwargs={"poll_interval": 0.1}, name="amlpriv-plane", daemon=True
        )
        self._thread.start()

    @property
    def last_request(self) -> float:
        """When the last request came (or the server was started), by ``time.monotonic()``; our own do not count."""
        return self._listener.last_request

    @property
    def is_alive(self) -> bool:
        """Whether it still listens."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop listening and cut open connections. Can be called twice."""
        self._listener.shutdown()
        self._listener.server_close()
        self._listener.cut_connections()
        self._thread.join(timeout=5)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    allow_reuse_address = os.name != "nt"  # on Windows it would let another process take the port over

    def __init__(self, port: int, plane: Plane, log: Log, tls: ssl.SSLContext, *, isolated: bool) -> None:
        self.plane, self.log, self.tls, self.isolated = plane, log, tls, isolated
        self.last_request = time.monotonic()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        """Bind without HTTPServer's look-up of our own name, which may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands here, in the connection's own thread: a silent client must not stop the others."""
        request.settimeout(_HANDSHAKE_SECONDS)
        try:
            secured = self.tls.wrap_socket(request, server_side=True)
        except (OSError, ValueError):
            return
        with self._lock:
            self._open.add(secured)
        try:
            _Handler(secured, client_address, self)
        finally:
            with self._lock:
                self._open.discard(secured)
            with contextlib.suppress(OSError):
                secured.shutdown(socket.SHUT_RDWR)
            secured.close()

    def cut_connections(self) -> None:
        """End what idle clients keep open."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """A client that went away is nothing; everything else is logged."""
        level = logging.DEBUG if isinstance(sys.exc_info()[1], OSError) else logging.ERROR
        _LOG.log(level, "a connection failed\n%s", redact(traceback.format_exc()))


class _DropError(Exception):
    """Close the connection without an answer."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "amlpriv-local", ""
    wbufsize = -1  # buffered: head and body leave in one packet
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS
    server: _Listener

    def _serve(self) -> None:
        path, query = read_target(self.path)
        host = self.headers.get("Host") or f"localhost:{self.server.server_port}"
        fields = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, path, query, fields, host=host)
        try:
            request = self._with_body(replace(request, isolated=self.server.isolated))
            response = self._perform(request)
            if request.stream is not None and not request.stream.drain():
                self.close_connection = True
        except ArmError as refusal:
            self.close_connection = True
            self._note(request, refusal.status)
            self._send(refusal.response())
            self._drain()
            return
        except _DropError:
            self._note(request, 0)
            self.close_connection = True
            return
        # Before it is sent: a client that has its answer finds the line in the log.
        self._note(request, response.status)
        self._send(response)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

    def _with_body(self, request: Request) -> Request:
        """The request with its body; a feed's is read when it is asked for."""
        if self.server.plane.is_of_feed(request):
            return replace(request, stream=Body(self.rfile, self._length(request, MOST_UPLOAD)))
        length = self._length(request, MAX_BODY)
        body = self.rfile.read(length)
        if len(body) < length:
            raise _DropError
        return replace(request, body=body)

    def _length(self, request: Request, most: int) -> int:
        length = request.headers.get("content-length", "0").strip()
        if "transfer-encoding" in request.headers:
            raise ArmError(411, "LengthRequired", "The local workspace takes bodies with a Content-Length only.")
        if not length.isascii() or not length.isdecimal():
            raise ArmError(400, "InvalidHeader", "Content-Length is not a number.")
        if len(length) > 12 or int(length) > most:
            raise ArmError(413, "RequestEntityTooLarge", f"The body is longer than {most} bytes.")
        return int(length)

    def _drain(self) -> None:
        """Take what a refused client still sends: closed at once, the connection would lose it the answer."""
        self.wfile.flush()
        self.connection.settimeout(_DRAIN_SECONDS)
        deadline, left = time.monotonic() + 10 * _DRAIN_SECONDS, 10 * MAX_BODY
        with contextlib.suppress(OSError):
            while left > 0 and time.monotonic() < deadline:
                read = self.rfile.read1(min(left, 1 << 16))
                if not read:
                    return
                left -= len(read)

    def _perform(self, request: Request) -> Response:
        plane = self.server.plane
        fault = plane.fault(request)
        if fault is None:
            return plane.handle(request)
        if fault.do == "crash":
            self.server.shutdown()
        if fault.do in {"drop_before", "crash"}:
            raise _DropError
        if fault.do == "status":
            return error_response(fault.status, "FaultOnPurpose", "A test ordered this.", headers=fault.headers)
        if fault.do == "delay":
            time.sleep(fault.seconds)
        response = plane.handle(request)
        if fault.do == "drop_after":
            raise _DropError
        return response

    def _note(self, request: Request, status: int) -> None:
        plane = self.server.plane
        service = plane.service(request)
        if service is None:
            return
        self.server.last_request = time.monotonic()
        plane.tally.add(service)
        self.server.log.write(
            service=service,
            method=request.method,
            path=request.path,
            query=self.path.partition("?")[2],
            status=status,
        )

    def _send(self, response: Response) -> None:
        if response.file is not None:
            self._send_file(response, response.file)
            return
        self.send_response(response.status, response.reason.encode("ascii", "replace").decode() or None)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != 204:
            self.send_header("Content-Length", str(len(response.body or b"")))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and response.body:
            self.wfile.write(response.body)

    def _send_file(self, response: Response, path: Path) -> None:
        """The file, or the part of it that is asked for: uv reads the end of a wheel first (RFC 9110, 14)."""
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            start, end = _part(self.headers.get("Range", ""), size)
            whole = (start, end) == (0, size)
            self.send_response(response.status if whole else 206)
            for name, value in {**response.headers, "Accept-Ranges": "bytes"}.items():
                self.send_header(name, value)
            if not whole:
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
            self.send_header("Content-Length", str(end - start))
            self.end_headers()
            stream.seek(start)
            left = 0 if self.command == "HEAD" else end - start
            while left > 0 and (block := stream.read(min(left, 1 << 18))):
                self.wfile.write(block)
                left -= len(block)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """What the standard library refuses (a malformed request line, an unknown method), in our form."""
        self.close_connection = True
        self.command = self.command or ""
        self._send(error_response(int(code), "BadRequest", message or "The request cannot be understood."))

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are noted by ``Log``."""


def _part(wanted: str, size: int) -> tuple[int, int]:
    """Start and end of one range of bytes; the whole for none, several, and those that make no sense."""
    found = re.fullmatch(r"bytes=(\d{0,15})-(\d{0,15})", wanted.strip())
    if found is None or not (found[1] or found[2]):
        return 0, size
    if not found[1]:
        return max(size - int(found[2]), 0), size
    start, end = int(found[1]), min(int(found[2]) + 1, size) if found[2] else size
    return (start, end) if start < end else (0, size)
