"""Downloads by way of another host: the real service redirects to its storage, with a signature and without a login."""

from __future__ import annotations

import base64
import hmac
from pathlib import Path
from urllib.parse import quote, unquote

from amlpriv.local.feed.feeds import Feed
from amlpriv.local.plane.http import Request, Response
from amlpriv.secret import Secret

__all__ = ["HERE", "Redirects", "send_file"]

HERE = "self"
"""As a feed's ``redirect_to``: another host name of this server."""

_MARK = "_packaging/stored"
_OLD_HOST = "blobs.pkgs.visualstudio.com"
"""For isolated clients, whose proxy leads it here."""


class Redirects:
    """Signs addresses of files, and reads them again."""

    def __init__(self, folder: Path, key: Secret) -> None:
        """``folder`` is where all feeds' files are; ``key`` is what signs."""
        self._folder, self._key = folder, key

    def address(self, request: Request, feed: Feed, path: Path, sha256: str) -> str:
        """Where ``feed`` redirects a download of ``path``."""
        if feed.redirect_to != HERE:
            store = f"{feed.redirect_to.rstrip('/')}/b-{feed.id.replace('-', '')}/{sha256.upper()}.blob"
            return f"{store}?{_query(self._sign(sha256))}"
        _, _, port = request.host.partition(":")
        host = f"127.0.0.1:{port}" if port else _OLD_HOST
        place = path.relative_to(self._folder).as_posix()
        return f"https://{host}/{_MARK}/{quote(place)}?{_query(self._sign(place))}"

    def answer(self, request: Request) -> Response | None:
        """The file at one of our addresses; None for an address that is none of ours, 403 for another signature."""
        path = unquote(request.path).lstrip("/")
        if not path.startswith(f"{_MARK}/"):
            return None
        place = path.removeprefix(f"{_MARK}/")
        given = request.query.get("sig", "")
        if not hmac.compare_digest(given.encode(), self._sign(place).encode()):
            text = "Server failed to authenticate the request. Make sure the value of Authorization header is formed"
            return Response(403, f"{text} correctly including the signature.".encode(), {"Content-Type": "text/plain"})
        return send_file(self._folder / place)  # what is signed is one of our own paths

    def _sign(self, text: str) -> str:
        return base64.b64encode(hmac.digest(self._key.reveal().encode(), text.encode(), "sha256")).decode()


def send_file(path: Path) -> Response:
    """The bytes of a file."""
    return Response(200, None, {"Content-Type": "application/octet-stream"}, file=path)


def _query(signature: str) -> str:
    """As of a shared access signature for one blob."""
    return f"sv=2019-07-07&sr=b&sig={quote(signature, safe='')}&spr=https&se=2099-01-01T00%3A00%3A00Z&sp=r"
