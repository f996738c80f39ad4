"""What serves an index, and what an address of each kind says: the value that the layouts fill in."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from amlpriv.connections.addresses import Credentials
from amlpriv.connections.complaints import Complaint

__all__ = ["FeedKind", "Layout"]


class FeedKind(Enum):
    """What serves an index."""

    AZURE_ARTIFACTS = "azure-artifacts"
    """Azure DevOps Services."""
    AZURE_SERVER = "azure-server"
    """The same paths on another host: Azure DevOps Server, or a local workspace's feed."""
    JFROG = "jfrog"
    GITLAB = "gitlab"
    GITEA = "gitea"
    """Gitea and Forgejo."""
    DEVPI = "devpi"
    NEXUS = "nexus"
    CLOUDSMITH = "cloudsmith"
    GEMFURY = "gemfury"
    CODEARTIFACT = "codeartifact"
    GOOGLE = "google"
    GITHUB = "github"
    """Serves no Python packages; an address of it is a mistake."""
    SIMPLE = "simple"
    """Any other index with pages as PEP 503 and 691 have them, pypiserver among them."""
    NONE = "none"
    """No address at all."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What one kind of server means by an address. Addresses hold no credential."""

    kind: FeedKind
    simple: str | None
    """Root of the simple pages, with a slash at the end; None where the address leads to no feed."""
    upload: str | None
    """Where twine and uv send distributions to; None where that is not possible or not known."""
    base: str
    """What to give a connection as its target."""
    organisation: str | None = None
    project: str | None = None
    feed: str | None = None
    view: str | None = None
    credentials: Credentials | None = field(default=None)
    """Those that the server takes as a part of the path."""
    complaints: tuple[Complaint, ...] = ()
    upload_assumed: bool = False
