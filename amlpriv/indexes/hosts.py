"""Which hosts a network has to let through for an index: those that were seen, and those that are known. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from amlpriv.connections.feed_kinds import FeedKind

__all__ = ["HostNeed", "HostState", "collect_hosts", "is_allowed", "known_hosts"]

HostState = str
"""``reached``, ``blocked``, ``listed`` (files are there, none was asked for) or ``known`` (by documentation)."""

_ORDER = ("blocked", "reached", "listed", "known")

# Azure DevOps, "Allowed address lists and network connections": the first two are the feeds themselves; files come by
# redirect from the others.
_AZURE = (
    ("pkgs.dev.azure.com", "feeds"),
    ("*.pkgs.visualstudio.com", "feeds, older address"),
    ("*.vsassets.io", "files of feeds, by CDN"),
    ("*.vsblob.visualstudio.com", "files of feeds"),
    ("*.blob.core.windows.net", "files of feeds, by redirect"),
)


@dataclass(frozen=True, slots=True)
class HostNeed:
    """One host."""

    host: str
    """With its port where it is not the usual one; ``*.`` at the front stands for any name."""
    reason: str
    state: HostState
    allowed: bool | None = None
    """What the rules that were given say; None without rules, and for a pattern."""


def known_hosts(kind: FeedKind) -> tuple[tuple[str, str], ...]:
    """Hosts by documentation, each with its reason."""
    return _AZURE if kind is FeedKind.AZURE_ARTIFACTS else ()


def collect_hosts(
    found: Iterable[tuple[str, str, HostState]], kind: FeedKind, allowed: Callable[[str], bool] | None
) -> tuple[HostNeed, ...]:
    """Each host once, in its most telling state."""
    needs: dict[str, HostNeed] = {}
    for host, reason, state in (*found, *((host, reason, "known") for host, reason in known_hosts(kind))):
        before = needs.get(host)
        if before is None or _ORDER.index(state) < _ORDER.index(before.state):
            said = None if allowed is None or host.startswith("*") else is_allowed(host, allowed)
            needs[host] = HostNeed(host, before.reason if before else reason, state, said)
    return tuple(needs.values())


def is_allowed(host: str, allowed: Callable[[str], bool]) -> bool:
    """Whether the rules let a host through; they are asked by its name, without the port."""
    return allowed(host if host.endswith("]") else host.rpartition(":")[0] or host)
