"""Which feed, and what of it, a request is about."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from amlpriv.local.plane.http import Request

__all__ = ["Asked", "is_feed_request", "read_asked"]

_HOST = "pkgs.dev.azure.com"
_OLD_SUFFIX = ".pkgs.visualstudio.com"


@dataclass(frozen=True, slots=True)
class Asked:
    """``/{organisation}[/{project}]/_packaging/{feed}[@view]/pypi/{rest...}``, decoded, in the caller's spelling."""

    organisation: str
    project: str | None
    feed: str
    view: str | None
    rest: tuple[str, ...]
    """What follows ``pypi``, without empty segments: ``("simple", "name")``."""
    prefix: str
    """What links begin with: scheme, host, and the organisation where the host does not say it."""

    @property
    def area(self) -> str:
        """``simple``, ``upload``, ``download``, or something that there is not."""
        return self.rest[0].lower() if self.rest else ""


def is_feed_request(request: Request) -> bool:
    """Whether a request belongs to a feed, whether that exists or not."""
    host = _host(request)
    return host == _HOST or host.endswith(_OLD_SUFFIX) or "/_packaging/" in unquote(request.path).lower()


def read_asked(request: Request) -> Asked | None:
    """What is asked for; None when no feed of Python packages has such an address."""
    parts = tuple(unquote(part) for part in request.path.split("/") if part)
    host, prefix = _host(request), request.base
    if host.endswith(_OLD_SUFFIX):
        organisation = host.removesuffix(_OLD_SUFFIX)
        parts = parts[1:] if parts[:1] and parts[0].lower() == "defaultcollection" else parts
    elif parts:
        organisation, parts = parts[0], parts[1:]
        prefix += f"/{request.path.lstrip('/').partition('/')[0]}"
    else:
        return None
    place = next((at for at, part in enumerate(parts[:2]) if part.lower() == "_packaging"), None)
    if place is None or len(parts) < place + 3 or parts[place + 2].lower() != "pypi":
        return None
    feed, _, view = parts[place + 1].partition("@")
    rest = parts[place + 3 :]
    return Asked(organisation, parts[0] if place else None, feed, view or None, rest, prefix)


def _host(request: Request) -> str:
    return request.host.lower().partition(":")[0].rstrip(".")
