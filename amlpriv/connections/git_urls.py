"""Addresses of git repositories: pip's, uv's and git's own forms, with the credentials taken out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from amlpriv.connections.addresses import Address, Credentials
from amlpriv.connections.complaints import Complaint
from amlpriv.connections.git_hosts import GitHost, Transport
from amlpriv.errors import UsageError
from amlpriv.findings import Severity

__all__ = ["GitHost", "GitUrl", "Transport", "pip_line", "same_repository", "uv_table"]

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class GitUrl:
    """A repository by its address, and what a requirement says about it. Nothing but ``credentials`` is secret."""

    kind: GitHost
    transport: Transport | None
    """As written; None when the text was no address."""
    host: str
    port: int | None
    organisation: str | None
    """Organisation, account or workspace; with GitLab's subgroups, their path. None for hosts that are not known."""
    project: str | None
    """Azure Repos only."""
    repository: str
    """Without ``.git``, except where it is a part of the name (Azure Repos)."""
    https: str | None
    """The address by https; None for a repository that was given otherwise at a host that is not known."""
    ssh: str | None
    """The address by ssh, as a URL; None for a repository that was given otherwise at a host that is not known."""
    written: Address
    """The address as given, without user, credentials, reference and fragment."""
    ref: str | None = None
    """Branch, tag or commit: the text does not tell which."""
    subdirectory: str | None = None
    name: str | None = None
    """Of the package: from ``#egg=`` or before the ``@``, as written."""
    extras: tuple[str, ...] = ()
    """Sorted."""
    user: str | None = None
    """A user that is no secret: ``git`` of ssh, the organisation in Azure Repos' own addresses."""
    credentials: Credentials | None = None
    complaints: tuple[Complaint, ...] = ()

    @property
    def errors(self) -> tuple[Complaint, ...]:
        """The complaints because of which the address must not be used as it is."""
        return tuple(complaint for complaint in self.complaints if complaint.severity is Severity.ERROR)

    @property
    def is_commit(self) -> bool:
        """Whether ``ref`` is a whole commit hash (SHA-1 or SHA-256), which alone stands for one content."""
        return self.ref is not None and _COMMIT.fullmatch(self.ref) is not None

    @property
    def url(self) -> str:
        """The address to use: by https where that is known."""
        return self.https or self.ssh or (self.written.text if self.transport else "")

    @property
    def target(self) -> str:
        """What to give a connection as its target: the https address without ``.git`` (as how-to-connection.md has)."""
        url = self.https or self.url
        return url if self.kind is GitHost.AZURE_REPOS else url.removesuffix(".git")

    def __str__(self) -> str:
        return self.url or "(no address)"


def pip_line(git: GitUrl, *, name: str | None = None, transport: Transport = Transport.HTTPS) -> str:
    """The repository as one line for pip: ``name[extra] @ git+https://...@ref#subdirectory=...``.

    Without a name, here and in ``git``, the line has none. The form by ssh is written as a URL: pip does not read
    ``git@host:path``. No credential is ever in it. Raises UsageError when there is no address.
    """
    url = git.ssh if transport is Transport.SSH and git.ssh else git.url
    if not url:
        raise UsageError("There is no address to write a line with.", hint=str(git.errors[0]) if git.errors else None)
    ref = f"@{quote(git.ref, safe='/%+')}" if git.ref else ""
    fragment = f"#subdirectory={quote(git.subdirectory, safe='/')}" if git.subdirectory else ""
    package = name or git.name
    extras = f"[{','.join(git.extras)}]" if git.extras and package else ""
    return f"{package}{extras} @ git+{url}{ref}{fragment}" if package else f"git+{url}{ref}{fragment}"


def uv_table(git: GitUrl, *, transport: Transport = Transport.HTTPS) -> Mapping[str, str]:
    """The repository as an entry of ``[tool.uv.sources]``: ``git``, ``rev``, ``subdirectory``.

    ``rev`` is right for a branch, a tag and a commit alike (uv, "Git dependencies").
    """
    url = git.ssh if transport is Transport.SSH and git.ssh else git.url
    table = {"git": url, "rev": git.ref, "subdirectory": git.subdirectory}
    return {key: value for key, value in table.items() if value}


def same_repository(one: GitUrl, other: GitUrl) -> bool:
    """Whether two addresses lead to the same repository, whatever transport, user, reference and ``.git`` they have.

    The hosts that are known compare names without regard to case.
    """
    if not one.url or not other.url:
        return False
    if one.kind is not GitHost.OTHER and one.kind is other.kind:
        return (one.https or "").lower() == (other.https or "").lower()
    return _bare(one) == _bare(other)


def _bare(git: GitUrl) -> tuple[str, int | None, tuple[str, ...]]:
    *names, last = git.written.parts or ("",)
    same_port = None if git.transport is not Transport.HTTPS else git.port
    return git.host, same_port, (*names, last.removesuffix(".git"))
