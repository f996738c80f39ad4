"""Why a distribution cannot be sent, or was not taken: each reason as its own error, with the next step."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from amlpriv.connections.addresses import read_address
from amlpriv.connections.feeds import FeedKind, FeedUrl
from amlpriv.errors import (
    AmlprivError,
    AuthenticationError,
    ConflictError,
    InputError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    ServiceError,
    UnsupportedError,
    UsageError,
)
from amlpriv.findings import Severity
from amlpriv.indexes.distributions import Distribution
from amlpriv.indexes.upload_tools import NoAnswer, Reply

__all__ = ["AZURE_LIMIT", "check_destination", "check_size", "conflict", "refusal", "unreadable"]

AZURE_LIMIT = 500 * 1024 * 1024
"""Bytes of one file (Azure Artifacts, "Size and count limits": 500 MB for Python packages)."""

_AZURE = (FeedKind.AZURE_ARTIFACTS, FeedKind.AZURE_SERVER)
_NO_UPLOADS: Mapping[FeedKind, tuple[str, str]] = {
    FeedKind.GEMFURY: ("Gemfury takes packages by its own protocol.", "Use its command line: fury push."),
    FeedKind.GITLAB: (
        "This is a group's index at GitLab, which can only be read.",
        "Give the address of a project: .../api/v4/projects/ID/packages/pypi",
    ),
    FeedKind.GITHUB: ("GitHub has no registry for Python packages.", "Use another feed, or install from git."),
    FeedKind.SIMPLE: (
        "Where this index takes packages is not known.",
        "Give its address for uploads as well: --upload-url (for devpi, use the address with /+simple/).",
    ),
}
_WRITERS: Mapping[FeedKind, str] = {
    FeedKind.AZURE_ARTIFACTS: "a token with the scope 'Packaging (Read & write)', of somebody with the role"
    " 'Feed Publisher (Contributor)' on the feed",
    FeedKind.AZURE_SERVER: "a token with the scope 'Packaging (Read & write)', of somebody with the role"
    " 'Feed Publisher (Contributor)' on the feed",
    FeedKind.JFROG: "a token with the permission 'Deploy/Cache' on the repository",
    FeedKind.GITLAB: "a token with the scope 'api' (a deploy token: 'write_package_registry') and the role Developer",
    FeedKind.GITEA: "a token with the scope 'write:package'",
    FeedKind.DEVPI: "a user of the index's acl_upload",
    FeedKind.NEXUS: "a user with the privilege to add to and edit the repository",
}
_THERE_ALREADY = re.compile(r"(?i)already (contains|exists?)|file exists|conflict|has been deleted|previously been")


def check_destination(feed: FeedUrl, upload_url: str | None = None) -> str:
    """The address that takes uploads: ``upload_url``, or the one derived from the feed's.

    Raises UsageError for a wrong address, UnsupportedError where there is none.
    """
    if upload_url is not None:
        return _given(upload_url)
    if feed.errors:
        first = feed.errors[0]
        raise UsageError(f"{feed}: {first.message}", hint=first.fix)
    if feed.view is not None:
        raise UnsupportedError(
            f"{feed.feed}@{feed.view} is a view, and views are read-only: packages get there by promotion.",
            hint=f"Push to the feed {feed.feed}, then promote the version to {feed.view} in Azure Artifacts.",
        )
    if feed.upload is None:
        message, fix = _NO_UPLOADS.get(feed.kind, _NO_UPLOADS[FeedKind.SIMPLE])
        raise UnsupportedError(f"{feed}: {message}", hint=fix)
    return feed.upload


def _given(upload_url: str) -> str:
    address = read_address(upload_url)
    wrong = next((item for item in address.complaints if item.severity is Severity.ERROR), None)
    if wrong is not None:
        raise UsageError(f"The address for uploads cannot be used: {wrong.message}", hint=wrong.fix)
    return f"{address.text}/" if upload_url.endswith("/") else address.text


def check_size(item: Distribution, feed: FeedUrl) -> None:
    """Raises InputError for a file that Azure Artifacts does not take, before hours are spent on sending it."""
    if feed.kind is FeedKind.AZURE_ARTIFACTS and item.size > AZURE_LIMIT:
        raise InputError(
            f"{item.filename} has {item.size / 2**20:.0f} MiB, and Azure Artifacts takes no file of more than 500.",
            file=item.path,
            hint="Take data and models out of the wheel, or split it; storage has no such limit (route 'sas').",
        )


def conflict(different: Sequence[tuple[Distribution, str]], feed: FeedUrl) -> ConflictError:
    """The index has other bytes: (the distribution, the SHA-256 that is there) of each."""
    lines = [
        f"{item.filename} is on {feed} with other contents: sha256 {stored} there, {item.sha256} here."
        for item, stored in different
    ]
    hint = "A published version never changes: raise it, build and push again."
    if feed.kind in _AZURE:
        hint += (
            " To delete the old one does not help: Azure Artifacts keeps its version reserved for ever. If you have"
            " never published it, it is an upstream source's."
        )
    return ConflictError("\n".join(lines), hint=hint)


def unreadable(error: AuthenticationError | PermissionDeniedError, feed: FeedUrl, *, signed_in: bool) -> AmlprivError:
    """The error of reading a page, with the next step of somebody who wants to push."""
    if isinstance(error, PermissionDeniedError) and signed_in:
        hint = f"{error.hint or ''} To push takes {_writer(feed)}.".strip()
    else:
        hint = (
            f"{'Give another' if signed_in else 'Give one'}: --token-from env:VARIABLE. To push takes {_writer(feed)}."
        )
    return type(error)(error.message, hint=hint)


def _writer(feed: FeedUrl) -> str:
    return _WRITERS.get(feed.kind, "a credential that may upload")


def refusal(item: Distribution, reply: Reply, feed: FeedUrl, url: str, *, signed_in: bool) -> AmlprivError:
    """The error for a reply, when the index does not have the file afterwards either."""
    said = f" It says: {reply.words}" if reply.words else ""
    if reply.no_answer is not None:
        return _no_answer(item, reply, url)
    if reply.status == 409 or (reply.status in (400, 403) and _THERE_ALREADY.search(reply.words)):
        return _reserved(item, feed, said)
    match reply.status:
        case 401:
            return _unauthorized(url, said, signed_in=signed_in)
        case 403:
            return _forbidden(feed, url, said, signed_in=signed_in)
        case 404:
            message = f"{url} does not exist, or the credential may not see it (404).{said}"
            return NotFoundError(message, hint="Check organisation, project and feed in the address.")
        case 405:
            message = f"{url} takes no uploads (405)."
            return UnsupportedError(message, hint="Give the right address: --upload-url.")
        case 413:
            message = f"{item.filename} is too large for {url} (413): it has {item.size / 2**20:.1f} MiB.{said}"
            return InputError(
                message, file=item.path, hint="Make it smaller, or raise the server's (or proxy's) limit."
            )
        case None:
            return ServiceError(f"{item.filename} was not sent: {reply.words}", hint="Try the other tool: --with.")
        case status:
            message = f"{url} did not take {item.filename} (HTTP {status}).{said}"
            retry = "Run it again in a while." if status >= 500 else "Check the file: twine check."
            return ServiceError(message, hint=retry)


def _no_answer(item: Distribution, reply: Reply, url: str) -> NetworkError:
    if reply.no_answer is NoAnswer.TLS:
        message = f"The certificate of {url} is not trusted: {reply.words}"
        return NetworkError(message, hint="Name your company's CA bundle in SSL_CERT_FILE (uv, twine, pip use it).")
    message = f"{item.filename} could not be sent, {url} does not answer: {reply.words}"
    return NetworkError(message, hint="Check the address, the VPN and HTTPS_PROXY, and run it again.")


def _reserved(item: Distribution, feed: FeedUrl, said: str) -> ConflictError:
    message = f"{feed} refuses {item.filename} as one that it had before, and does not list it now.{said}"
    if feed.kind in _AZURE:
        return ConflictError(
            message,
            hint=f"Version {item.version} was deleted (it stays reserved for ever; for 30 days the recycle bin can"
            " restore it), or an upstream source has it. Raise the version, build and push again.",
        )
    return ConflictError(message, hint="The version was deleted, maybe. Raise it, build and push again.")


def _unauthorized(url: str, said: str, *, signed_in: bool) -> AuthenticationError:
    if not signed_in:
        return AuthenticationError(
            f"{url} wants a credential, and there is none.", hint="Give one: --token-from env:VARIABLE."
        )
    return AuthenticationError(
        f"{url} does not accept the credential (401).{said}",
        hint="It is wrong, expired or revoked, or for another organisation. Give another: --token-from env:VARIABLE.",
    )


def _forbidden(feed: FeedUrl, url: str, said: str, *, signed_in: bool) -> PermissionDeniedError:
    if not signed_in:
        return PermissionDeniedError(
            f"{url} lets nobody push without a credential (403).{said}", hint="Give one: --token-from env:VARIABLE."
        )
    return PermissionDeniedError(
        f"{url} does not let this credential push (403).{said}",
        hint=f"It may read only, maybe, or is wrong. To push takes {_writer(feed)}.",
    )
