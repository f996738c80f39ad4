"""What a connection is for: a feed or a repository as a user names it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from amlpriv.connections.addresses import Credentials, read_address, take_credentials
from amlpriv.connections.complaints import Complaint, note
from amlpriv.connections.feeds import FeedKind, FeedUrl, parse_feed_url
from amlpriv.connections.git_hosts import GitHost
from amlpriv.connections.git_reading import parse_git_url
from amlpriv.connections.kinds import Category, StoredConnection
from amlpriv.connections.matching import match_git, match_index
from amlpriv.connections.verdicts import Verdict
from amlpriv.errors import UsageError
from amlpriv.findings import Severity

__all__ = ["Place", "connect_place", "is_exact", "refuse"]


@dataclass(frozen=True, slots=True)
class Place:
    """A feed or a repository as a user named it, and the target of its connection."""

    category: Category
    kind: FeedKind | GitHost
    url: str
    """What an index line or a git line of a specification says."""
    target: str
    chosen: bool
    """Whether the target is our choice, and not the user's."""
    credentials: Credentials | None
    complaints: tuple[Complaint, ...]
    """About the address; none about the target."""

    @property
    def word(self) -> str:
        """``feed`` or ``git``."""
        return "feed" if self.category is Category.FEED else "git"

    @property
    def noun(self) -> str:
        """What it is, in a sentence."""
        return "feed" if self.category is Category.FEED else "repository"

    @property
    def exact(self) -> bool:
        """Whether ``url`` leads to one index or repository, and not to all below an address."""
        return is_exact(self.category, self.url)

    def match(self, connections: Sequence[StoredConnection]) -> Verdict:
        """Which of the connections the image build uses for it."""
        return (
            match_index(self.url, connections) if self.category is Category.FEED else match_git(self.url, connections)
        )


def connect_place(kind: str, url: str, target: str | None = None) -> Place:
    """The feed or repository at ``url``. Raises UsageError when it is none, or has a credential in it."""
    if kind not in ("feed", "git"):
        raise UsageError(f"There are no connections of kind {kind!r} here.", hint="Use 'feed' or 'git'.")
    if kind == "feed" and _is_git(url):
        raise UsageError("This is the address of a git repository.", hint="Use 'amlpriv connect git'.")
    place = _feed(url, target) if kind == "feed" else _git(url, target)
    wrong = [item for item in place.complaints if item.severity is Severity.ERROR]
    if any(item.code == "credentials-in-url" for item in wrong):
        known = f"; the address is {place.url}" if read_address(place.url).host else ""
        raise UsageError(
            f"The address of the {place.noun} has a credential in it, which now stands in your shell's history or "
            "notebook.",
            hint=f"Revoke it, and give a new one by --token-from{known}.",
        )
    if wrong and (ascii_host := _punycode(url)):
        raise UsageError("The address cannot be used: its host is not ASCII.", hint=f"Write the host as {ascii_host}.")
    refuse(wrong, "The address cannot be used")
    return place


_SCP = re.compile(r"[^@/:\s]+@[A-Za-z0-9.-]+:(?!\d+(/|$))(?!//)[^@\s]+")


def _is_git(url: str) -> bool:
    """Whether an address can only be that of a repository: by its scheme, as ``git@host:path``, or by ``.git``."""
    url = url.strip()
    if url.lower().startswith(("git+", "git://", "ssh://")) or _SCP.fullmatch(url):
        return True
    feed = parse_feed_url(url)
    return feed.credentials is None and feed.simple is not None and feed.written.text.endswith(".git")


def _punycode(url: str) -> str | None:
    """The host of an address as servers know it (RFC 3490); None where it has no other letters than ASCII's."""
    try:
        host = (urlsplit(take_credentials(url.strip())[0]).hostname or "").lower()
        written = host.encode("idna").decode("ascii")
    except ValueError:
        return None
    if host.isascii():
        return None
    # Python's rule of 2003 changes letters that today's rule keeps.
    return written if written.encode("ascii").decode("idna") == host else "servers know it, in ASCII (xn--...)"


def _feed(url: str, target: str | None) -> Place:
    """A target may be a whole organisation, and so may an address; nothing is known about its feeds then."""
    feed = _without_user(parse_feed_url(url), url)
    whole = feed.simple is None and feed.organisation is not None
    shown = feed.simple or (feed.base if whole else feed.written.text)
    left_out = ("short-lived-token", "no-feed") if whole else ("short-lived-token",)
    complaints = tuple(item for item in feed.complaints if item.code not in left_out)
    return Place(Category.FEED, feed.kind, shown, target or feed.base, target is None, feed.credentials, complaints)


def _without_user(feed: FeedUrl, url: str) -> FeedUrl:
    """``https://contoso@pkgs.dev.azure.com/contoso/...``: Azure DevOps shows addresses so; that is no secret."""
    login = feed.credentials
    if feed.kind is not FeedKind.AZURE_ARTIFACTS or login is None or login.password is not None or login.user is None:
        return feed
    if login.user.reveal().lower() != (feed.organisation or "").lower():
        return feed
    clean = parse_feed_url(take_credentials(url)[0])
    message = "the address has the organisation as its user, which leaves a connection nothing to fill in."
    dropped = note("user-in-url", message, "Leave out what stands before the '@'.")
    return replace(clean, complaints=(*clean.complaints, dropped))


def _git(url: str, target: str | None) -> Place:
    git = parse_git_url(url)
    complaints = tuple(item for item in git.complaints if item.code not in ("no-ref", "not-a-commit"))
    kind = git.kind if git.kind is not GitHost.OTHER else _ACCOUNTS.get(git.host, git.kind)
    return Place(Category.GIT, kind, git.url, target or git.target, target is None, git.credentials, complaints)


_ACCOUNTS = {
    "github.com": GitHost.GITHUB,
    "gitlab.com": GitHost.GITLAB,
    "bitbucket.org": GitHost.BITBUCKET,
    "dev.azure.com": GitHost.AZURE_REPOS,
}
"""Hosts whose repositories have an account at least before them: one name alone is that of the account."""


def is_exact(category: Category, address: str) -> bool:
    """Whether an address leads to one index or one repository, and not to all that is below it."""
    if category is Category.FEED:
        return parse_feed_url(address).simple is not None
    git = parse_git_url(address)
    return bool(git.repository) and (git.kind is not GitHost.OTHER or git.host not in _ACCOUNTS)


def refuse(complaints: Sequence[Complaint], begin: str) -> None:
    """UsageError with all of them, if there are any."""
    if complaints:
        first, *others = complaints
        message = f"{begin}: {first.message}" + "".join(f"\nAnd: {item}" for item in others)
        raise UsageError(message, hint=first.fix or None)
