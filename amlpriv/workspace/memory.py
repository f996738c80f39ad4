"""A workspace in a dict: for tests of what is above the ports, and for trying things without any storage.

It keeps the promises that the real one makes (create-only blobs, immutable environment versions, five access policies,
one writer at a time), and it judges signed URLs as storage would.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any
from urllib.parse import unquote, urlsplit

from amlpriv.errors import (
    AmlprivError,
    ConflictError,
    LockedError,
    NotFoundError,
    PermissionDeniedError,
    UnsupportedError,
)
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
from amlpriv.workspace.ports import VERSIONS_PAGE, RequestCounter, Workspace
from amlpriv.workspace.sas import AdHocSigner, DelegationSigner, PolicySigner, sas_time

__all__ = ["MemoryWorkspace"]

LOCK = "amlpriv/.lock"
NAME = WorkspaceName("00000000-0000-0000-0000-000000000000", "amlpriv", "memory")
DATASTORE = Datastore("workspaceblobstore", "memory", "azureml-blobstore-memory", "core.windows.net")


def _key(text: str) -> Secret:
    return Secret(base64.b64encode(hashlib.sha512(text.encode()).digest()).decode())


@dataclass(slots=True)
class MemoryWorkspace:
    """The state, and switches for how the service behaves; ``open()`` gives the Workspace."""

    now: Callable[[], datetime]
    blobs: dict[str, tuple[bytes, dict[str, str]]] = field(default_factory=dict)
    environments: dict[tuple[str, str], RegisteredEnvironment] = field(default_factory=dict)
    acl: ContainerPolicies = field(default_factory=lambda: ContainerPolicies({}))
    rules: AccountRules = field(default_factory=AccountRules)
    account_key: Secret = field(default_factory=lambda: _key("first"))
    hands_out_key: bool = True
    takes_key: bool = True
    """False: the account refuses its key (KeyBasedAuthenticationNotPermitted)."""
    delegation_allowed: bool = True
    blob_datastore: bool = True
    locked: threading.Lock = field(default_factory=threading.Lock)
    generation: int = 0
    requests: RequestCounter = field(default_factory=RequestCounter)
    puts: list[str] = field(default_factory=list)

    def open(self) -> Workspace:
        """The workspace over this state."""
        ports = (_Datastores(self), _Environments(self), lambda _store, key: _Blobs(self, key), self.requests)
        return Workspace(NAME, *ports, service=_Service(self))

    def rotate_key(self) -> None:
        """As 'az storage account keys renew' does."""
        self.account_key = _key(self.account_key.reveal())


@dataclass(frozen=True, slots=True)
class _Datastores:
    state: MemoryWorkspace

    def default(self) -> Datastore:
        self.state.requests.control_plane += 1
        if not self.state.blob_datastore:
            raise UnsupportedError("The default datastore workspacefilestore is AzureFile, not blob storage.")
        return DATASTORE

    def secret(self, name: str) -> StorageSecret:
        self.state.requests.control_plane += 1
        if self.state.hands_out_key:
            return StorageSecret(self.state.account_key)
        return StorageSecret(None, f"datastore {name} has credentials of type None")

    def rules(self, datastore: Datastore) -> AccountRules:
        if datastore != DATASTORE:
            return AccountRules()
        self.state.requests.control_plane += 1
        return self.state.rules


@dataclass(frozen=True, slots=True)
class _Environments:
    state: MemoryWorkspace

    def versions(self, name: str) -> tuple[RegisteredEnvironment, ...]:
        self.state.requests.control_plane += 1
        found = [item for (owner, _), item in self.state.environments.items() if owner == name]
        return tuple(reversed(found))[:VERSIONS_PAGE]

    def get(self, name: str, version: str) -> RegisteredEnvironment:
        self.state.requests.control_plane += 1
        try:
            return self.state.environments[name, version]
        except KeyError:
            raise NotFoundError(f"Environment {name}:{version} does not exist.") from None

    def put(self, environment: RegisteredEnvironment) -> RegisteredEnvironment:
        self.state.requests.control_plane += 1
        name, version = environment.name, environment.version
        old = self.state.environments.get((name, version))
        if old and (old.image, old.conda, old.properties) != (
            environment.image,
            environment.conda,
            environment.properties,
        ):
            raise ConflictError(f"Environment {name} with version {version} is already registered.")
        arm_id = f"{NAME.arm_id}/environments/{name}/versions/{version}"
        created = old.created_at if old else self.state.now()
        self.state.environments[name, version] = replace(environment, id=arm_id, created_at=created)
        return self.state.environments[name, version]


@dataclass(frozen=True, slots=True)
class _Service:
    """Raw requests for the workspace and one environment version; everything else is not imitated."""

    state: MemoryWorkspace

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, **_: Any) -> RawAnswer:
        below = path.removeprefix(NAME.arm_id).strip("/")
        match [unquote(part) for part in below.split("/")]:
            case [""] if method == "GET":
                self.state.requests.control_plane += 1
                return RawAnswer(200, body={"id": NAME.arm_id, "name": NAME.name, "properties": {}})
            case ["environments", name, "versions", version] if method in ("GET", "PUT"):
                environments = _Environments(self.state)
                try:
                    given = _sent(name, version, body or {})
                    found = environments.put(given) if method == "PUT" else environments.get(name, version)
                except AmlprivError as error:
                    return RawAnswer(409 if isinstance(error, ConflictError) else 404, "UserError", error.message)
                shown = {"image": found.image, "properties": dict(found.properties), "tags": dict(found.tags)}
                return RawAnswer(200, body={"id": found.id, "properties": shown})
            case ["environments", name] if method == "DELETE":
                self.state.requests.control_plane += 1
                for key in [key for key in self.state.environments if key[0] == name]:
                    del self.state.environments[key]
                return RawAnswer(200)
        return RawAnswer(501, "NotImplementedByMemoryWorkspace", f"{method} {path} is not imitated.")


def _sent(name: str, version: str, body: Mapping[str, Any]) -> RegisteredEnvironment:
    """The environment version in the body of a PUT."""
    given = body.get("properties") or {}
    conda = Secret(given["condaFile"]) if given.get("condaFile") else None
    properties, tags = dict(given.get("properties") or {}), dict(given.get("tags") or {})
    return RegisteredEnvironment(name, version, "", given.get("image"), conda, properties, tags)


@dataclass(frozen=True, slots=True)
class _Lock:
    state: MemoryWorkspace

    @property
    def generation(self) -> int:
        return self.state.generation

    def remember(self, generation: int) -> None:
        self.state.generation = generation


@dataclass(frozen=True, slots=True)
class _Blobs:
    state: MemoryWorkspace
    key: Secret | None

    def stored(self, prefix: str) -> Mapping[str, StoredBlob]:
        self.state.requests.storage += 1
        lock = {LOCK: (b"", {"amlpriv_generation": str(self.state.generation)})}
        return {
            path: StoredBlob(path, len(data), metadata, hashlib.md5(data, usedforsecurity=False).digest())
            for path, (data, metadata) in (self.state.blobs | lock).items()
            if path.startswith(prefix)
        }

    def put(self, upload: BlobUpload, progress: Callable[[int], None] | None = None) -> bool:
        self.state.requests.storage += 1
        with upload.open() as stream:
            data = stream.read()
        if upload.path in self.state.blobs:
            if self.state.blobs[upload.path][0] != data:
                raise ConflictError(f"Blob {upload.path} exists with other bytes.")
            return False
        self.state.blobs[upload.path] = (data, dict(upload.metadata))
        self.state.puts.append(upload.path)
        if progress:
            progress(len(data))
        return True

    def get(self, path: str) -> bytes:
        self.state.requests.storage += 1
        if path not in self.state.blobs:
            raise NotFoundError(f"Blob {path} does not exist.")
        return self.state.blobs[path][0]

    def remove(self, path: str) -> bool:
        self.state.requests.storage += 1
        return self.state.blobs.pop(path, None) is not None

    def make_container(self) -> None:
        raise UnsupportedError("A workspace in memory has one container.")

    def drop_container(self) -> bool:
        raise UnsupportedError("A workspace in memory has one container, which stays.")

    def policies(self) -> ContainerPolicies:
        self.state.requests.storage += 1
        if self.key is None:
            raise PermissionDeniedError("Access policies need an account key.")
        if not self.state.takes_key:
            raise UnsupportedError("the storage account answered 403 KeyBasedAuthenticationNotPermitted")
        return self.state.acl

    def set_policies(self, policies: ContainerPolicies) -> None:
        self.state.requests.storage += 1
        if policies.last_modified != self.state.acl.last_modified:
            raise ConflictError("The access policies have changed meanwhile.")
        self.state.acl = replace(policies, last_modified=self.state.now())

    @contextmanager
    def lock(self, path: str) -> Iterator[_Lock]:
        if not self.state.locked.acquire(timeout=5):
            raise LockedError(f"{path} is leased by somebody else.")
        self.state.requests.storage += 2
        try:
            yield _Lock(self.state)
        finally:
            self.state.locked.release()

    def delegation_key(self, start: datetime, expiry: datetime) -> DelegationKey:
        self.state.requests.storage += 1
        if not self.state.delegation_allowed:
            raise PermissionDeniedError("No user delegation key.", hint="generateUserDelegationKey is missing.")
        return DelegationKey(
            "oid", "tid", sas_time(start), sas_time(expiry), "b", "2023-11-03", _key(sas_time(start) + "udk")
        )

    def head(self, url: SasUrl) -> int:
        self.state.requests.storage += 1
        path = unquote(urlsplit(url.url).path).split("/", 2)[2]
        if not self._allowed(url, path):
            return 403
        return 200 if path in self.state.blobs else 404

    def _allowed(self, url: SasUrl, path: str) -> bool:
        fields, now = url.fields, self.state.now()
        if policy := fields.get("si"):
            rule = self.state.acl.policies.get(policy)
            alive = rule is not None and rule.expiry is not None and rule.expiry > now
            return alive and PolicySigner(DATASTORE, self.state.account_key, policy, now).sign(path) == url
        starts, expires = _time(fields["st"]), _time(fields["se"])
        if not starts <= now <= expires:
            return False
        if "skt" not in fields:
            return AdHocSigner(DATASTORE, self.state.account_key, starts, expires).sign(path) == url
        key = DelegationKey("oid", "tid", fields["skt"], fields["ske"], "b", "2023-11-03", _key(fields["skt"] + "udk"))
        return DelegationSigner(DATASTORE, key, starts, expires).sign(path) == url


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
