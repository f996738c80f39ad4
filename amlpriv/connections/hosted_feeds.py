"""Addresses of indexes that services run: each has its own host, or its own paths that leave no doubt.

Sources: the vendors' pages for pip and twine (Cloudsmith "Python repository", Gemfury "Install PyPI packages", AWS
CodeArtifact "Configure and use pip", Google Artifact Registry "Configure authentication to Artifact Registry for Python
package repositories", GitHub "Working with a GitHub Packages registry": no PyPI among its registries).
"""

from __future__ import annotations

import re

from amlpriv.connections.addresses import Address, Credentials
from amlpriv.connections.complaints import Complaint, error, note, warning
from amlpriv.connections.feed_kinds import FeedKind, Layout
from amlpriv.secret import Secret

__all__ = ["read_hosted"]

_CODEARTIFACT = re.compile(
    r"(?P<domain>[a-z0-9-]+)-(?P<owner>\d{12})\.d\.codeartifact\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws)"
)
_GOOGLE = re.compile(r"[a-z0-9-]+-python\.pkg\.dev")
_GITHUB = re.compile(r"(www\.)?github\.com|(?:[a-z]+\.)?pkg\.github\.com|raw\.githubusercontent\.com|api\.github\.com")


def read_hosted(address: Address) -> Layout | None:
    """What an address says about an index of one of these services; None when it is another kind of address."""
    for read in (_github, _cloudsmith, _gemfury, _codeartifact, _google):
        layout = read(address)
        if layout is not None:
            return layout
    return None


def _github(address: Address) -> Layout | None:
    if not _GITHUB.fullmatch(address.host):
        return None
    message = "GitHub has no registry for Python packages."
    fix = "Use a git connection and a 'git+https://github.com/...' line, or another feed."
    complaint = error("no-such-registry", message, fix)
    return Layout(FeedKind.GITHUB, None, None, address.text, complaints=(complaint,))


def _cloudsmith(address: Address) -> Layout | None:
    """``dl.cloudsmith.io/{public|basic|TOKEN}/{owner}/{repository}/python/simple/``."""
    if address.host != "dl.cloudsmith.io" or len(address.parts) < 3:
        return None
    access, owner, repository, *tail = address.parts
    credentials, complaints = None, _tail(tail, ("python", "simple"))
    if access not in ("public", "basic"):
        credentials, access = Credentials(Secret("token"), Secret(access)), "basic"
        complaints += (_token_in_path("the user 'token' and the token as password"),)
    root = (access, owner, repository, "python")
    upload = Address("https", "python.cloudsmith.io", None, (owner, repository))
    return Layout(
        FeedKind.CLOUDSMITH,
        address.at(*root, "simple", slash=True),
        f"{upload.text}/",
        address.at(*root[:3]),
        organisation=owner,
        feed=repository,
        credentials=credentials,
        complaints=complaints,
    )


def _gemfury(address: Address) -> Layout | None:
    """``pypi.fury.io/{account}/`` with the token as user, and the older ``/{TOKEN}/{account}/``."""
    if address.host not in ("pypi.fury.io", "repo.fury.io") or not address.parts:
        return None
    parts = address.parts[:-1] if len(address.parts) > 1 and address.parts[-1] == "simple" else address.parts
    credentials: Credentials | None = None
    complaints: tuple[Complaint, ...] = ()
    if len(parts) > 1:
        credentials = Credentials(Secret(parts[0]))
        complaints = (_token_in_path("the token as user, without a password"),)
        parts = parts[1:]
    origin = Address("https", "pypi.fury.io", None, ())
    return Layout(
        FeedKind.GEMFURY,
        origin.at(parts[0], slash=True),
        None,  # packages are pushed to push.fury.io, by another protocol than twine's
        origin.at(parts[0]),
        organisation=parts[0],
        credentials=credentials,
        complaints=complaints,
    )


def _codeartifact(address: Address) -> Layout | None:
    match = _CODEARTIFACT.fullmatch(address.host)
    if match is None or len(address.parts) < 2 or address.parts[0] != "pypi":
        return None
    repository, *tail = address.parts[1:]
    complaint = note(
        "short-lived-token",
        "CodeArtifact's tokens live for 12 hours at most: a connection with one must be renewed before each build.",
        "'amlpriv connect rotate' in the pipeline that builds, or the route 'context' or 'image'.",
    )
    return Layout(
        FeedKind.CODEARTIFACT,
        address.at("pypi", repository, "simple", slash=True),
        address.at("pypi", repository, slash=True),
        address.at("pypi", repository),
        organisation=match["owner"],
        project=match["domain"],
        feed=repository,
        complaints=(*_tail(tail, ("simple",)), complaint),
    )


def _google(address: Address) -> Layout | None:
    if not _GOOGLE.fullmatch(address.host) or len(address.parts) < 2:
        return None
    project, repository, *tail = address.parts
    complaint = note(
        "short-lived-token",
        "an access token of Google's lives for one hour.",
        "For a connection, use '_json_key_base64' as user and the key of a service account.",
    )
    return Layout(
        FeedKind.GOOGLE,
        address.at(project, repository, "simple", slash=True),
        address.at(project, repository, slash=True),
        address.at(project, repository),
        project=project,
        feed=repository,
        complaints=(*_tail(tail, ("simple",)), complaint),
    )


def _tail(tail: list[str], whole: tuple[str, ...]) -> tuple[Complaint, ...]:
    if tuple(tail) == whole:
        return ()
    if tuple(tail[: len(whole)]) == whole:
        return (warning("package-page", "this is the page of one package.", "Leave out what follows /simple/."),)
    return (note("not-simple", f"the address does not end in /{'/'.join(whole)}/.", "Add it."),)


def _token_in_path(instead: str) -> Complaint:
    message = "the path of the address is a token; it stays readable in the environment and in logs."
    return error("credentials-in-url", message, f"Give the connection {instead}, and revoke the old one.")
