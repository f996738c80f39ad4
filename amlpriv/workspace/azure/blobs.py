"""One blob container, through azure-storage-blob."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from azure.core import PipelineClient
from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.core.rest import HttpRequest
from azure.storage.blob import (
    AccessPolicy as SdkPolicy,
)
from azure.storage.blob import (
    BlobServiceClient,
    ContentSettings,
)

from amlpriv.errors import ConflictError, LockedError, PermissionDeniedError, ServiceError
from amlpriv.remote import AccessPolicy, BlobUpload, ContainerPolicies, Datastore, DelegationKey, StoredBlob
from amlpriv.secret import SasUrl, Secret
from amlpriv.workspace.azure.errors import error_code, translated
from amlpriv.workspace.azure.transport import Connection, CountingTransport
from amlpriv.workspace.ports import RequestCounter

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

__all__ = ["AzureBlobs", "HeldLock"]

SINGLE_PUT = 8 * 1024 * 1024
BLOCK = 8 * 1024 * 1024
BLOCKS_IN_FLIGHT = 4

LEASE_SECONDS = 30
LOCK_WAIT = 40.0
"""Seconds: a lease lives 30 s, so a lock that its owner lost is free by then."""

_GENERATION = "amlpriv_generation"
_STRANGE = "the answer is not what the storage reference describes; a proxy or a gateway may have written it."


class AzureBlobs:
    """Blobs, stored access policies and keys of one container."""

    def __init__(
        self,
        datastore: Datastore,
        credential: Secret | TokenCredential,
        counter: RequestCounter,
        connection: Connection,
        *,
        block_size: int = BLOCK,
    ) -> None:
        self.datastore = datastore
        self._what = f"container {datastore.container} of storage account {datastore.account}"
        self._transport = CountingTransport(counter, "storage", connection)
        account_url = f"https://{datastore.account}.blob.{datastore.endpoint}"
        key: Any = (
            {"account_name": datastore.account, "account_key": credential.reveal()}
            if isinstance(credential, Secret)
            else credential
        )
        self._service = BlobServiceClient(
            account_url,
            credential=key,
            transport=self._transport,
            retry_policy=connection.policy(),
            max_single_put_size=min(SINGLE_PUT, block_size),
            max_block_size=block_size,
        )
        # No credential and no logging: exactly what pip in the image builder will send.
        self._anonymous: PipelineClient[Any, Any] = PipelineClient(
            account_url, policies=[connection.policy()], transport=self._transport
        )
        self._container = self._service.get_container_client(datastore.container)

    def stored(self, prefix: str) -> Mapping[str, StoredBlob]:
        with translated(f"listing {self._what}"):
            blobs = self._container.list_blobs(name_starts_with=prefix, include=["metadata"])
            try:
                found = [_stored(blob) for blob in blobs]
            except AttributeError as error:  # the library on an answer that is XML, but no listing
                raise ServiceError(f"listing {self._what}: {_STRANGE}") from error
        return {blob.path: blob for blob in found}

    def put(self, upload: BlobUpload, progress: Callable[[int], None] | None = None) -> bool:
        settings = ContentSettings(content_type="application/octet-stream", content_md5=bytearray(upload.md5))
        blob = self._container.get_blob_client(upload.path)
        hook = None if progress is None else lambda sent, _total: progress(sent)
        with translated(f"uploading {upload.path.rpartition('/')[2]} to {self._what}"), upload.open() as stream:
            try:
                # If-None-Match: * on the commit: two writers cannot replace each other's bytes.
                blob.upload_blob(
                    stream,
                    length=upload.size,
                    overwrite=False,
                    metadata=dict(upload.metadata),
                    content_settings=settings,
                    max_concurrency=BLOCKS_IN_FLIGHT,
                    validate_content=True,
                    progress_hook=hook,
                )
            except ResourceExistsError:
                return self._is_ours(blob, upload)
        return True

    def _is_ours(self, blob: Any, upload: BlobUpload) -> bool:
        """After a 409: True when this very upload landed and only its reply was lost, False for an older blob."""
        properties = blob.get_blob_properties()
        same = properties.size == upload.size and bytes(properties.content_settings.content_md5 or b"") == upload.md5
        if not same:
            raise ConflictError(
                f"Blob {upload.path} of {self._what} exists with other bytes.",
                hint="Somebody replaced it by hand: delete it there, or raise the package's version.",
            )
        return dict(properties.metadata or {}).get("amlpriv_upload") == upload.metadata.get("amlpriv_upload")

    def get(self, path: str) -> bytes:
        with translated(f"reading {path} of {self._what}"):
            return bytes(self._container.download_blob(path).readall())

    def remove(self, path: str) -> bool:
        with translated(f"deleting {path} of {self._what}"):
            try:
                self._container.delete_blob(path, delete_snapshots="include")
            except ResourceNotFoundError:
                return False
        return True

    def make_container(self) -> None:
        with translated(f"creating {self._what}"):
            self._container.create_container()

    def drop_container(self) -> bool:
        with translated(f"deleting {self._what}"):
            try:
                self._container.delete_container()
            except ResourceNotFoundError:
                return False
        return True

    def policies(self) -> ContainerPolicies:
        modified: list[datetime] = []

        def note(response: Any) -> None:
            answer = response.http_response
            if answer.status_code == 200 and "SignedIdentifiers" not in answer.text():
                # The library takes it for an empty list, and writing that back would revoke everybody's URLs.
                raise ServiceError(f"reading the access policies of {self._what}: {_STRANGE}")
            if text := answer.headers.get("Last-Modified"):
                modified.append(parsedate_to_datetime(text))

        with translated(f"reading the access policies of {self._what}"):
            answer = self._container.get_container_access_policy(raw_response_hook=note)
        pairs = [(str(item.id), _policy(item.access_policy)) for item in answer["signed_identifiers"]]
        return ContainerPolicies(dict(pairs), answer["public_access"], modified[-1] if modified else None)

    def set_policies(self, policies: ContainerPolicies) -> None:
        identifiers: Any = {name: _sdk_policy(policy) for name, policy in policies.policies.items()}
        access: Any = policies.public_access
        # public_access must be given: left out, the service resets it. The call has no ETag (If-Match is ignored).
        with translated(f"changing the access policies of {self._what}"):
            self._container.set_container_access_policy(
                identifiers, public_access=access, if_unmodified_since=policies.last_modified
            )

    @contextmanager
    def lock(self, path: str) -> Iterator[HeldLock]:
        blob = self._container.get_blob_client(path)
        doing = f"locking {self._what}"
        with translated(doing):
            with suppress(ResourceExistsError):
                blob.upload_blob(b"", overwrite=False)
            held = HeldLock(blob, self._acquire(blob), doing)
        try:
            yield held
        finally:
            held.release()

    def _acquire(self, blob: Any) -> Any:
        deadline = time.monotonic() + LOCK_WAIT
        while True:
            try:
                return blob.acquire_lease(lease_duration=LEASE_SECONDS)
            except ResourceExistsError as error:
                if time.monotonic() > deadline:
                    raise LockedError(
                        f"Somebody else has been changing the access policies of {self._what} for {LOCK_WAIT:.0f} s.",
                        hint="Try again; if it stays, break the lease on the blob amlpriv/.lock.",
                    ) from error
                time.sleep(1)

    def delegation_key(self, start: datetime, expiry: datetime) -> DelegationKey:
        with translated(f"asking for a user delegation key of storage account {self.datastore.account}"):
            try:
                key = self._service.get_user_delegation_key(start, expiry)
            except HttpResponseError as error:
                if error.status_code != 403:
                    raise
                raise PermissionDeniedError(
                    f"No user delegation key of storage account {self.datastore.account}: {error_code(error)} (403).",
                    hint="The identity needs Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey"
                    " (role Storage Blob Data Contributor has it); or use the route feed, context or image.",
                ) from error
        return DelegationKey(
            str(key.signed_oid),
            str(key.signed_tid),
            str(key.signed_start),
            str(key.signed_expiry),
            str(key.signed_service),
            str(key.signed_version),
            Secret(str(key.value)),
        )

    def head(self, url: SasUrl) -> int:
        with translated(f"trying {url.url}"):
            status = int(self._anonymous.send_request(HttpRequest("HEAD", url.reveal())).status_code)
        if status == 429 or status >= 500:
            # That storage is busy says nothing about the URL.
            raise ServiceError(f"trying {url.url}: the service answered {status}.", hint="Try again later.")
        return status


class HeldLock:
    """A lease on the lock blob, whose metadata remembers the newest policy."""

    def __init__(self, blob: Any, lease: Any, doing: str) -> None:
        self._blob = blob
        self._lease = lease
        self._doing = doing
        self._metadata = dict(blob.get_blob_properties(lease=lease).metadata or {})

    @property
    def generation(self) -> int:
        text = self._metadata.get(_GENERATION, "0")
        return int(text) if text.isdigit() else 0

    def remember(self, generation: int) -> None:
        self._metadata[_GENERATION] = str(generation)
        with translated(self._doing):
            self._blob.set_blob_metadata(self._metadata, lease=self._lease)

    def release(self) -> None:
        """Give the lease back. What goes wrong is no error: a lease ends by itself after 30 seconds."""
        with suppress(AzureError):
            self._lease.release()


def _stored(blob: Any) -> StoredBlob:
    md5 = blob.content_settings.content_md5
    return StoredBlob(blob.name, int(blob.size or 0), dict(blob.metadata or {}), bytes(md5) if md5 else None)


def _policy(policy: Any) -> AccessPolicy:
    if policy is None:
        return AccessPolicy(None, None, None)
    return AccessPolicy(policy.permission, _time(policy.start), _time(policy.expiry))


def _sdk_policy(policy: AccessPolicy) -> SdkPolicy:
    # As times, not as the service's text: the library reads only one of the forms that the service allows.
    return SdkPolicy(permission=policy.permission, start=policy.start, expiry=policy.expiry)


def _time(moment: Any) -> datetime | None:
    if not moment:
        return None
    if isinstance(moment, datetime):
        return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    whole = str(moment).rstrip("Z").partition(".")[0]
    form = "%Y-%m-%dT%H:%M:%S" if whole.count(":") == 2 else "%Y-%m-%dT%H:%M" if "T" in whole else "%Y-%m-%d"
    return datetime.strptime(whole, form).replace(tzinfo=timezone.utc)
