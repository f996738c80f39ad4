"""Addresses of Azure Artifacts, and of what has the same paths.

``https://pkgs.dev.azure.com/{organisation}[/{project}]/_packaging/{feed}[@{view}]/pypi/simple/`` and ``.../upload/``
(Azure Artifacts, "Project-scoped feeds", "Feed views", Python quickstart). The legacy host and the addresses of web
pages are read as well, and answered with the one above. A view is written ``%40``: the same to a server, and no reader
of user parts can mistake it. Azure DevOps compares names without regard to case.
"""

from __future__ import annotations

from collections.abc import Sequence

from amlpriv.connections.addresses import Address
from amlpriv.connections.azure_hosts import AzurePlace, AzureService, azure_place
from amlpriv.connections.complaints import Complaint, error, note, warning
from amlpriv.connections.feed_kinds import FeedKind, Layout

__all__ = ["read_azure"]

FEEDS_HOST = "https://pkgs.dev.azure.com"
_PROTOCOLS = frozenset({"cargo", "maven", "npm", "nuget", "upack"})


def read_azure(address: Address) -> Layout | None:
    """What an address says about a feed of Azure Artifacts; None when it is another kind of address."""
    place = azure_place(address)
    if place is None:
        return _server(address)
    if place.organisation is None:
        complaint = error(
            "no-feed", "the address names no organisation.", "Add '/ORGANISATION/PROJECT/_packaging/...'."
        )
        return Layout(FeedKind.AZURE_ARTIFACTS, None, None, FEEDS_HOST, complaints=(complaint,))
    return _services(place, place.organisation)


def _services(place: AzurePlace, organisation: str) -> Layout:
    complaints: list[Complaint] = []
    base = Address("https", "pkgs.dev.azure.com", None, (organisation,)).text
    found = _packaging(place.rest)
    if found is None:
        found = _web_page(place.rest)
        if found is None:
            fix = "Add '/PROJECT/_packaging/FEED/pypi/simple/' ('Connect to Feed', 'pip' shows it)."
            complaint = error("no-feed", "the address names an organisation and no feed.", fix)
            project = place.rest[0] if place.rest and not place.rest[0].startswith("_") else None
            return Layout(FeedKind.AZURE_ARTIFACTS, None, None, base, organisation, project, complaints=(complaint,))
        complaints.append(_about_web_page(found[0]))
    scope, feed, tail = found
    project = scope[0] if scope else None
    simple, upload, name, view = _endpoints(organisation, project, feed)
    if place.service is AzureService.WEB and not complaints:
        complaints.append(warning("wrong-host", "feeds are not at the host of the web pages.", f"Use {simple}"))
    elif place.legacy and place.service is AzureService.FEEDS:
        message = "visualstudio.com is the old host; a connection for dev.azure.com does not match it."
        complaints.append(warning("legacy-host", message, f"Use {simple}"))
    complaints += _about_tail(tail, simple)
    if view:
        upload = None  # a view is read-only: packages are published to the feed and promoted (Azure Artifacts, views)
    return Layout(
        FeedKind.AZURE_ARTIFACTS, simple, upload, base, organisation, project, name, view, complaints=tuple(complaints)
    )


def _server(address: Address) -> Layout | None:
    """Azure DevOps Server: ``https://{server}[/tfs]/{collection}[/{project}]/_packaging/...``."""
    found = _packaging(address.parts)
    if found is None:
        return None
    scope, feed, tail = found
    names = scope[1:] if scope[:1] and scope[0].lower() == "tfs" and len(scope) > 1 else scope
    name, _, view = feed.partition("@")
    root = (*scope, "_packaging", feed, "pypi")
    simple = address.at(*root, "simple", slash=True)
    return Layout(
        FeedKind.AZURE_SERVER,
        simple,
        None if view else address.at(*root, "upload", slash=True),
        address.at(*scope),
        names[0] if names else None,
        names[1] if len(names) > 1 else None,
        name,
        view or None,
        complaints=tuple(_about_tail(tail, simple)),
    )


def _packaging(parts: Sequence[str]) -> tuple[list[str], str, list[str]] | None:
    """``[project] _packaging feed tail...``; also the form of download links, ``_packaging feed pypi download``."""
    lowered = [part.lower() for part in parts]
    if "_packaging" not in lowered[:-1]:
        return None
    at = lowered.index("_packaging")
    return list(parts[:at]), parts[at + 1], list(parts[at + 2 :])


def _web_page(parts: Sequence[str]) -> tuple[list[str], str, list[str]] | None:
    """``[project] _artifacts feed NAME[@view] ...``, as the browser shows it."""
    lowered = [part.lower() for part in parts]
    if "_artifacts" not in lowered:
        return None
    at = lowered.index("_artifacts")
    if lowered[at + 1 : at + 2] != ["feed"] or len(parts) < at + 3:
        return None
    return list(parts[:at]), parts[at + 2], ["pypi", "simple"]


def _endpoints(organisation: str, project: str | None, feed: str) -> tuple[str, str | None, str, str | None]:
    origin = Address("https", "pkgs.dev.azure.com", None, ())
    name, _, view = feed.partition("@")
    root = tuple(part for part in (organisation, project, "_packaging", feed, "pypi") if part)
    return origin.at(*root, "simple", slash=True), origin.at(*root, "upload", slash=True), name, view or None


def _about_web_page(scope: Sequence[str]) -> Complaint:
    fix = "Take the address that 'Connect to Feed', 'pip' shows."
    message = "this is the web page of a feed."
    if scope:
        message += " Its project need not be the feed's: the page of a feed of the organisation may name one too."
    return warning("web-page", message, fix)


def _about_tail(tail: Sequence[str], simple: str) -> list[Complaint]:
    lowered = [part.lower() for part in tail]
    match lowered:
        case ["pypi", "simple"]:
            return []
        case ["pypi", "simple", _, *_]:
            return [warning("package-page", "this is the page of one package.", f"Use {simple}")]
        case ["pypi", "upload", *_]:
            message = "packages are sent to this address; pip cannot read it."
            return [warning("upload-address", message, f"As an index, use {simple}")]
        case ["pypi", "download", *_]:
            return [warning("package-page", "this is the address of one file.", f"Use {simple}")]
        case [protocol, *_] if protocol in _PROTOCOLS:
            return [warning("other-protocol", f"this is the feed's address for {protocol}.", f"Use {simple}")]
        case _:
            return [note("not-simple", "the address does not end in /pypi/simple/.", f"Use {simple}")]
