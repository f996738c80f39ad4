"""The feeds of a local workspace as one function from request to response."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from amlpriv.local.feed.addresses import is_feed_request, read_asked
from amlpriv.local.feed.asking import Errand
from amlpriv.local.feed.feeds import Feed, Feeds
from amlpriv.local.feed.packages import Packages
from amlpriv.local.feed.reading import download, simple
from amlpriv.local.feed.redirects import Redirects
from amlpriv.local.feed.refusals import FeedRefusal
from amlpriv.local.feed.signing_in import sign_in
from amlpriv.local.feed.tokens import ensure_tokens
from amlpriv.local.feed.uploading import upload
from amlpriv.local.feed.upstream import Upstream
from amlpriv.local.plane.http import Request, Response

__all__ = ["FeedService"]


class FeedService:
    """All feeds. Safe between threads."""

    def __init__(
        self, root: Path, *, tenant: str, now: Callable[[], datetime], upstream: Upstream | None = None
    ) -> None:
        """``root`` is AMLPRIV_HOME; ``now`` gives an aware time. Raises LocalWorkspaceError."""
        self.feeds = Feeds(root / "feeds")
        self.tokens = ensure_tokens(root)
        self._tenant, self._now, self._upstream = tenant, now, upstream
        self._redirects = Redirects(self.feeds.folder, self.tokens.write)
        self._packages: dict[str, Packages] = {}
        self._lock = threading.Lock()

    def owns(self, request: Request) -> bool:
        """Whether a request belongs to a feed."""
        return is_feed_request(request)

    def packages(self, feed: Feed) -> Packages:
        """What a feed has."""
        with self._lock:
            if feed.id not in self._packages:
                self._packages[feed.id] = Packages(self.feeds.folder / feed.id)
            return self._packages[feed.id]

    def answer(self, request: Request) -> Response:
        """Answer a request that ``owns`` says is ours. Raises FeedRefusal, LocalWorkspaceError, StorageFullError.

        Who asks is looked at first, as the service does: nobody learns which feeds there are.
        """
        if (file := self._redirects.answer(request)) is not None:
            return file
        user = sign_in(request, self.tokens, self._tenant, self._now())
        asked = read_asked(request)
        if asked is None:
            raise FeedRefusal(404, "ResourceNotFoundException", "The page you are looking for cannot be found.")
        feed = self.feeds.find(asked.organisation, asked.project, asked.feed)
        if feed is None:
            raise FeedRefusal(404, "FeedIdNotFoundException", f"The feed with ID '{asked.feed}' doesn't exist.")
        alone = request.isolated or user.is_isolated
        upstream = self._upstream if feed.upstream and not alone else None
        errand = Errand(request, asked, user, feed, self.packages(feed), upstream, self._redirects, self._tenant)
        return _perform(errand)


def _perform(errand: Errand) -> Response:
    method, area, rest = errand.request.method, errand.asked.area, errand.asked.rest[1:]
    if area == "upload" and method in ("POST", "PUT"):
        return upload(errand)
    if area in ("simple", "download") and method in ("GET", "HEAD"):
        return simple(errand, rest) if area == "simple" else download(errand, rest)
    if area in ("upload", "simple", "download"):
        message = f"The requested resource does not support http method '{errand.request.method}'."
        raise FeedRefusal(405, "MethodNotAllowedException", message)
    raise FeedRefusal(404, "ResourceNotFoundException", "The page you are looking for cannot be found.")
