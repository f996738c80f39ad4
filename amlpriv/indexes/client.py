"""Read an index as pip would: pages of projects, and files.

The errors say what pip hides: AuthenticationError (401), PermissionDeniedError (403), NotFoundError (404, 410),
UnreachableError (a NetworkError with its reason), NotAPageError and ServiceError for answers that are of no use.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from amlpriv.connections.pages import ACCEPT, File, Page, normalized, read_names, read_page
from amlpriv.errors import ServiceError
from amlpriv.indexes.answers import Answer, Login
from amlpriv.indexes.downloads import Progress, fetch_file
from amlpriv.indexes.refusals import refuse
from amlpriv.indexes.transport import Limits, Opened, Transport, lost

__all__ = ["IndexClient", "Limits", "Login"]

_LARGEST_PAGE = 128 * 1024 * 1024
_CHUNK = 64 * 1024
_MAX_AGE = {"Cache-Control": "max-age=0"}


class IndexClient:
    """Asks indexes; use it as a context manager, or close it. Threads may share one.

    ``environ`` has the settings of proxy and certificates, see ``amlpriv.indexes.routes``. Raises InputError when the
    certificates that it names do not exist.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        limits: Limits | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = Transport(environ, limits or Limits(), pause)

    def __enter__(self) -> IndexClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def get(self, login: Login, url: str, *, accept: str = ACCEPT) -> Answer:
        """The last answer behind all redirects, whatever its status. Raises UnreachableError."""
        with self._transport.open(login, url, {"Accept": accept, **_MAX_AGE}) as opened:
            return _answer(opened)

    def project(self, login: Login, name: str) -> Page:
        """The page of one project; ``name`` need not be normalised. Raises what the module's documentation says."""
        answer = self.get(login, project_url(login, name))
        refuse(answer, login, package=normalized(name))
        return read_page(answer.text, url=answer.url, content_type=answer.content_type)

    def names(self, login: Login) -> tuple[str, ...]:
        """The projects on the index's root page, normalised. Large indexes have a large one, and many have none."""
        answer = self.get(login, login.root)
        refuse(answer, login)
        return read_names(answer.text, url=answer.url, content_type=answer.content_type)

    def download(self, login: Login, file: File, folder: Path, *, progress: Progress | None = None) -> Path:
        """The file in ``folder``, its best hash checked where the index gives one; what is there already is kept.

        An interrupted download goes on where it stopped, if the server can. Raises HashMismatchError, StorageFullError,
        and what ``project`` raises.
        """
        return fetch_file(self._transport, login, file, folder, progress)

    @contextmanager
    def open(self, login: Login, file: File) -> Iterator[Opened]:
        """A file's answer before its body is read; the body is ``chunks(opened)``."""
        with self._transport.open(login, file.url, {"Accept-Encoding": "identity"}) as opened:
            yield opened


def project_url(login: Login, name: str) -> str:
    """The address of a project's page (PEP 503)."""
    return f"{login.root}{quote(normalized(name))}/"


def _answer(opened: Opened) -> Answer:
    headers = {name.lower(): value for name, value in opened.response.headers.items()}
    text = "" if opened.sign_in else _text(opened)
    return Answer(opened.url, opened.response.status_code, headers, text, opened.hops, opened.sign_in)


def _text(opened: Opened) -> str:
    import requests

    parts: list[bytes] = []
    size = 0
    try:
        for chunk in opened.response.iter_content(_CHUNK):
            parts.append(chunk)
            size += len(chunk)
            if size > _LARGEST_PAGE:
                raise ServiceError(f"{opened.hops[-1].url} has more than 128 MiB: that is no page of an index.")
    except (requests.exceptions.RequestException, OSError) as error:
        raise lost(error, opened) from None
    # ISO 8859-1 is what requests assumes for text without a charset; pages are UTF-8.
    named = "charset" in opened.response.headers.get("content-type", "").lower()
    encoding = (opened.response.encoding if named else None) or "utf-8"
    try:
        return b"".join(parts).decode(encoding, "replace")
    except LookupError:
        return b"".join(parts).decode("utf-8", "replace")
