"""Index servers for tests, on 127.0.0.1 only: pypiserver, devpi-server, and one of our own that does as it is told."""

from __future__ import annotations

import base64
import hashlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

__all__ = ["PASSWORD", "USER", "Server", "ToldIndex", "devpi_server", "pypi_server", "told_index"]

USER, PASSWORD = "pusher", "push-password-of-tests"
_HTPASSWD = f"{USER}:$apr1$amlpriv1$J7vZa1JQ9OyBaDs.pPocL/\n"  # apr1: pypiserver needs another package for bcrypt


@dataclass(frozen=True)
class Server:
    """A running server."""

    origin: str
    """``http://127.0.0.1:port``."""
    simple: str
    user: str = USER
    password: str = PASSWORD


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def _running(command: list[str], port: int, log: Path) -> Iterator[None]:
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as process:
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    assert process.poll() is None, log.read_text(errors="replace")
                    assert time.monotonic() < deadline, log.read_text(errors="replace")
                    time.sleep(0.05)
            yield
        finally:
            process.terminate()


@contextmanager
def pypi_server(folder: Path) -> Iterator[Server]:
    """pypiserver; reading and sending need USER and PASSWORD."""
    packages, passwords, port = folder / "packages", folder / "htpasswd", _free_port()
    packages.mkdir(parents=True)
    passwords.write_text(_HTPASSWD, encoding="utf-8")
    options = ["-p", str(port), "-i", "127.0.0.1", "-P", str(passwords), "-a", "update,list,download"]
    command = [sys.executable, "-m", "pypiserver", "run", *options, "--disable-fallback", str(packages)]
    with _running(command, port, folder / "log.txt"):
        yield Server(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port}/simple/")


@contextmanager
def devpi_server(folder: Path) -> Iterator[Server]:
    """devpi-server with an index of USER's: ``kept`` is not volatile, ``volatile`` is. ``simple`` is of ``kept``."""
    data, port = folder / "data", _free_port()
    data.mkdir(parents=True)
    options = ["--serverdir", str(data)]
    init = [sys.executable, "-c", "from devpi_server.init import init; init()", *options, "--no-root-pypi"]
    subprocess.run(init, check=True, capture_output=True)
    run = [sys.executable, "-m", "devpi_server", *options, "--host", "127.0.0.1", "--port", str(port), "--offline-mode"]
    with _running(run, port, folder / "log.txt"):
        origin = f"http://127.0.0.1:{port}"
        _devpi(origin, "PUT", f"/{USER}", {"password": PASSWORD}, None)
        login = _devpi(origin, "POST", "/+login", {"user": USER, "password": PASSWORD}, None)["result"]["password"]
        for name, volatile in (("kept", False), ("volatile", True)):
            _devpi(origin, "PUT", f"/{USER}/{name}", {"volatile": volatile, "bases": []}, login)
        yield Server(origin, f"{origin}/{USER}/kept/+simple/")


def _devpi(origin: str, method: str, path: str, body: dict[str, object], login: str | None) -> Any:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if login is not None:
        headers["X-Devpi-Auth"] = base64.b64encode(f"{USER}:{login}".encode()).decode()
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(method, f"{origin}{path}", json=body, headers=headers, timeout=20)
    assert answer.ok, answer.text
    return answer.json()


@dataclass
class ToldIndex:
    """An index that keeps what it gets, and answers as it is told."""

    origin: str = ""
    with_hashes: bool = True
    lost: int = 0
    """So many uploads are kept, and then the connection is cut without an answer."""
    answer: tuple[int, bytes] | None = None
    """Given to every upload, of which nothing is kept then."""
    on_upload: Callable[[], None] = lambda: None
    """Called while a tool waits for its answer."""
    files: dict[str, bytes] = field(default_factory=dict)
    authorizations: list[str] = field(default_factory=list)
    """Headers of uploads."""
    reads: list[str] = field(default_factory=list)

    @property
    def simple(self) -> str:
        """Root of the simple pages."""
        return f"{self.origin}/simple/"


@contextmanager
def told_index() -> Iterator[ToldIndex]:
    """A ToldIndex, served in threads of this process."""
    told = ToldIndex()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            told.reads.append(self.path)
            name = self.path.rstrip("/").rpartition("/")[2]
            if self.path.startswith("/files/"):
                self._say(200, told.files[name])
                return
            links = "".join(_link(told, key) for key in told.files if _project(key) == name)
            self._say(200 if links else 404, f"<!DOCTYPE html><html><body>{links}</body></html>".encode())

        def do_POST(self) -> None:
            head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            form = BytesParser(policy=HTTP).parsebytes(head + self._body())
            told.authorizations.append(self.headers.get("Authorization", ""))
            told.on_upload()
            if told.answer is not None:
                self._say(*told.answer)
                return
            for part in form.iter_parts():
                if filename := part.get_filename():
                    if filename in told.files:
                        self._say(409, b"It already exists.")
                        return
                    payload = part.get_payload(decode=True)
                    assert isinstance(payload, bytes)
                    told.files[filename] = payload
            if told.lost:
                told.lost -= 1
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self._say(200, b"")

        def _body(self) -> bytes:
            if "Content-Length" in self.headers:
                return self.rfile.read(int(self.headers["Content-Length"]))
            parts = []
            while size := int(self.rfile.readline().strip(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        told.origin = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield told
        finally:
            server.shutdown()


def _project(filename: str) -> str:
    return filename.partition("-")[0].replace("_", "-").replace(".", "-").lower()


def _link(told: ToldIndex, filename: str) -> str:
    digest = f"#sha256={hashlib.sha256(told.files[filename]).hexdigest()}" if told.with_hashes else ""
    return f'<a href="/files/{filename}{digest}">{filename}</a>'
