"""Carrying out a publish plan: upload, sign, register. Whatever was done before an interruption is found again."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from io import BufferedReader, BytesIO, FileIO
from pathlib import Path
from threading import Event
from typing import BinaryIO, Protocol
from uuid import uuid4

from amlpriv.actions.asking import LOCK_BLOB, Store, signed_urls
from amlpriv.errors import ConflictError, PermissionDeniedError
from amlpriv.plans.access import BACKDATED, PolicyAction, PolicyPlan, plan_policy, policy_number
from amlpriv.plans.publish import (
    DIGEST,
    WHEELS_IN_PROPERTIES,
    Describe,
    PublishPlan,
    Restore,
    Sign,
    Upload,
    Wanted,
    WantedWheel,
)
from amlpriv.remote import BlobUpload, RegisteredEnvironment
from amlpriv.secret import SasUrl
from amlpriv.workspace.sas import AdHocSigner, DelegationSigner, PolicySigner, Signer

__all__ = ["Progress", "Signed", "apply", "make_signer", "manifest_path", "upload_wheels"]

UPLOADS_IN_FLIGHT = 4
POLICY_PATIENCE = 40.0
"""Seconds: a new stored access policy takes up to 30 s to act ('Define a stored access policy')."""


class Progress(Protocol):
    """Hears how an upload goes on; does nothing unless a face gives one."""

    def begin(self, name: str, size: int) -> None:
        """An upload of ``size`` bytes begins."""

    def advance(self, name: str, sent: int) -> None:
        """``sent`` bytes have gone so far."""

    def say(self, text: str) -> None:
        """Something worth a line."""


Signed = Mapping[str, SasUrl]
"""Signed URLs by package name."""


def apply(
    plan: PublishPlan,
    store: Store,
    *,
    files: Mapping[str, Path],
    match: RegisteredEnvironment | None,
    compose: Callable[[Signed], RegisteredEnvironment],
    now: datetime,
    progress: Progress,
) -> RegisteredEnvironment:
    """Do the steps in order; return the environment version as it is registered afterwards."""
    upload_wheels(store, [step.wheel for step in plan.steps if isinstance(step, Upload)], files, progress)
    signed: Signed = {}
    for step in plan.steps:
        if isinstance(step, Sign):
            signer = make_signer(store, step.policy, now=now)
            signed = {item.wheel.name: signer.sign(item.path) for item in plan.wanted.wheels}
            if match is not None and not plan.created:
                signed = signed_urls(match)  # these are what the extended policy must bring back
            verify_urls(store, signed, patient=isinstance(signer, PolicySigner), progress=progress)
    if plan.created:
        environment = compose(signed)
        if path := keep_manifest(store, plan.wanted):
            environment = replace(environment, properties={**environment.properties, "amlpriv.manifest": path})
        return _register(store, environment, plan.wanted)
    if match is None:
        raise ValueError("a plan that registers nothing needs the version that it keeps")
    if any(isinstance(step, Restore | Describe) for step in plan.steps):
        wanted = plan.wanted
        shown = replace(match, archived=False, description=wanted.description, tags=wanted.tags)
        return store.workspace.environments.put(shown)
    return match


def upload_wheels(
    store: Store, wheels: list[WantedWheel], files: Mapping[str, Path], progress: Progress
) -> dict[str, bool]:
    """Create the blobs, several at a time. By path: whether this call wrote it (False: it was there already)."""
    if not wheels:
        return {}
    blobs = store.open()
    stop = Event()
    uploads = [_upload(item, files[item.wheel.name], stop) for item in wheels]
    for item in wheels:
        progress.begin(item.wheel.filename, item.wheel.size)

    def put(item: WantedWheel, upload: BlobUpload) -> bool:
        return blobs.put(upload, partial(progress.advance, item.wheel.filename))

    with ThreadPoolExecutor(min(UPLOADS_IN_FLIGHT, len(uploads))) as pool:
        try:
            written = list(pool.map(put, wheels, uploads))
        except BaseException:
            stop.set()  # Ctrl-C, or one of them failed: the others end at their next read
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return dict(zip((item.path for item in wheels), written, strict=True))


class _Stoppable(BufferedReader):
    """A file whose reading can be ended from another thread; an unfinished upload is never committed."""

    def __init__(self, file: Path, stop: Event) -> None:
        super().__init__(FileIO(file))
        self._stop = stop

    def read(self, size: int | None = -1, /) -> bytes:
        if self._stop.is_set():
            raise CancelledError("the upload was stopped")  # no OSError: azure-core would try again
        return super().read(size)


def _upload(item: WantedWheel, file: Path, stop: Event) -> BlobUpload:
    def opener() -> BinaryIO:
        return _Stoppable(file, stop)

    with file.open("rb") as stream:
        md5 = hashlib.md5(usedforsecurity=False)
        while chunk := stream.read(1 << 20):
            md5.update(chunk)
    metadata = {
        "amlpriv_sha256": item.wheel.sha256,
        "amlpriv_content": item.wheel.content_hash,
        # Tells our own upload from another's when the reply is lost and a retry finds the blob there.
        "amlpriv_upload": uuid4().hex,
    }
    return BlobUpload(item.path, item.wheel.size, md5.digest(), metadata, opener)


def make_signer(store: Store, policy: PolicyPlan, *, now: datetime) -> Signer:
    """What signs URLs by this plan, after changing the access policy where it says so."""
    datastore, key = store.find(), store.ask_secret().account_key
    if policy.action is PolicyAction.AD_HOC and key is not None:
        return AdHocSigner(datastore, key, now - BACKDATED, policy.expires)
    if key is None:
        starts = now - BACKDATED
        delegated = store.open().delegation_key(starts, policy.expires)
        return DelegationSigner(datastore, delegated, starts, policy.expires)
    if policy.action is not PolicyAction.KEEP:
        policy = change_policy(store, policy, now=now)
    if policy.action is PolicyAction.AD_HOC:
        return AdHocSigner(datastore, key, now - BACKDATED, policy.expires)
    return PolicySigner(datastore, key, policy.policy, policy.expires)


def change_policy(store: Store, planned: PolicyPlan, *, now: datetime, tries: int = 5) -> PolicyPlan:
    """Create or extend the policy under the lock, decided once more on what is there then.

    The list is replaced as a whole and has no ETag: a lease on our lock blob keeps amlpriv's writers apart, and
    If-Unmodified-Since narrows the window against others; reading it back notices when one got in between.
    """
    blobs = store.open()
    lifetime = planned.expires - now
    with blobs.lock(LOCK_BLOB) as held:
        generation = max(held.generation, policy_number(planned.policy) - 1)
        for _ in range(tries):
            current = blobs.policies()
            plan = plan_policy(current, now=now, lifetime=lifetime, generation=generation)
            if policy_number(plan.policy) > held.generation:
                # First, so that no interruption leaves a policy of which nobody remembers the number.
                held.remember(policy_number(plan.policy))
            if plan.wanted is None:
                return plan
            try:
                blobs.set_policies(plan.wanted)
            except ConflictError:
                time.sleep(1)  # If-Unmodified-Since counts in whole seconds
                continue
            if plan.policy in blobs.policies().policies:
                return plan
    raise ConflictError(
        "Somebody else keeps changing the container's access policies.", hint="Run the same command again."
    )


def verify_urls(store: Store, signed: Signed, *, patient: bool, progress: Progress) -> None:
    """HEAD every URL, as pip will; with patience where a new policy may not act yet."""
    deadline = time.monotonic() + (POLICY_PATIENCE if patient else 0.0)
    blobs = store.open()
    for name, url in signed.items():
        waited = False
        while (status := blobs.head(url)) != 200:
            if status != 403 or time.monotonic() >= deadline:
                raise PermissionDeniedError(
                    f"Storage answers {status} to the signed URL of {name} ({url.url}).",
                    hint="A firewall of the storage account, or a policy against SAS, refuses it:"
                    " use the route feed, context or image.",
                )
            if not waited:
                progress.say("waiting for the new access policy to act (up to 30 seconds)")
            waited = True
            time.sleep(2)


def _register(store: Store, environment: RegisteredEnvironment, wanted: Wanted) -> RegisteredEnvironment:
    """Create the version; when somebody was faster with the same content, theirs is as good."""
    environments = store.workspace.environments
    try:
        return environments.put(environment)
    except ConflictError as error:
        there = environments.get(environment.name, environment.version)
        if there.properties.get(DIGEST) == wanted.digest:
            return there
        raise ConflictError(
            f"Environment {environment.name}:{environment.version} is registered with other content.",
            hint="Versions never change: raise 'version' in the file, or leave it out.",
        ) from error


def keep_manifest(store: Store, wanted: Wanted) -> str | None:
    """Store the list of all wheels beside them when the environment's properties have no room for it; its path."""
    if len(wanted.wheels) <= WHEELS_IN_PROPERTIES:
        return None
    data = manifest(wanted)
    md5 = hashlib.md5(data, usedforsecurity=False).digest()
    # Wheels that were built again have other bytes, and thus another list, under the same digest.
    paths = [manifest_path(wanted), f"amlpriv/manifests/{wanted.digest}-{hashlib.sha256(data).hexdigest()[:16]}.json"]
    for path in paths:
        with suppress(ConflictError):
            store.open().put(BlobUpload(path, len(data), md5, {"amlpriv_upload": uuid4().hex}, lambda: BytesIO(data)))
            return path
    raise ConflictError(f"Blob {paths[-1]} exists with other bytes.", hint="Delete it there: amlpriv did not write it.")


def manifest_path(wanted: Wanted) -> str:
    """Where the list of all wheels goes, unless one of other bytes is there already."""
    return f"amlpriv/manifests/{wanted.digest}.json"


def manifest(wanted: Wanted) -> bytes:
    """All wheels of an environment as JSON, for those that its properties have no room for."""
    wheels = [
        {
            "name": item.wheel.name,
            "version": str(item.wheel.version),
            "filename": item.wheel.filename,
            "sha256": item.wheel.sha256,
            "content_hash": item.wheel.content_hash,
            "blob": item.path,
        }
        for item in wanted.wheels
    ]
    return json.dumps({"schema": "amlpriv-manifest-1", "digest": wanted.digest, "wheels": wheels}, indent=1).encode()
