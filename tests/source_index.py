"""A public index for tests: wheels of a folder, on 127.0.0.1, which counts what is read and can be slow."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from packaging.utils import canonicalize_name

__all__ = ["SourceIndex", "source_index", "write_sdist"]


@dataclass
class SourceIndex:
    """An index that everybody may read."""

    folder: Path
    origin: str = ""
    slow: str = ""
    """The file of this name comes by drops."""
    broken: str = ""
    """The file of this name has other bytes than its page says."""
    downloads: list[str] = field(default_factory=list)
    """File names that were read to their end, not counting uv, which looks for their metadata."""
    begun: list[str] = field(default_factory=list)

    @property
    def simple(self) -> str:
        """Root of the simple pages."""
        return f"{self.origin}/simple/"

    def page(self, name: str) -> str:
        """The page of a project; empty for an unknown one."""
        files = [path for path in sorted(self.folder.iterdir()) if _project(path.name) == name]
        return "".join(f'<a href="/files/{path.name}#sha256={_sha256(path)}">{path.name}</a>' for path in files)


def _project(filename: str) -> str:
    return canonicalize_name(filename.partition("-")[0])


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def source_index(folder: Path) -> Iterator[SourceIndex]:
    """Serve the wheels in ``folder``, also those that come later."""
    folder.mkdir(parents=True, exist_ok=True)
    index = SourceIndex(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            name = self.path.rstrip("/").rpartition("/")[2]
            if not self.path.startswith("/files/"):
                page = index.page(name)
                self._say(200 if page else 404, f"<!DOCTYPE html><html><body>{page}</body></html>".encode(), body=body)
            elif not (index.folder / name).is_file():
                self._say(404, b"", body=body)
            else:
                counted = body and "uv/" not in self.headers.get("User-Agent", "")
                data = (index.folder / name).read_bytes()
                if counted:
                    index.begun.append(name)
                    data = data[::-1] if name == index.broken else data
                self._say(200, data, body=body, slow=counted and name == index.slow)
                if counted:
                    index.downloads.append(name)

        def _say(self, status: int, data: bytes, *, body: bool, slow: bool = False) -> None:
            self.send_response(status)
            self.send_header(
                "Content-Type", "text/html" if status != 200 or data.startswith(b"<") else "application/zip"
            )
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if not body:
                return
            try:
                for start in range(0, len(data), 1 << 16) if slow else (0,):
                    self.wfile.write(data[start : start + (1 << 16)] if slow else data)
                    time.sleep(0.1 if slow else 0)
            except OSError:  # whoever asked is gone
                self.close_connection = True

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        index.origin = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield index
        finally:
            server.shutdown()


def write_sdist(folder: Path, name: str) -> None:
    """A source archive whose requirements can be read without building it."""
    build = b"[project]\nname='%s'\nversion='1.0'\n" % name.encode()
    parts = {"PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(), "pyproject.toml": build}
    stem = f"{name.replace('-', '_')}-1.0"
    with tarfile.open(folder / f"{stem}.tar.gz", "w:gz") as archive:
        for member, data in parts.items():
            info = tarfile.TarInfo(f"{stem}/{member}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
