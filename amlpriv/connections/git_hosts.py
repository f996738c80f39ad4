"""Hosts of git repositories: what their paths mean, and how one address is said by https and by ssh.

Sources: Azure Repos "Clone an existing Git repo" and "Use SSH key authentication", GitHub "About remote repositories"
and "Using SSH over the HTTPS port", GitLab "Clone a Git repository", Bitbucket Cloud "Clone a repository".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from amlpriv.connections.addresses import Address
from amlpriv.connections.azure_hosts import AzureService, azure_place

__all__ = ["GitHost", "Place", "Transport", "find_place", "spell"]


class GitHost(Enum):
    """Who serves a repository."""

    AZURE_REPOS = "azure-repos"
    GITHUB = "github"
    GITLAB = "gitlab"
    BITBUCKET = "bitbucket"
    OTHER = "other"


class Transport(Enum):
    """How a repository is fetched."""

    HTTPS = "https"
    HTTP = "http"
    SSH = "ssh"
    GIT = "git"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Place:
    """A repository at a host that is known."""

    kind: GitHost
    host: str
    """That of the https form."""
    owner: str
    """Organisation, account or workspace; with GitLab's subgroups, their path."""
    project: str | None
    """Azure Repos only."""
    repository: str
    """Without ``.git``, which is a part of the name at Azure Repos only."""
    legacy: bool = False
    rest: tuple[str, ...] = ()
    """What follows in the path: a web page's part."""


_SSH_HOSTS = {
    "ssh.github.com": "github.com",
    "www.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
    "www.bitbucket.org": "bitbucket.org",
}
_KINDS = {"github.com": GitHost.GITHUB, "gitlab.com": GitHost.GITLAB, "bitbucket.org": GitHost.BITBUCKET}


def find_place(transport: Transport, host: str, parts: Sequence[str]) -> Place | None:
    """The repository of a path at a host; None where the host is not known, or the path leads to none."""
    if transport is Transport.SSH and (found := _azure_ssh(host, parts)):
        return found
    if transport in (Transport.HTTPS, Transport.HTTP) and (found := _azure_https(host, parts)):
        return found
    host = _SSH_HOSTS.get(host, host)
    kind = _KINDS.get(host, GitHost.GITLAB if host.startswith("gitlab.") else None)
    if kind is None or len(parts) < 2:
        return None
    names, rest = _split_page(kind, parts)
    if len(names) < 2:
        return None
    return Place(kind, host, "/".join(names[:-1]), None, names[-1].removesuffix(".git"), rest=tuple(rest))


def _split_page(kind: GitHost, parts: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of the repository's path, and what a web page has behind them."""
    if kind is not GitHost.GITLAB:
        return list(parts[:2]), list(parts[2:])
    for end, part in enumerate(parts):
        if part == "-":
            return list(parts[:end]), list(parts[end + 1 :])
    return list(parts), []


def _azure_https(host: str, parts: Sequence[str]) -> Place | None:
    """``[{project}/]_git/{repository}``; without a project, the project has the repository's name."""
    place = azure_place(Address("https", host, None, tuple(parts)))
    if place is None or place.service is not AzureService.WEB or place.organisation is None:
        return None
    match [*place.rest]:
        case ["_git", repository, *rest]:
            project = repository
        case [project, "_git", repository, *rest]:
            pass
        case _:
            return None
    return Place(
        GitHost.AZURE_REPOS, "dev.azure.com", place.organisation, project, repository, place.legacy, tuple(rest)
    )


def _azure_ssh(host: str, parts: Sequence[str]) -> Place | None:
    """``v3/{organisation}/{project}/{repository}``, at the new and at the old host."""
    if host not in ("ssh.dev.azure.com", "vs-ssh.visualstudio.com"):
        return None
    match [*parts]:
        case ["v3", owner, project, repository]:
            legacy = host.endswith("visualstudio.com")
            return Place(GitHost.AZURE_REPOS, "dev.azure.com", owner, project, repository, legacy)
        case _:
            return None


def spell(place: Place, transport: Transport) -> str:
    """The address of a repository as its host shows it for cloning; ``transport`` is HTTPS or SSH."""
    if place.kind is GitHost.AZURE_REPOS:
        if transport is Transport.SSH:
            names = ("v3", place.owner, place.project or place.repository, place.repository)
            return Address("ssh", "git@ssh.dev.azure.com", None, names).text
        path = (place.owner, place.project or place.repository, "_git", place.repository)
        return Address("https", place.host, None, path).text
    host = f"git@{place.host}" if transport is Transport.SSH else place.host
    parts = (*place.owner.split("/"), f"{place.repository}.git")
    return Address(transport.value, host, None, parts).text
