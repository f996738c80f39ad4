"""A package index and a git server that want credentials, on loopback; and the workspace whose jobs use them."""

from __future__ import annotations

import base64
import os
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote

TOKEN = "canary" + "q7" * 23
PASSWORD = "canary:p@ss/word"
"""Has to be URL-encoded in an address."""
WRONG = "canary" + "x9" * 23


@dataclass
class Door:
    """Who may come in, who came, and where the token was seen meanwhile."""

    logins: set[str]
    """``user:password``."""
    url: str = ""
    seen: list[tuple[str, str, int]] = field(default_factory=list)
    """Path, login (empty without one), answer."""
    spied: set[str] = field(default_factory=set)

    def login(self, header: str | None) -> str:
        return base64.b64decode(header.removeprefix("Basic ")).decode() if header else ""

    def answers(self, path: str) -> set[int]:
        return {status for seen, _, status in self.seen if path in seen}


class _Guarded(BaseHTTPRequestHandler):
    """Asks for Basic authentication, and looks at the processes of the machine while it does."""

    protocol_version = "HTTP/1.1"

    def __init__(self, door: Door, root: Path, *args: Any) -> None:
        self.door, self.root = door, root
        super().__init__(*args)

    def do_GET(self) -> None:
        login = self.door.login(self.headers.get("Authorization"))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.door.spied |= _processes_with(TOKEN, PASSWORD, "canary%3Ap%40ss%2Fword")
        if login not in self.door.logins:
            self._answer(login, 401, b"who are you?", {"WWW-Authenticate": 'Basic realm="private"'})
        else:
            self.serve(login, body)

    def do_POST(self) -> None:
        self.do_GET()

    def serve(self, login: str, body: bytes) -> None:
        raise NotImplementedError

    def _answer(self, login: str, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.door.seen.append((self.path, login, status))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Quiet."""


class _Index(_Guarded):
    """PEP 503: ``/{feed}/simple/{name}/`` lists the files of a folder, ``/{feed}/files/`` has them."""

    def serve(self, login: str, body: bytes) -> None:  # noqa: ARG002
        parts = self.path.strip("/").split("/")
        file = self.root / unquote(parts[-1])
        if parts[-2:-1] == ["simple"]:
            stem = f"{parts[-1].replace('-', '_')}-"
            names = [path.name for path in sorted(self.root.iterdir()) if path.name.startswith(stem)]
            links = "".join(f'<a href="../../files/{name}">{name}</a>' for name in names)
            html = f"<!DOCTYPE html><html><body>{links}</body></html>".encode()
            self._answer(login, 200 if names else 404, html, {"Content-Type": "text/html"})
        elif parts[-2:-1] == ["files"] and file.is_file():
            self._answer(login, 200, file.read_bytes(), {"Content-Type": "application/octet-stream"})
        else:
            self._answer(login, 404, b"", {})


class _Git(_Guarded):
    """git's own http-backend over the repositories of a folder."""

    def serve(self, login: str, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        environ = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type") or "",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or "",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol") or "",
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=environ, capture_output=True, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
        status = int(fields.pop("Status", "200").split()[0])
        self._answer(login, status, content, fields)


def _processes_with(*secrets: str) -> set[str]:
    """The names of the processes whose command line or environment holds one of the secrets (Linux)."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        for file in ("cmdline", "environ"):
            try:
                text = (folder / file).read_bytes().decode(errors="replace")
            except OSError:
                continue
            if any(secret in text for secret in secrets):
                found.add(f"{file} of {(folder / 'comm').read_text().strip()}")
    return found


@contextmanager
def served(kind: str, root: Path, *logins: str) -> Iterator[Door]:
    """Serve ``index`` or ``git`` from a folder to whom has one of the logins (``user:password``)."""
    door = Door(set(logins))
    handler = partial(_Index if kind == "index" else _Git, door, root)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        door.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=partial(server.serve_forever, 0.05))
        thread.start()
        yield door
        server.shutdown()
        thread.join()


BACKEND = """
import zipfile

def build_wheel(folder, settings=None, metadata=None):
    name = "contoso_nlp-0.3-py3-none-any.whl"
    info = "contoso_nlp-0.3.dist-info"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.write("contoso_nlp.py")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: contoso-nlp\\nVersion: 0.3\\n")
        about = "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
        wheel.writestr(f"{info}/WHEEL", about)
        wheel.writestr(f"{info}/RECORD", "")
    return name

def build_editable(folder, settings=None, metadata=None):
    import os
    name = build_wheel(folder)
    with zipfile.ZipFile(f"{folder}/{name}") as wheel:
        members = {item: wheel.read(item) for item in wheel.namelist() if item != "contoso_nlp.py"}
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("contoso_nlp.pth", os.getcwd())
        for item, data in members.items():
            wheel.writestr(item, data)
    return name
"""


def make_repository(folder: Path) -> None:
    """A bare repository ``{folder}/contoso/nlp.git``; its package needs contoso-tools to be built; tag v1."""
    work, bare = folder / "work", folder / "contoso" / "nlp.git"
    work.mkdir(parents=True)
    project = '[build-system]\nrequires = ["contoso-tools"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    named = '[project]\nname = "contoso-nlp"\nversion = "0.3"\n'
    (work / "pyproject.toml").write_text(project + named, encoding="utf-8")
    (work / "backend.py").write_text(BACKEND, encoding="utf-8")
    (work / "contoso_nlp.py").write_text("ANSWER = 42\n", encoding="utf-8")
    person = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
    for command in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "first"), ("tag", "v1")):
        subprocess.run(["git", *person, *command], cwd=work, check=True)
    subprocess.run(["git", "clone", "-q", "--bare", str(work), str(bare)], check=True)
    subprocess.run(["git", "-C", str(bare), "config", "uploadpack.allowFilter", "true"], check=True)


def files_with(secret: str, *folders: Path) -> list[str]:
    """The files below the folders that hold the secret, also inside of archives."""
    found = []
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        if secret.encode() in path.read_bytes():
            found.append(str(path))
        elif path.suffix in (".whl", ".zip") and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                found += [f"{path}!{name}" for name in archive.namelist() if secret.encode() in archive.read(name)]
    return found
