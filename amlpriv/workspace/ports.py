"""What amlpriv needs from a workspace: narrow ports. The values that pass through them are in ``amlpriv.remote``.

``amlpriv.workspace.memory`` is a workspace in a dict, ``amlpriv.workspace.azure`` speaks to Azure (and to the local
workspace, which looks the same). Adapters take no decision about packaging, and raise only ``amlpriv.errors``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from amlpriv.errors import UnsupportedError
from amlpriv.remote import (
    AccountRules,
    BlobUpload,
    ContainerPolicies,
    Datastore,
    DelegationKey,
    RawAnswer,
    RegisteredEnvironment,
    StorageSecret,
    StoredBlob,
    WorkspaceName,
)
from amlpriv.secret import SasUrl, Secret

__all__ = [
    "VERSIONS_PAGE",
    "Blobs",
    "Datastores",
    "Environments",
    "NoService",
    "PolicyLock",
    "RequestCounter",
    "Service",
    "Workspace",
]

VERSIONS_PAGE = 100
"""How many versions of an environment one listing gives; older ones are asked for by their names."""


@dataclass(slots=True)
class RequestCounter:
    """How many requests were sent, retries included."""

    control_plane: int = 0
    storage: int = 0
    sign_in: int = 0

    def as_json(self) -> dict[str, int]:
        """The object that ``--json`` prints."""
        return {"control_plane": self.control_plane, "storage": self.storage, "sign_in": self.sign_in}

    @property
    def total(self) -> int:
        """Without sign-in."""
        return self.control_plane + self.storage


class Datastores(Protocol):
    """The workspace's datastores."""

    def default(self) -> Datastore:
        """The default datastore; UnsupportedError when it is not blob storage."""

    def secret(self, name: str) -> StorageSecret:
        """The account key, if the service hands one out; never raises for a refusal."""

    def rules(self, datastore: Datastore) -> AccountRules:
        """What the storage account allows, as far as we may read it."""


class Environments(Protocol):
    """The workspace's environments."""

    def versions(self, name: str) -> tuple[RegisteredEnvironment, ...]:
        """The newest ``VERSIONS_PAGE`` versions, newest first, archived ones too; empty when there is none."""

    def get(self, name: str, version: str) -> RegisteredEnvironment:
        """One version; NotFoundError."""

    def put(self, environment: RegisteredEnvironment) -> RegisteredEnvironment:
        """Create it, or change what may change; ConflictError when the version has other content."""


class Blobs(Protocol):
    """One container."""

    def stored(self, prefix: str) -> Mapping[str, StoredBlob]:
        """All blobs whose path begins with ``prefix``, by path."""

    def put(self, upload: BlobUpload, progress: Callable[[int], None] | None = None) -> bool:
        """Create a blob, never replace one: False when there is one already. ``progress`` gets bytes sent so far."""

    def get(self, path: str) -> bytes:
        """The content of a (small) blob; NotFoundError."""

    def remove(self, path: str) -> bool:
        """Delete a blob; False when there is none."""

    def make_container(self) -> None:
        """Create the container, closed to the public; ConflictError when it exists."""

    def drop_container(self) -> bool:
        """Delete the container with all it holds; False when there is none."""

    def policies(self) -> ContainerPolicies:
        """The stored access policies; needs an account key."""

    def set_policies(self, policies: ContainerPolicies) -> None:
        """Replace them all; ConflictError when they changed after ``policies.last_modified``."""

    def lock(self, path: str) -> AbstractContextManager[PolicyLock]:
        """Hold a lease of 30 seconds on a small blob while policies are changed; LockedError."""

    def delegation_key(self, start: datetime, expiry: datetime) -> DelegationKey:
        """Sign-in based key for signing; PermissionDeniedError names ``generateUserDelegationKey``."""

    def head(self, url: SasUrl) -> int:
        """HTTP status of a HEAD request with nothing but the URL, as pip in the image builder will ask."""


class PolicyLock(Protocol):
    """A held lock; remembers the number of the newest policy that ever existed."""

    @property
    def generation(self) -> int:
        """0 when none did."""

    def remember(self, generation: int) -> None:
        """Write it down."""


class Service(Protocol):
    """The control plane as it is, for ``amlpriv verify``: questions whose refusal is an answer, too."""

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        version: str | None = None,
    ) -> RawAnswer:
        """Send one request. ``path`` is below the workspace (``environments/x``; empty: the workspace itself) or a
        whole resource id; ``version`` another api-version than ours.

        Raises NetworkError and AuthenticationError; whatever the service answers is returned.
        """


class NoService:
    """For a workspace that takes no raw requests."""

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,  # noqa: ARG002
        *,
        query: Mapping[str, str] | None = None,  # noqa: ARG002
        version: str | None = None,  # noqa: ARG002
    ) -> RawAnswer:
        """Always UnsupportedError."""
        raise UnsupportedError(f"This workspace takes no raw requests ({method} {path}).")


@dataclass(frozen=True, slots=True)
class Workspace:
    """An open workspace: a bundle of ports."""

    name: WorkspaceName
    datastores: Datastores
    environments: Environments
    open_blobs: Callable[[Datastore, Secret | None], Blobs]
    """With an account key, or with the signed-in identity."""
    requests: RequestCounter = field(default_factory=RequestCounter)
    local: bool = False
    notes: tuple[str, ...] = ()
    service: Service = field(default_factory=NoService)

    def __str__(self) -> str:
        return "the local workspace" if self.local else f"workspace {self.name}"
