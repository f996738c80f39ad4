"""The feeds of a home, with the user's index as their upstream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from amlpriv.local.environment import BUNDLE_VARIABLES, outside
from amlpriv.local.feed.service import FeedService
from amlpriv.local.feed.upstream import Upstream
from amlpriv.local.home import Home

__all__ = ["open_feeds"]


def open_feeds(home: Home, tenant: str, now: Callable[[], datetime], environ: Mapping[str, str]) -> FeedService:
    """What the supervisor serves. ``environ`` is its own; a local workspace's proxy in it is left out.

    Raises LocalWorkspaceError when what is stored cannot be understood.
    """
    trusted = dict.fromkeys(BUNDLE_VARIABLES, str(home.ca_bundle))  # all that the user trusts
    upstream = Upstream({**outside(environ), **trusted})
    return FeedService(home.root, tenant=tenant, now=now, upstream=upstream)
