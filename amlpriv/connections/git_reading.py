"""Reads the address of a git repository, in any form that pip, uv, git and a browser have for it.

Reference and fragment are split off as pip does (VCS support: ``git+URL@ref#egg=name[extra]&subdirectory=path``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, unquote, urlsplit

from amlpriv.connections.addresses import Address, Credentials, read_address, take_credentials
from amlpriv.connections.azure_hosts import AzureService, azure_place
from amlpriv.connections.complaints import Complaint, error, note, warning
from amlpriv.connections.feed_kinds import FeedKind
from amlpriv.connections.feeds import parse_feed_url
from amlpriv.connections.git_hosts import GitHost, Place, Transport, find_place, spell
from amlpriv.connections.git_urls import GitUrl
from amlpriv.connections.tokens import TokenKind, token_shape
from amlpriv.secret import Secret

__all__ = ["parse_git_url"]

_NAMED = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[(?P<extras>[\w., -]*)\])?\s*@\s+(?P<rest>\S.*)"
)
_EGG = re.compile(r"(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)(?:\[(?P<extras>[^\]]*)\])?")
_SCP = re.compile(r"(?:(?P<user>[^@/:\s]+)@)?(?P<host>[A-Za-z0-9-]{2,}(?:\.[A-Za-z0-9-]+)*):(?P<path>(?!//)\S+)")
# A host and a path without a scheme, with or without what should not be before them.
_BARE = re.compile(r"(?!git@)(?:[^/\s@]+@)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d+)?/[^\s]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SSH_USERS = frozenset({"git", "ssh", "hg"})
_SCHEMES = frozenset({"file", "ftp", "git", "http", "https", "ssh"})
_LONGEST_USER = 32
_VERSIONS = {"GB": "branch", "GT": "tag", "GC": "commit"}


@dataclass(slots=True)
class _Draft:
    """What is known so far."""

    complaints: list[Complaint]
    name: str | None = None
    extras: tuple[str, ...] = ()
    ref: str | None = None
    subdirectory: str | None = None
    user: str | None = None
    credentials: Credentials | None = None


def parse_git_url(text: str) -> GitUrl:
    """A repository by any of its addresses; never raises: what is wrong stands in ``complaints``.

    Credentials are taken out. A user that only names an organisation or ``git`` is no credential.
    """
    draft, text = _Draft([]), text.strip()
    if _CONTROL.search(text):
        return _nothing(draft, "the address holds a control character or a line break.", "Write it on one line.")
    if named := _NAMED.fullmatch(text):
        draft.name, draft.extras, text = named["name"], _extras(named["extras"]), named["rest"]
    text, _, fragment = text.partition("#")
    _read_fragment(draft, fragment)
    plus = text.lower().startswith("git+")
    text = text[4:] if plus else text
    if "://" not in text and _BARE.match(text):
        draft.complaints.append(warning("no-scheme", "the address has no 'https://'.", "Write it with https://."))
        text = f"https://{text}"
    if "://" not in text:
        return _read_scp(draft, text, plus=plus)
    return _read_url(draft, text)


def _read_scp(draft: _Draft, text: str, *, plus: bool) -> GitUrl:
    """``git@host:path``, ssh's own form, or a path of this machine."""
    match = _SCP.fullmatch(text)
    if match is None or match["host"].lower() in _SCHEMES:
        if re.match(r"(\.{0,2}[\\/]|~|[A-Za-z]:[\\/]|file:)", text):
            return _nothing(draft, *_LOCAL, code="local-repository")
        return _nothing(draft, "this is not the address of a repository.", "Give its https address.")
    if plus:
        message = "pip does not know the form git@host:path."
        draft.complaints.append(error("scp-form", message, "Write git+https://host/path, or git+ssh://git@host/path."))
    if match["user"]:
        _read_user(draft, match["user"], Transport.SSH, match["host"].lower(), "")
    path = _take_ref(draft, match["path"].removeprefix("/"))
    return _finish(draft, Transport.SSH, match["host"].lower(), None, path)


