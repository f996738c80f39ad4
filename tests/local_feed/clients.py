"""Ways to talk to a feed: plain requests, and the real tools."""

from __future__ import annotations

import base64
import html
import json
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPSConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from urllib3 import encode_multipart_formdata

from amlpriv.interpreters import uv_program
from amlpriv.local.feed.service import FeedService
from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.http import Request, Response

TENANT = "11111111-2222-4333-8444-555555555555"


@dataclass
class Lines:
    """What was logged."""

    lines: list[tuple[str, str, str, int]] = field(default_factory=list)

    def write(self, service: str, method: str, path: str, query: str, status: int) -> None:  # noqa: ARG002
        self.lines.append((service, method, path, status))


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def message(self) -> str:
        """Azure DevOps' words."""
        return str(json.loads(self.body)["message"])

    @property
    def links(self) -> dict[str, str]:
        """The addresses on a simple page, by file name, with their hashes."""
        return {
            text: html.unescape(url) for url, text in re.findall(r'href="([^"]+)"[^>]*>([^<]+)<', self.body.decode())
        }


@dataclass(frozen=True)
class Feed:
    """A feed that listens, and who knows its tokens."""

    port: int
    ca: Path
    service: FeedService
    plane: Plane
    log: Lines

    def url(self, area: str = "simple", *, feed: str = "private", scope: str = "local/ml") -> str:
        return f"https://localhost:{self.port}/{scope}/_packaging/{feed}/pypi/{area}/"

    def token(self, kind: str = "write") -> str:
        return self.service.tokens[kind].reveal()

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        password: str | None = None,
        user: str = "any",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """``path`` is a whole URL of ours, a path with a slash, or one below the feed; the write token by default."""
        path = path.partition(f"localhost:{self.port}")[2] if "://" in path else path
        path = path if path.startswith("/") else f"/local/ml/_packaging/private/pypi/{path}"
        given = base64.b64encode(f"{user}:{self.token() if password is None else password}".encode()).decode()
        fields = {"Authorization": f"Basic {given}", **(headers or {})}
        fields = {name: value for name, value in fields.items() if value}
        connection = HTTPSConnection("localhost", self.port, timeout=30, context=self.context)
        try:
            connection.request(method, path.partition("#")[0], body, fields)
            answer = connection.getresponse()
            known = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, answer.reason, known, answer.read())
        finally:
            connection.close()

    @property
    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca))

    def push(self, file: Path, *, path: str = "upload/", password: str | None = None, **fields: str) -> Answer:
        """Send a file as twine does; ``fields`` are added to the form."""
        return self.push_bytes(file.name, file.read_bytes(), path=path, password=password, **fields)

    def push_bytes(
        self, filename: str, content: bytes, *, path: str = "upload/", password: str | None = None, **fields: str
    ) -> Answer:
        form: dict[str, Any] = {":action": "file_upload", "protocol_version": "1", **fields}
        body, kind = encode_multipart_formdata({**form, "content": (filename, content, "application/octet-stream")})
        return self.ask(path, method="POST", body=body, headers={"Content-Type": kind}, password=password)

    def control(self, method: str, path: str, body: object = None) -> Response:
        """One of amlpriv's own questions."""
        data = b"" if body is None else json.dumps(body).encode()
        return self.plane.handle(Request(method, f"/_amlpriv/feeds{path}", {}, {"x-amlpriv-start-id": "s"}, data))


@dataclass(frozen=True)
class Ended:
    """A tool that came to its end."""

    code: int
    text: str

    @property
    def flat(self) -> str:
        """What it printed, in one line without colours and frames: twine breaks lines at 80 characters."""
        return " ".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.text).split())


@dataclass(frozen=True)
class Tools:
    """The real tools. Tokens go by environment variables and never among the arguments."""

    environ: Mapping[str, str]
    folder: Path

    def run(self, feed: Feed, *command: str | Path, **variables: str) -> Ended:
        ca = dict.fromkeys(("PIP_CERT", "SSL_CERT_FILE", "TWINE_CERT", "REQUESTS_CA_BUNDLE"), str(feed.ca))
        more = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_CACHE_DIR": "1", "PIP_NO_INPUT": "1", "COLUMNS": "200"}
        environ = {**self.environ, **ca, **more, **variables}
        done = subprocess.run(
            [str(word) for word in command],
            env=environ,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        return Ended(done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace"))

    def pip_download(self, feed: Feed, what: str, *, token: str | None = None, url: str = "") -> Ended:
        index = _login(url or feed.url(), feed.token() if token is None else token)
        words = ("-m", "pip", "download", "--no-deps", "-d", self.folder / "downloaded", what)
        return self.run(feed, sys.executable, *words, PIP_INDEX_URL=index)

    def uv_install(self, feed: Feed, what: str, *, token: str | None = None, url: str = "", **variables: str) -> Ended:
        index = _login(url or feed.url(), feed.token() if token is None else token)
        words = ("pip", "install", "--no-deps", "--no-cache", "--target", self.folder / "installed", what)
        python = ("--python", sys.executable)
        return self.run(feed, uv_program(self.environ), *words, *python, UV_DEFAULT_INDEX=index, **variables)

    def uv_publish(self, feed: Feed, *files: Path, token: str | None = None, url: str = "") -> Ended:
        known = {"UV_PUBLISH_USERNAME": "any", "UV_PUBLISH_PASSWORD": feed.token() if token is None else token}
        target = url or feed.url("upload")
        return self.run(feed, uv_program(self.environ), "publish", "--publish-url", target, *files, **known)

    def twine(self, feed: Feed, *files: Path, token: str | None = None, url: str = "") -> Ended:
        known = {"TWINE_USERNAME": "any", "TWINE_PASSWORD": feed.token() if token is None else token}
        words = ("-m", "twine", "upload", "--non-interactive", "--disable-progress-bar", "--repository-url")
        return self.run(feed, sys.executable, *words, url or feed.url("upload"), *files, **known)


def _login(url: str, token: str) -> str:
    return url.replace("https://", f"https://any:{token}@") if token else url


class Index:
    """A folder of distributions, served on this machine as an index (PEP 503)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        """The paths of all requests."""

    def add(self, file: Path, *, digest: str = "", requires_python: str = ">=3.8") -> None:
        """Take a file; ``digest`` is what the page says in place of the true sha256."""
        import hashlib

        name = re.sub(r"[-_.]+", "-", file.name.split("-")[0]).lower()
        place = self.folder / "simple" / name
        place.mkdir(parents=True, exist_ok=True)
        (place / file.name).write_bytes(file.read_bytes())
        page = place / "index.html"
        known = page.read_text(encoding="utf-8") if page.exists() else "<!DOCTYPE html>\n<title>Links</title>\n"
        real = hashlib.sha256(file.read_bytes()).hexdigest()
        needs = html.escape(requires_python)
        line = f'<a href="{file.name}#sha256={digest or real}" data-requires-python="{needs}">{file.name}</a><br>\n'
        page.write_text(known + line, encoding="utf-8")

    def __enter__(self) -> Index:
        asked = self.asked

        class Handler(SimpleHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:  # noqa: ARG002
                asked.append(self.path)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(self.folder)))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/simple"
