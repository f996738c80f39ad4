"""Carrying out a publish plan: upload, sign, register. Whatever was done before an interruption is found again."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from uuid import uuid4

from amlpriv.actions.asking import LOCK_BLOB, Store
from amlpriv.actions.signed import signed_urls
from amlpriv.actions.uploading import Progress, upload_wheels
from amlpriv.errors import AmlprivError, ConflictError, NotFoundError, PermissionDeniedError, ServiceError
from amlpriv.plans.access import BACKDATED, PolicyAction, PolicyPlan, plan_policy, policy_number
from amlpriv.plans.publish import described
from amlpriv.plans.steps import DIGEST, WHEELS_IN_PROPERTIES, Describe, PublishPlan, Restore, Sign, Upload, Wanted
from amlpriv.remote import BlobUpload, RegisteredEnvironment
from amlpriv.secret import SasUrl
from amlpriv.workspace.ports import Blobs
from amlpriv.workspace.sas import AdHocSigner, DelegationSigner, PolicySigner, Signer

__all__ = [
    "RegisteredMeanwhileError",
    "Signed",
    "apply",
    "make_signer",
    "manifest_path",
    "verify_urls",
]

HEADS_IN_FLIGHT = 8
POLICY_PATIENCE = 40.0
"""Seconds: a new stored access policy takes up to 30 s to act ('Define a stored access policy')."""


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
    """Do the steps in order; return the environment version as it is registered afterwards.

    Raises RegisteredMeanwhileError when the version is there with the same content: the plan was made without it.
    """
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
        return store.workspace.environments.put(replace(described(plan.wanted, match), archived=False))
    return match


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
    """HEAD every URL, as pip will; with patience where a new policy may not act yet. The first one waits for all."""
    deadline = time.monotonic() + (POLICY_PATIENCE if patient else 0.0)
    blobs = store.open()
    first, *rest = signed
    waited = False
    while (status := blobs.head(signed[first])) in _REFUSED and time.monotonic() < deadline:
        if not waited:
            progress.say("waiting for the new access policy to act (up to 30 seconds)")
        waited = True
        time.sleep(2)
    statuses = {first: status}
    if status == 200 and rest:
        with ThreadPoolExecutor(min(HEADS_IN_FLIGHT, len(rest))) as pool:
            statuses |= zip(rest, pool.map(lambda name: _settled(blobs, signed[name], deadline), rest), strict=True)
    for name, status in statuses.items():
        if status != 200:
            raise _unusable(name, signed[name], status)


_REFUSED = (401, 403)


def _settled(blobs: Blobs, url: SasUrl, deadline: float) -> int:
    """Another of storage's servers may know the new policy a moment later than the one that answered first."""
    while (status := blobs.head(url)) in _REFUSED and time.monotonic() < deadline:
        time.sleep(2)
    return status


def _unusable(name: str, url: SasUrl, status: int) -> AmlprivError:
    said = f"Storage answers {status} to the signed URL of {name} ({url.url})."
    if status in _REFUSED:
        hint = (
            "A firewall of the storage account, or a policy against SAS, refuses it:"
            " use the route feed, context or image."
        )
        return PermissionDeniedError(said, hint=hint)
    if status == 404:
        return NotFoundError(said, hint="Somebody deleted the blob meanwhile: run the same command again.")
    return ServiceError(said, hint="Run the same command again; if it stays, ask who runs the storage account.")


class RegisteredMeanwhileError(ConflictError):
    """The version to be created is registered already, with the same content; ``there`` is it."""

    def __init__(self, there: RegisteredEnvironment) -> None:
        super().__init__(
            f"Somebody registered {there.name}:{there.version} at the same time.", hint="Run the same command again."
        )
        self.there = there


def _register(store: Store, environment: RegisteredEnvironment, wanted: Wanted) -> RegisteredEnvironment:
    """Create the version; when it is there with the same content, RegisteredMeanwhileError."""
    environments = store.workspace.environments
    try:
        return environments.put(environment)
    except ConflictError as error:
        there = environments.get(environment.name, environment.version)
        if there.properties.get(DIGEST) == wanted.digest:
            raise RegisteredMeanwhileError(there) from error
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
