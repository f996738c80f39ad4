"""Addresses of package feeds: one reader for every form in use, with the credentials taken out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from amlpriv.connections.addresses import Address, Credentials, read_address
from amlpriv.connections.azure_feeds import read_azure
from amlpriv.connections.azure_hosts import is_id
from amlpriv.connections.complaints import Complaint, error
from amlpriv.connections.feed_kinds import FeedKind, Layout
from amlpriv.connections.hosted_feeds import read_hosted
from amlpriv.connections.served_feeds import read_served, read_simple
from amlpriv.findings import Severity

__all__ = ["FeedKind", "FeedUrl", "parse_feed_url", "same_feed"]

_CASELESS = (FeedKind.AZURE_ARTIFACTS, FeedKind.AZURE_SERVER)


@dataclass(frozen=True, slots=True)
class FeedUrl:
    """An index by its address. Nothing of it but ``credentials`` is secret, and they print redacted."""

    kind: FeedKind
    host: str
    """As written, in lower case; empty when the text was no address."""
    organisation: str | None
    """Azure: organisation or collection. GitLab: a group. Others: owner, account or user."""
    project: str | None
    feed: str | None
    view: str | None
    simple: str | None
    """Root of the simple pages in the form to use, with a slash at the end; None where the address leads to no feed."""
    upload: str | None
    """Where twine and uv send distributions to; None where that is not possible, or not known."""
    upload_assumed: bool
    """Whether ``upload`` is only what such a server usually takes."""
    base: str
    """What to give a connection as its target: for Azure Artifacts the organisation's address, which is documented."""
    written: Address
    """The address as given, without its credentials: what an index line says, and a connection is compared with."""
    credentials: Credentials | None = None
    complaints: tuple[Complaint, ...] = ()

    @property
    def errors(self) -> tuple[Complaint, ...]:
        """The complaints because of which the address must not be used as it is."""
        return tuple(complaint for complaint in self.complaints if complaint.severity is Severity.ERROR)

    @property
    def by_id(self) -> bool:
        """Whether the project or the feed is named by its GUID."""
        return any(name is not None and is_id(name) for name in (self.project, self.feed))

    def __str__(self) -> str:
        return self.simple or self.written.text if self.host else "(no address)"


def parse_feed_url(text: str) -> FeedUrl:
    """A feed by any of its addresses; never raises.

    Read are the forms that pip's ``--index-url`` takes, and what people have in their clipboard in their place: the
    address for uploads, the page of one package, the feed's web page, its address for another package manager.
    Credentials are taken out, from the path too where a service takes them there. What is wrong stands in
    ``complaints``; without an error among them ``simple`` is never None.
    """
    if (scheme := text.strip().partition("://")[0].lower()) != text.strip().lower() and scheme.startswith("git+"):
        complaint = error("git-url", "this is the address of a git repository.", "Use 'amlpriv connect git'.")
        return _nothing(Address("", "", None, (), complaints=(complaint,)))
    address = read_address(text)
    if not address.host:
        return _nothing(address)
    layout = read_azure(address) or read_hosted(address) or read_served(address) or read_simple(address)
    return _feed(address, layout)


def _feed(address: Address, layout: Layout) -> FeedUrl:
    secret = layout.credentials
    written = replace(address, credentials=None, complaints=())
    if secret is not None and (token := secret.token) is not None:
        written = replace(written, parts=tuple(part for part in written.parts if part != token.reveal()))
    return FeedUrl(
        layout.kind,
        address.host,
        layout.organisation,
        layout.project,
        layout.feed,
        layout.view,
        layout.simple,
        layout.upload,
        layout.upload_assumed,
        layout.base,
        written,
        address.credentials or secret,
        (*address.complaints, *layout.complaints),
    )


def _nothing(address: Address) -> FeedUrl:
    nothing = replace(address, credentials=None, complaints=())
    empty = (None,) * 6
    return FeedUrl(FeedKind.NONE, "", *empty, False, "", nothing, address.credentials, address.complaints)


def same_feed(one: FeedUrl, other: FeedUrl) -> bool | None:
    """Whether two addresses lead to the same feed (and view); None when only one of them has names, the other GUIDs.

    Azure DevOps compares names without regard to case, others do not. A feed of an organisation and a feed of a
    project are two feeds even where they have one name.
    """
    if one.simple is None or other.simple is None or one.kind is not other.kind:
        return False
    if one.kind not in _CASELESS:
        return one.simple == other.simple
    if one.simple.lower() == other.simple.lower():
        return True
    same_place = _lower(one.organisation) == _lower(other.organisation) and _lower(one.view) == _lower(other.view)
    if not same_place or (one.project is None) != (other.project is None):
        return False
    pairs = ((one.project, other.project), (one.feed, other.feed))
    unequal = [(a or "", b or "") for a, b in pairs if _lower(a) != _lower(b)]
    return None if unequal and all(is_id(a) != is_id(b) for a, b in unequal) else not unequal


def _lower(name: str | None) -> str:
    return (name or "").lower()
