"""What a workspace holds and answers, as values: ``workspace`` fetches them, ``plans`` decides by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from amlpriv.secret import Secret

__all__ = [
    "AccessPolicy",
    "AccountRules",
    "BlobUpload",
    "ContainerPolicies",
    "Datastore",
    "DelegationKey",
    "RawAnswer",
    "RegisteredEnvironment",
    "StorageSecret",
    "StoredBlob",
    "WorkspaceName",
]


@dataclass(frozen=True, slots=True)
class WorkspaceName:
    """The three names that make a workspace."""

    subscription: str
    resource_group: str
    name: str

    @property
    def arm_id(self) -> str:
        """The resource id in Azure Resource Manager."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.name}"
        )

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Datastore:
    """A blob datastore: where the workspace keeps files."""

    name: str
    account: str
    container: str
    endpoint: str
    """The storage domain of the cloud, for instance ``core.windows.net``."""
    account_id: str | None = None
    """ARM id of the storage account, when the service tells it."""

    @property
    def container_url(self) -> str:
        """Address of the container, without a slash at the end."""
        return f"https://{self.account}.blob.{self.endpoint}/{self.container}"


@dataclass(frozen=True, slots=True)
class StorageSecret:
    """What the service answers when asked for a datastore's secret."""

    account_key: Secret | None
    reason: str = ""
    """Why there is no account key, in the service's words."""


@dataclass(frozen=True, slots=True)
class AccountRules:
    """What the storage account allows; None where the service did not tell (no permission to read it)."""

    shared_key: bool | None = None
    sas_period: timedelta | None = None
    """Longest lifetime of a SAS under the account's expiration policy."""
    sas_period_blocks: bool = False
    """Whether a longer one is refused (``Block``) or only logged."""
    user_bound_only: bool = False
    """``requireUserBoundUserDelegationSas``: a URL that anybody with it can read is refused."""


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob that exists."""

    path: str
    size: int
    """Bytes."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    md5: bytes | None = None
    """Content-MD5 as the service lists it; None when whoever wrote the blob gave none."""


@dataclass(frozen=True, slots=True)
class BlobUpload:
    """A blob to be created."""

    path: str
    size: int
    """Bytes."""
    md5: bytes
    """16 bytes; the storage service keeps it as Content-MD5."""
    metadata: Mapping[str, str]
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """A stored access policy of a container (REST: Set Container ACL)."""

    permission: str | None
    start: datetime | None
    expiry: datetime | None


@dataclass(frozen=True, slots=True)
class ContainerPolicies:
    """All stored access policies of a container, as one list: that is how the service replaces them."""

    policies: Mapping[str, AccessPolicy]
    public_access: str | None = None
    last_modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class DelegationKey:
    """A user delegation key (REST: Get User Delegation Key)."""

    oid: str
    tid: str
    start: str
    expiry: str
    service: str
    version: str
    value: Secret


@dataclass(frozen=True, slots=True)
class RegisteredEnvironment:
    """An environment version as the workspace holds it. The conda text may hold signed URLs: it is a Secret."""

    name: str
    version: str
    id: str
    image: str | None
    conda: Secret | None
    properties: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    archived: bool = False
    created_at: datetime | None = None
    os_type: str = "Linux"


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What the service answered to one request, a refusal too. ``body`` may hold a secret and is not shown."""

    status: int
    code: str = ""
    """The service's own word for an error."""
    message: str = ""
    """Its text, without secrets."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def ok(self) -> bool:
        """Whether the service did what it was asked for."""
        return self.status < 400

    @property
    def properties(self) -> Mapping[str, Any]:
        """``properties`` of the body; empty when there are none."""
        found = self.body.get("properties")
        return found if isinstance(found, dict) else {}

    @property
    def items(self) -> list[Mapping[str, Any]]:
        """``value`` of a listing's body."""
        found = self.body.get("value")
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
