"""One request of a feed with all that belongs to it, and what the feed's pages and files are for it."""

from __future__ import annotations

from dataclasses import dataclass

from amlpriv.connections.pages import File
from amlpriv.local.feed.addresses import Asked
from amlpriv.local.feed.feeds import Feed
from amlpriv.local.feed.packages import Package, Packages
from amlpriv.local.feed.redirects import Redirects
from amlpriv.local.feed.refusals import FeedRefusal
from amlpriv.local.feed.signing_in import User
from amlpriv.local.feed.upstream import Upstream
from amlpriv.local.plane.http import Request

__all__ = ["Errand"]


@dataclass(frozen=True, slots=True)
class Errand:
    """What somebody wants of a feed that there is."""

    request: Request
    asked: Asked
    user: User
    feed: Feed
    packages: Packages
    upstream: Upstream | None
    """None where the feed has none, or it may not be asked: for an isolated client it may not."""
    redirects: Redirects
    tenant: str

    @property
    def base(self) -> str:
        """What download links begin with, up to ``pypi``: by ids and not by names, as the service writes them
        (astral-sh/uv#17357)."""
        return f"{self.asked.prefix}/{self.feed.link_path(self.asked.view)}/pypi"

    def outside(self, package: Package) -> tuple[File, ...]:
        """The files of a package that upstream has and the feed does not.

        Once a version was pushed, there are none unless the package allows them (Azure Artifacts, "Allow external
        versions"); what was saved before that stays. A view shows what was saved only.
        """
        hidden = package.is_pushed and not package.allow_external
        if self.upstream is None or hidden or (self.asked.view or "local").lower() != "local":
            return ()
        return tuple(file for file in self.upstream.known_files(package.name) if not package.file(file.filename))

    def not_found(self, what: str) -> FeedRefusal:
        """A 404; its words are assumed."""
        return FeedRefusal(404, "PackageNotFoundException", f"{what} could not be found in feed '{self.feed.name}'.")
