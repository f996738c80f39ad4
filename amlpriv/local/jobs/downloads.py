"""Public files that a job reads, fetched by the rules of the local workspace's proxy and through it."""

from __future__ import annotations

import base64
import shutil
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from amlpriv.errors import NetworkError, NotFoundError, UnsupportedError
from amlpriv.local.hosts import destination, is_excluded
from amlpriv.secret import redact

__all__ = ["download"]

_TIMEOUT = 60.0


def download(uri: str, folder: Path, account: str, environ: Mapping[str, str]) -> Path:
    """Fetch ``uri`` (``http`` or ``https``) into ``folder``; the file.

    ``environ`` are the variables of a child of the local workspace: they name its proxy, which passes foreign hosts
    through the user's own, and refuses them for an isolated child. Raises UnsupportedError for another host of Azure,
    as the proxy does, also where a redirect leads there; NotFoundError, NetworkError.
    """
    target = folder / (PurePosixPath(unquote(urlsplit(uri).path)).name or "index")
    tls = ssl.create_default_context(cafile=environ.get("SSL_CERT_FILE") or None)
    way = _Way(account, environ)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls), way)
    try:
        with opener.open(uri, timeout=_TIMEOUT) as answer, target.open("wb") as stream:
            shutil.copyfileobj(answer, stream)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (403, 407, 502, 503):  # the proxy's word: it gives the reason with the code
            raise NetworkError(f"{redact(uri)} cannot be had: {error.code} {redact(str(error.reason))}.") from None
        raise NotFoundError(
            f"{redact(uri)} answers {error.code} {error.reason}.", hint="Correct the address."
        ) from None
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise NetworkError(f"{redact(uri)} does not answer: {redact(str(reason))}.") from None
    return target


class _Way(urllib.request.BaseHandler):
    """Sends every request, those of redirects too, where a child's would go; before it is opened."""

    handler_order = 100

    def __init__(self, account: str, environ: Mapping[str, str]) -> None:
        self._account = account
        self._environ = environ

    def http_open(self, request: urllib.request.Request) -> None:
        self._send(request, "http")

    def https_open(self, request: urllib.request.Request) -> None:
        self._send(request, "https")

    def _send(self, request: urllib.request.Request, scheme: str) -> None:
        host = (urlsplit(request.full_url).hostname or "").lower()
        leads = destination(host, self._account)
        if leads == "refused" or (scheme == "http" and leads != "tunnel"):
            raise UnsupportedError(
                f"{host} belongs to Azure and has no part in amlpriv's local workspace "
                f"(its storage account is {self._account}); nothing was sent there.",
                hint="Upload the files to the local workspace, and use them from there.",
            )
        proxy = self._variable(f"{scheme}_proxy")
        if not proxy or (leads == "tunnel" and is_excluded(host, self._variable("no_proxy"))):
            return
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if parts.username:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            request.add_header("Proxy-authorization", f"Basic {base64.b64encode(pair).decode('ascii')}")
        request.set_proxy(parts.netloc.rpartition("@")[2], "http")

    def _variable(self, name: str) -> str:
        return self._environ.get(name) or self._environ.get(name.upper()) or ""
