"""Credentials in environment variables: those of uv, pip, twine, Azure Pipelines and the Azure DevOps tools."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from amlpriv.connections.addresses import Address, Credentials, read_address
from amlpriv.connections.azure_hosts import azure_place
from amlpriv.connections.feeds import parse_feed_url, same_feed
from amlpriv.credentials.found import Sources, Subject, read_subject
from amlpriv.secret import Secret

__all__ = ["ENDPOINTS", "INDEXES", "azure_token", "feed_endpoints", "index_urls", "named_index", "pipeline_token"]

ENDPOINTS = ("ARTIFACTS_CREDENTIALPROVIDER_EXTERNAL_FEED_ENDPOINTS", "VSS_NUGET_EXTERNAL_FEED_ENDPOINTS")
"""The second is the older name; it counts only where the first is not set (artifacts-credprovider, README)."""

INDEXES: Mapping[str, tuple[str, str] | None] = {
    "PIP_INDEX_URL": None,
    "PIP_EXTRA_INDEX_URL": None,
    "UV_DEFAULT_INDEX": None,
    "UV_INDEX": None,
    "UV_INDEX_URL": None,
    "UV_EXTRA_INDEX_URL": None,
    "UV_PUBLISH_URL": ("UV_PUBLISH_USERNAME", "UV_PUBLISH_PASSWORD"),
    "TWINE_REPOSITORY_URL": ("TWINE_USERNAME", "TWINE_PASSWORD"),
}
"""Variables with addresses (some with several), and those with user and password for it (pip, uv, twine)."""

_COLLECTIONS = ("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI")
_Answer = tuple[Credentials | None, str]


def named_index(subject: Subject, sources: Sources) -> _Answer:
    """``UV_INDEX_<NAME>_PASSWORD`` with ``_USERNAME`` (uv, "Indexes": the name in upper case, other characters ``_``).

    Without a name given, it is the one that ``UV_INDEX`` or ``UV_DEFAULT_INDEX`` gives the address.
    """
    known = {name: at for name, at in _names(sources.environ) if name}
    name = sources.name or next((name for name, at in known.items() if _same_place(subject, at)), None)
    if not name:
        return None, "the index has no name"
    if name in known and not _same_place(subject, known[name]):
        return None, f"UV_INDEX gives the name {name} to another host"
    stem = "UV_INDEX_" + "".join(c.upper() if c.isascii() and c.isalnum() else "_" for c in name)
    user, password = (sources.environ.get(f"{stem}_{end}") for end in ("USERNAME", "PASSWORD"))
    if not password:
        return None, f"{stem}_PASSWORD is not set" if not user else f"{stem}_USERNAME is set without {stem}_PASSWORD"
    return Credentials(Secret(user) if user else None, Secret(password)), f"the variable {stem}_PASSWORD"


def pipeline_token(subject: Subject, sources: Sources) -> _Answer:
    """``SYSTEM_ACCESSTOKEN`` of a job in Azure Pipelines, for the job's own organisation (Azure Pipelines, "Predefined
    variables" and "Job access tokens")."""
    home = next((found for name in _COLLECTIONS if (found := sources.environ.get(name))), "")
    place, own = subject.azure, azure_place(read_address(home)) if home else None
    if place is not None and own is not None and not _same_name(place.organisation, own.organisation):
        return None, f"the job's organisation is {own.organisation}, and the address's is {place.organisation}"
    return _azure(subject, sources, "SYSTEM_ACCESSTOKEN")


def azure_token(subject: Subject, sources: Sources) -> _Answer:
    """``AZURE_DEVOPS_EXT_PAT``, which ``az devops`` reads (Azure DevOps CLI, "Sign in with a PAT")."""
    return _azure(subject, sources, "AZURE_DEVOPS_EXT_PAT")


def _azure(subject: Subject, sources: Sources, name: str) -> _Answer:
    value = sources.environ.get(name)
    if not value:
        return None, f"{name} is not set"
    if subject.azure is None:
        return None, f"{name} is for Azure DevOps only, and this is another host"
    if value.startswith("$("):
        return None, f"{name} holds a macro that Azure Pipelines did not replace"
    return Credentials(None, Secret(value)), f"the variable {name}"