def _read_url(draft: _Draft, text: str) -> GitUrl:
    scheme = text.partition("://")[0].lower()
    transport = next((item for item in Transport if item.value == scheme), None)
    if transport is Transport.FILE:
        return _nothing(draft, *_LOCAL, code="local-repository")
    if transport is None:
        return _nothing(draft, f"git is not reached by '{scheme}:'.", "Give the repository's https address.", "scheme")
    text, user = take_credentials(text)
    try:
        pieces = urlsplit(text)
        bare = pieces.netloc.partition("]")[0] + "]" if "]" in pieces.netloc else pieces.hostname
        host, port = (bare or "").lower(), pieces.port
    except ValueError:
        host, port, pieces = "", None, urlsplit("")
    if user is not None:
        _read_user(draft, user, transport, host, pieces.path)
    if not host:
        return _nothing(draft, "the host or the port cannot be read.", "Check the part behind '//'.")
    if not read_address(f"https://{host}").host:
        return _nothing(draft, "the host is no host name.", "Check the part behind '//'.")
    if transport in (Transport.HTTP, Transport.HTTPS) and _is_index(text):
        draft.complaints.append(error("index-address", *_INDEX))
    if transport in (Transport.HTTP, Transport.GIT):
        message = f"{scheme}: is neither encrypted nor signed."
        draft.complaints.append(warning("http", message, "Use https://."))
    path = _take_ref(draft, pieces.path)
    if pieces.query:
        _read_query(draft, pieces.query)
    usual = {Transport.HTTPS: 443, Transport.HTTP: 80, Transport.SSH: 22, Transport.GIT: 9418}[transport]
    return _finish(draft, transport, host, None if port == usual else port, path)


def _is_index(text: str) -> bool:
    """Whether an address by http(s) is that of a package index, by its host or its path."""
    feed = parse_feed_url(text)
    address = feed.written
    place = azure_place(address)
    if place is not None and place.service is AzureService.FEEDS:
        return True
    if feed.simple is None or not address.parts or address.parts[-1].endswith(".git"):
        return False
    pages = [part.removeprefix("+") for part in address.parts]
    if feed.kind is FeedKind.NEXUS:  # a path as a group of repositories could have it
        return "simple" in pages
    if feed.kind is not FeedKind.SIMPLE:
        return True
    return pages == ["simple"] or pages[-2:] == ["pypi", "simple"] or (pages[-1] == "simple" and text.endswith("/"))


def _finish(draft: _Draft, transport: Transport, host: str, port: int | None, path: str) -> GitUrl:
    parts = tuple(unquote(part) for part in path.split("/") if part)
    if not parts:
        return _nothing(draft, "the address names a host and no repository.", "Add the repository's path.")
    if " " in path:
        draft.complaints.append(warning("blank", "the path holds a blank.", "Write %20 for a blank."))
    written = Address(transport.value, host, port, parts)
    # A port that is none of the host's own usual ones leads elsewhere, except ssh by 443, which they offer as well.
    known = port is None or (transport is Transport.SSH and port == 443)
    place = find_place(transport, host, parts) if known else None
    https: str | None
    ssh: str | None
    if place is not None:
        draft = _read_page(draft, place)
        https, ssh = spell(place, Transport.HTTPS), spell(place, Transport.SSH)
        kind, owner, project, repository = place.kind, place.owner, place.project, place.repository
        if place.legacy:
            message = "visualstudio.com is the old host; a connection for dev.azure.com does not match it."
            draft.complaints.append(warning("legacy-host", message, f"Use {https}"))
    else:
        kind, owner, project, repository = GitHost.OTHER, None, None, parts[-1].removesuffix(".git")
        https = written.text if transport in (Transport.HTTPS, Transport.HTTP) else None
        user = f"{draft.user}@" if draft.user else ""
        ssh = replace(written, host=f"{user}{host}").text if transport is Transport.SSH else None
    if draft.ref is None:
        message = "the address names no tag or commit: each build takes what is newest then."
        draft.complaints.append(note("no-ref", message, "Add '@' and a tag or, better, a commit."))
    return GitUrl(
        kind, transport, host, port, owner, project, repository, https, ssh, written,
        draft.ref, draft.subdirectory, draft.name, draft.extras, draft.user, draft.credentials, tuple(draft.complaints),
    )  # fmt: skip


def _take_ref(draft: _Draft, path: str) -> str:
    """The path without ``@ref``. pip splits at the last ``@``: a tag with one in it is read wrongly."""
    if ".git@" in path:
        path, _, ref = path.partition(".git@")
        path += ".git"
        if "@" in ref:
            message = "the reference holds an '@', where pip splits it."
            draft.complaints.append(error("at-in-ref", message, "Give the commit in its place."))
    else:
        path, at, ref = path.rpartition("@") if "@" in path else (path, "", "")
        if at and not ref:
            draft.complaints.append(
                error("empty-ref", "nothing follows the '@'.", "Add a tag or a commit, or leave it out.")
            )
    draft.ref = ref.rstrip("/") or None
    return path


