"""A small network for tests: made-up hosts by https, with certificates of our own, behind a proxy."""

from __future__ import annotations

import contextlib
import datetime
import os
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["Authority", "Network", "Reply", "Request", "Site"]


@dataclass(frozen=True)
class Request:
    """What a client asked."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""


@dataclass(frozen=True)
class Reply:
    """What a server says."""

    status: int = 200
    body: bytes | str = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut_at: int | None = None
    """After so many bytes of the body the connection is reset."""


Answer = Callable[[Request], Reply]


class Site:
    """An http or https server on 127.0.0.1; ``requests`` are those that came."""

    def __init__(self, answer: Answer, context: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                request = Request(self.path, {name.lower(): value for name, value in self.headers.items()})
                site.requests.append(request)
                _send(self, answer(request))

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:  # a client may leave when it likes
                pass

            def get_request(self) -> tuple[socket.socket, object]:
                connection, address = super().get_request()
                if context is not None:
                    connection.settimeout(10)
                    connection = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                return connection, address

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        """By http."""
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    body = reply.body.encode() if isinstance(reply.body, str) else reply.body
    time.sleep(reply.delay)
    handler.send_response(reply.status)
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body)), **reply.headers}
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body[: reply.cut_at])
    if reply.cut_at is not None:
        handler.wfile.flush()
        time.sleep(0.05)
        handler.connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        )
        handler.connection.close()
        handler.close_connection = True


class Authority:
    """A certificate authority that nobody knows."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        certificate = self._build(self._name, self._key, authority=True)
        self.bundle = folder / "ca.pem"
        self.bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def context(self, host: str, *, expired: bool = False) -> ssl.SSLContext:
        """TLS of a server with a certificate for this host."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        certificate = self._build(name, key, host=host, expired=expired)
        file = self._folder / f"{host}-{expired}.pem"
        form = serialization.PrivateFormat.PKCS8
        plain = serialization.NoEncryption()
        file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(serialization.Encoding.PEM, form, plain)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _build(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        *,
        host: str | None = None,
        expired: bool = False,
        authority: bool = False,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.timezone.utc)
        end = now - datetime.timedelta(days=1) if expired else now + datetime.timedelta(days=1)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=2))
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if authority:
            usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
            builder = builder.add_extension(usage, critical=True)
        if host is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        return builder.sign(self._key, hashes.SHA256())


class Network:
    """Hosts by name behind a proxy: ``serve`` adds one, and whatever is not served is refused with 403."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self._sites: dict[str, Site] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.connects: list[str] = []
        self.heads: list[str] = []
        self.refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
        threading.Thread(target=self._accept, daemon=True).start()

    def serve(self, host: str, answer: Answer, *, expired: bool = False, certificate_for: str | None = None) -> Site:
        """An https server for this name."""
        site = Site(answer, self.authority.context(certificate_for or host, expired=expired))
        self._sites[host] = site
        return site

    def environ(self, scrubbed: Mapping[str, str], *, trusted: bool = True) -> dict[str, str]:
        """An environment whose only way out is the proxy."""
        proxy = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        bundle = {"PIP_CERT": str(self.authority.bundle), "SSL_CERT_FILE": str(self.authority.bundle)}
        return {**scrubbed, "HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, **(bundle if trusted else {})}

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for site in self._sites.values():
            site.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._tunnel, args=(connection,), daemon=True).start()

    def _tunnel(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                if not (data := connection.recv(4096)):
                    return
                head += data
            self.heads.append(head.decode("latin-1"))
            host = head.split()[1].decode().rpartition(":")[0]
            self.connects.append(host)
            site = self._sites.get(host)
            if site is None:
                connection.sendall(self.refusal)
                return
            with socket.create_connection(("127.0.0.1", site.port)) as server:
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _join(connection, server)


def _join(one: socket.socket, other: socket.socket) -> None:
    while True:
        readable, _, _ = select.select([one, other], [], [], 20)
        for stream in readable:
            data = stream.recv(65536)
            if not data:
                return
            (other if stream is one else one).sendall(data)
        if not readable:
            return


@contextlib.contextmanager
def closing(network: Network) -> Iterator[Network]:
    try:
        yield network
    finally:
        network.close()