def feed_endpoints(subject: Subject, sources: Sources) -> _Answer:
    """The endpoints of Microsoft's credential provider, which the tasks NuGetAuthenticate and PipAuthenticate set.

    An endpoint counts when it is the same feed, by whatever of its addresses.
    """
    name = next((name for name in ENDPOINTS if sources.environ.get(name)), None)
    if name is None:
        return None, f"{ENDPOINTS[0]} is not set"
    try:
        listed = json.loads(sources.environ[name])["endpointCredentials"]
        endpoints = [_endpoint(entry) for entry in listed]
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return None, f"{name} cannot be understood"
    for address, credentials in endpoints:
        if _same_index(subject, address) and credentials.password is not None:
            return credentials, f"the variable {name}"
    return None, f"{name} has nothing for this address"


def _endpoint(entry: Mapping[str, Any]) -> tuple[str, Credentials]:
    user, password = entry.get("username"), entry.get("password")
    return str(entry["endpoint"]), Credentials(Secret(str(user)) if user else None, _secret(password))


def _secret(value: object) -> Secret | None:
    return Secret(value) if isinstance(value, str) and value else None


def index_urls(subject: Subject, sources: Sources) -> _Answer:
    """User and password in the addresses that pip, uv and twine are given, for the same host (in Azure DevOps: the same
    organisation); the address that is most alike goes first."""
    others, found = 0, list[tuple[int, str, Credentials]]()
    for name, beside in INDEXES.items():
        for url in _urls(sources.environ.get(name, "")):
            other = read_subject(url)
            credentials = other.login or _beside(beside, sources.environ)
            if credentials is None:
                continue
            if _same_place(subject, other.address):
                found.append((_likeness(subject, other), name, credentials))
            else:
                others += 1
    if found:
        _, name, credentials = max(found, key=lambda each: each[0])  # of equals, the first
        return credentials, f"the variable {name}"
    return None, "those that are set are for other hosts" if others else "none is set with a password"


def _urls(value: str) -> Iterator[str]:
    for word in value.split():
        name, equals, url = word.partition("=")
        yield url if equals and "/" not in name and ":" not in name else word


def _names(environ: Mapping[str, str]) -> Iterator[tuple[str, Address]]:
    for variable in ("UV_INDEX", "UV_DEFAULT_INDEX"):
        for word in environ.get(variable, "").split():
            name, equals, url = word.partition("=")
            if equals and "/" not in name and ":" not in name:
                yield name, read_address(url)


def _beside(names: tuple[str, str] | None, environ: Mapping[str, str]) -> Credentials | None:
    if names is None:
        return None
    user, password = (environ.get(name) for name in names)
    if not password and names[0].startswith("UV_"):
        user, password = "__token__", environ.get("UV_PUBLISH_TOKEN")
    return Credentials(Secret(user) if user else None, Secret(password)) if password else None


def _likeness(subject: Subject, other: Subject) -> int:
    """How many names of the path agree from its beginning; the same index is above all."""
    if _same_index(subject, other.simple):
        return 1000
    agree = 0
    for one, two in zip(subject.address.parts, other.address.parts, strict=False):
        if one != two:
            break
        agree += 1
    return agree


def _same_index(subject: Subject, url: str) -> bool:
    feed, other = parse_feed_url(subject.simple or subject.address.text), parse_feed_url(url)
    return same_feed(feed, other) is True


def _same_place(subject: Subject, other: Address) -> bool:
    """The same server and, where one server is for many organisations, the same one."""
    place, theirs = subject.azure, azure_place(other)
    if place is not None and theirs is not None:
        return other.scheme == "https" and other.port is None and _same_name(place.organisation, theirs.organisation)
    return bool(other.host) and subject.address.origin == other.origin


def _same_name(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one.lower() == other.lower()
