"""The storage account's blobs for the local workspace's own use: jobs read their code and keep their outputs there.

Requests are signed with the account key. They are marked, so that the request log does not count them as the user's.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import hmac
import http.client
import os
import ssl
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import quote
from xml.etree import ElementTree

from amlpriv.errors import InputError, NotFoundError, ServiceError
from amlpriv.local.state import Identity
from amlpriv.secret import redact

__all__ = ["OWN_REQUEST", "LocalBlobs"]

API_VERSION = "2021-12-02"
OWN_REQUEST = "amlpriv"
"""A query field that marks our own requests: they are not the user's, and are not logged."""

_CHUNK = 1024 * 1024
_TIMEOUT = 60.0


def _go_on() -> None:
    """Nothing to stop for."""


class LocalBlobs:
    """All containers of the account. ``port`` says where Azurite listens now. Safe between threads."""

    def __init__(self, identity: Identity, ca: Path, port: Callable[[], int]) -> None:
        self._identity = identity
        self._ca = ca
        self._port = port

    def create_container(self, name: str) -> None:
        """Make a container; one that is there is left as it is. Raises ServiceError."""
        with self._connection() as connection:
            status, answer = self._ask(connection, "PUT", f"/{name}", {"restype": "container"})
        if status not in {201, 409}:
            raise _refused("create the container", name, status, answer)

    def sizes(self, container: str, prefix: str = "") -> dict[str, int]:
        """The blobs whose path begins with ``prefix``: bytes by path. Empty when there is no such container."""
        found: dict[str, int] = {}
        marker = ""
        with self._connection() as connection:
            while True:
                query = {"restype": "container", "comp": "list", "prefix": prefix, "marker": marker}
                status, answer = self._ask(
                    connection, "GET", f"/{container}", {name: value for name, value in query.items() if value}
                )
                if status == 404:
                    return {}
                if status != 200:
                    raise _refused("list the container", container, status, answer)
                tree = ElementTree.fromstring(answer)  # noqa: S314 - written by our own Azurite
                for blob in tree.iter("Blob"):
                    size = blob.findtext("Properties/Content-Length") or "0"
                    found[blob.findtext("Name") or ""] = int(size)
                marker = tree.findtext("NextMarker") or ""
                if not marker:
                    return found

    def read(self, container: str, path: str) -> bytes:
        """A whole (small) blob. Raises NotFoundError, ServiceError."""
        with self._connection() as connection:
            status, answer = self._ask(connection, "GET", _blob(container, path), {})
        if status == 404:
            raise NotFoundError(f"There is no blob {container}/{path}.")
        if status != 200:
            raise _refused("read the blob", f"{container}/{path}", status, answer)
        return answer

    def write(self, container: str, path: str, content: bytes | Path) -> None:
        """Create or replace a blob; a file is streamed. Raises ServiceError."""
        with self._connection() as connection:
            self._put(connection, container, path, content)

    def download(self, container: str, prefix: str, folder: Path) -> int:
        """Copy all blobs below ``prefix`` (a folder, or one blob's whole path) into ``folder``; how many.

        Raises InputError for a path that would leave the folder, ServiceError.
        """
        below = prefix.rstrip("/")
        names = [name for name in self.sizes(container, below) if name == below or not below or _is_below(name, below)]
        with self._connection() as connection:
            for name in names:
                relative = PurePosixPath(name).name if name == below else name.removeprefix(f"{below}/")
                self._fetch(connection, container, name, _inside(folder, relative))
        return len(names)

    def upload(
        self, files: Iterable[tuple[str, Path]], container: str, prefix: str, check: Callable[[], None] = _go_on
    ) -> list[str]:
        """Copy files to their paths below ``prefix`` (an empty path: to ``prefix`` itself); which could not be read.

        ``check`` is called all the time, and ends the copying by raising. Raises ServiceError.
        """
        left: list[str] = []
        with self._connection() as connection:
            for path, file in files:
                check()
                try:
                    self._put(connection, container, "/".join(filter(None, [prefix.rstrip("/"), path])), file, check)
                except OSError as error:
                    if error.filename is None:
                        raise
                    left.append(f"{path or file.name}: {error.strerror or type(error).__name__}")
        return left

    @contextmanager
    def _connection(self) -> Iterator[http.client.HTTPSConnection]:
        context = ssl.create_default_context(cafile=str(self._ca))
        connection = http.client.HTTPSConnection("127.0.0.1", self._port(), context=context, timeout=_TIMEOUT)
        try:
            yield connection
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, OSError) and error.filename is not None:
                raise  # a file of ours, not the connection
            raise ServiceError(f"The local storage does not answer: {error or type(error).__name__}.") from error
        finally:
            connection.close()

    def _put(
        self,
        connection: http.client.HTTPSConnection,
        container: str,
        path: str,
        content: bytes | Path,
        check: Callable[[], None] = _go_on,
    ) -> None:
        headers = {"x-ms-blob-type": "BlockBlob"}
        if isinstance(content, Path):
            with _opened(content) as stream:
                size = os.fstat(stream.fileno()).st_size
                body = _Checked(stream, check)
                status, answer = self._ask(connection, "PUT", _blob(container, path), {}, headers, body, size)
        else:
            status, answer = self._ask(connection, "PUT", _blob(container, path), {}, headers, content, len(content))
        if status != 201:
            raise _refused("write the blob", f"{container}/{path}", status, answer)

    def _fetch(self, connection: http.client.HTTPSConnection, container: str, path: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        response = self._send(connection, "GET", _blob(container, path), {}, {}, b"", 0)
        if response.status != 200:
            raise _refused("read the blob", f"{container}/{path}", response.status, response.read())
        with target.open("wb") as stream:
            while chunk := response.read(_CHUNK):
                stream.write(chunk)

    def _ask(
        self,
        connection: http.client.HTTPSConnection,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        body: bytes | _Checked = b"",
        size: int = 0,
    ) -> tuple[int, bytes]:
        response = self._send(connection, method, path, query, headers or {}, body, size)
        return response.status, response.read()

    def _send(
        self,
        connection: http.client.HTTPSConnection,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes | _Checked,
        size: int,
    ) -> http.client.HTTPResponse:
        fields = {**query, OWN_REQUEST: "1"}
        sent = {
            **headers,
            "Host": f"{self._identity.account}.blob.core.windows.net",
            "x-ms-date": formatdate(usegmt=True),
            "x-ms-version": API_VERSION,
            "Content-Length": str(size),
        }
        sent["Authorization"] = _shared_key(self._identity, method, path, fields, sent, size)
        target = path + "?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())
        connection.request(method, target, body=body or None, headers=sent)
        return connection.getresponse()


def _shared_key(
    identity: Identity, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], size: int
) -> str:
    """The Authorization header.

    Rule: Azure Storage REST reference, "Authorize with Shared Key", for versions from 2015-02-21 on.
    """
    resource = f"/{identity.account}{path}" + "".join(f"\n{key.lower()}:{query[key]}" for key in sorted(query))
    own = "".join(f"{key}:{headers[key]}\n" for key in sorted(headers) if key.startswith("x-ms-"))
    length = str(size) if size else ""
    text = f"{method}\n\n\n{length}\n\n\n\n\n\n\n\n\n{own}{resource}"
    key = base64.b64decode(identity.account_key.reveal())
    signature = base64.b64encode(hmac.new(key, text.encode("utf-8"), hashlib.sha256).digest()).decode("ascii")
    return f"SharedKey {identity.account}:{signature}"


def _blob(container: str, path: str) -> str:
    return f"/{container}/{quote(path, safe='/~')}"


def _is_below(name: str, folder: str) -> bool:
    return name.startswith(f"{folder}/") and not name.endswith("/")


def _inside(folder: Path, relative: str) -> Path:
    target = (folder / relative).resolve()
    if not target.is_relative_to(folder.resolve()) or "\\" in relative:
        raise InputError(f"The blob path {relative} would leave its folder.")
    return target


class _Checked:
    """A file that is read for as long as ``check`` lets it."""

    def __init__(self, stream: IO[bytes], check: Callable[[], None]) -> None:
        self._stream = stream
        self._check = check

    def read(self, size: int = -1) -> bytes:
        """As a file's."""
        self._check()
        return self._stream.read(size)


def _opened(path: Path) -> IO[bytes]:
    """A regular file. Opening a named pipe would wait for its writer."""
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(errno.EINVAL, "no regular file", str(path))
    return os.fdopen(number, "rb")


def _refused(doing: str, what: str, status: int, answer: bytes) -> ServiceError:
    text = redact(answer.decode("utf-8", errors="replace")[:300])
    return ServiceError(f"Azurite refused to {doing} {what}: {status} {text}")