def _read_fragment(draft: _Draft, fragment: str) -> None:
    for part in fragment.split("&"):
        key, _, value = part.partition("=")
        if key == "egg" and (match := _EGG.fullmatch(unquote(value))) and draft.name is None:
            draft.name, draft.extras = match["name"], _extras(match["extras"])
        elif key == "subdirectory":
            draft.subdirectory = unquote(value).strip("/") or None
        elif key and key != "egg":
            draft.complaints.append(
                note("fragment", f"pip knows no '{_short(key)}' for a repository.", "Leave it out.")
            )
    if draft.subdirectory and ".." in draft.subdirectory.split("/"):
        message = "the subdirectory leads out of the repository."
        draft.complaints.append(error("subdirectory", message, "Name a folder of the repository."))


def _read_user(draft: _Draft, user: str, transport: Transport, host: str, path: str) -> None:
    name, colon, password = user.partition(":")
    owner = unquote(path.strip("/").partition("/")[0]).lower()
    plain = not colon and (
        unquote(name).lower() in (owner, host.partition(".")[0])
        or (transport is Transport.SSH and (name in _SSH_USERS or host.endswith(".visualstudio.com")))
    )
    if plain:
        draft.user = unquote(name)
        if transport is not Transport.SSH:
            message = "the address has a user in it, which leaves a connection nothing to fill in."
            draft.complaints.append(note("user-in-url", message, "Leave out what stands before the '@'."))
        return
    is_token = len(name) > _LONGEST_USER or token_shape(Secret(name)).kind is not TokenKind.UNKNOWN
    if transport is Transport.SSH and not colon and not is_token:
        draft.user = unquote(name)
        return
    draft.credentials = Credentials(
        Secret(unquote(name)) if name else None, Secret(unquote(password)) if colon else None
    )
    message = "the address has a credential in it; it stays readable in the environment and in logs."
    fix = "Leave it out, put it into a connection, and revoke the old one."
    draft.complaints.append(error("credentials-in-url", message, fix))


def _read_query(draft: _Draft, query: str) -> None:
    """Azure Repos' web page names the version in its query (``GBmain``); nothing else in a query is meant for git."""
    version = parse_qs(query).get("version", [""])[0]
    if version[:2] in _VERSIONS and draft.ref is None:
        draft.ref = version[2:] or None
    message = "the address has a query, which is no part of a repository's address."
    draft.complaints.append(warning("query", message, "Leave out the '?' and what follows."))


def _read_page(draft: _Draft, place: Place) -> _Draft:
    """``tree/{ref}/{path}`` and the like, behind a repository: the address of a web page."""
    if not place.rest:
        return draft
    match [*place.rest]:
        case ["tree" | "blob" | "src" | "commit", ref, *folder] if draft.ref is None:
            draft.ref = ref
            draft.subdirectory = draft.subdirectory or "/".join(folder) or None
    message = "this is the address of a web page; a reference with a '/' in it cannot be told from a folder there."
    draft.complaints.append(warning("web-page", message, f"Use {spell(place, Transport.HTTPS)} and '@' with the tag."))
    return draft


def _extras(text: str | None) -> tuple[str, ...]:
    return tuple(sorted({item.strip() for item in (text or "").split(",") if item.strip()}))


def _short(key: str) -> str:
    return key if re.fullmatch(r"[a-z0-9_]{1,12}", key) else "..."


_LOCAL = (
    "a repository on this machine's disk does not exist where the image is built.",
    "Push it to a server, or give the package as a path: amlpriv then builds the wheel here.",
)


_INDEX = (
    "this is the address of a package index, and not of a repository.",
    "For an index: amlpriv connect feed, and a line with --index-url.",
)


def _nothing(draft: _Draft, message: str, fix: str, code: str = "not-an-address") -> GitUrl:
    return GitUrl(
        GitHost.OTHER, None, "", None, None, None, "", None, None, Address("", "", None, ()),
        draft.ref, draft.subdirectory, draft.name, draft.extras, draft.user, draft.credentials,
        (*draft.complaints, error(code, message, fix)),
    )  # fmt: skip
