"""A feed's upstream: the package index that the user has."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from amlpriv.connections.pages import File, normalized
from amlpriv.default_index import default_index
from amlpriv.errors import AmlprivError, NotFoundError, UnsupportedError
from amlpriv.indexes.client import IndexClient, Login
from amlpriv.local.hosts import LOOPBACK
from amlpriv.secret import redact

__all__ = ["Upstream"]

_LOG = logging.getLogger(__name__)
_FRESH_SECONDS = 300.0
"""A page is asked for again after that; the real service takes hours (Azure Artifacts, "Upstream sources")."""

_DOWN_SECONDS = 15.0


class Upstream:
    """Reads pages and files of the user's default index; safe between threads."""

    def __init__(self, environ: Mapping[str, str], *, clock: Callable[[], float] = time.monotonic) -> None:
        """``environ`` says which index, which proxy and which CAs; nothing is asked before it is needed. ``clock`` is
        in seconds."""
        self._environ, self._clock = dict(environ), clock
        self._client: IndexClient | None = None
        self._pages: dict[str, tuple[float, tuple[File, ...]]] = {}
        self._down_until = 0.0
        self._lock = threading.Lock()

    def files(self, name: str) -> tuple[File, ...]:
        """The files of a package, none for an unknown one; from memory for some minutes.

        Raises AmlprivError when the index cannot be asked.
        """
        name = normalized(name)
        with self._lock:
            known = self._pages.get(name)
        if known is not None and self._clock() - known[0] < _FRESH_SECONDS:
            return known[1]
        try:
            found = self._opened().project(self._login(), name).files
        except NotFoundError:
            found = ()
        with self._lock:
            self._pages[name] = (self._clock(), found)
        return found

    def known_files(self, name: str) -> tuple[File, ...]:
        """The same, but none (and a warning in the log) when the index cannot be asked; it is left alone then for some
        seconds, since clients ask for one package after the other."""
        if self._clock() < self._down_until:
            return ()
        try:
            return self.files(name)
        except AmlprivError as error:
            self._down_until = self._clock() + _DOWN_SECONDS
            _LOG.warning("the upstream of the feeds could not be asked for %s: %s", name, redact(str(error)))
            return ()

    def download(self, file: File, folder: Path) -> Path:
        """The file in ``folder``, checked by the page's best hash. Raises AmlprivError."""
        return self._opened().download(self._login(), file, folder)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _opened(self) -> IndexClient:
        """Made when it is needed: settings that make no sense must not keep the workspace from starting."""
        with self._lock:
            if self._client is None:
                self._client = IndexClient(self._environ)
            return self._client

    def _login(self) -> Login:
        index = default_index(self._environ)
        parts = urlsplit(index.url)
        if parts.hostname in LOOPBACK and "/_packaging/" in parts.path:
            raise UnsupportedError("the default index is a feed of a local workspace, which cannot be its own upstream")
        return Login(index.url, index.credentials)
