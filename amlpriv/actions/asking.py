"""Asking a workspace what a publish plan needs to know. Reads only; on the unchanged path four requests at
most for one wheel, and five for any number (and for each further 5000 blobs of a listing one)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from itertools import count
from os.path import commonprefix
from pathlib import Path

from amlpriv.actions.signed import blob_of, datastore_of, named_policies, signed_urls
from amlpriv.actions.wheel_files import checked_md5
from amlpriv.errors import AuthenticationError, NotFoundError, PermissionDeniedError, ServiceError, UnsupportedError
from amlpriv.facts.routes import Route
from amlpriv.plans.access import Access, PolicyPlan, choose_access, plan_policy, policy_number
from amlpriv.plans.health import Evidence, Health, Verdict, assess
from amlpriv.plans.publish import Answers, find_match, last_published, renewal_name
from amlpriv.plans.steps import MANIFEST, Wanted
from amlpriv.remote import ContainerPolicies, Datastore, RegisteredEnvironment, StorageSecret, StoredBlob
from amlpriv.secret import SasUrl, Secret
from amlpriv.workspace.ports import VERSIONS_PAGE, Blobs, Workspace
from amlpriv.workspace.sas import PolicySigner

__all__ = [
    "GENERATION",
    "LOCK_BLOB",
    "Store",
    "ask",
    "find_registered",
    "find_versions",
    "sign_for",
]

LOCK_BLOB = "amlpriv/.lock"
GENERATION = "amlpriv_generation"
HEADS_IN_FLIGHT = 8
TRIED_ONE_BY_ONE = 2
LISTINGS = 8
WHEELS = "amlpriv/wheels/"
NEVER = datetime.max.replace(tzinfo=timezone.utc)


@dataclass(slots=True)
class Store:
    """The workspace's storage, asked piece by piece and each piece once."""

    workspace: Workspace
    datastore: Datastore | None = None
    secret: StorageSecret | None = None
    blobs: Blobs | None = None
    policies: ContainerPolicies | None = None
    access: Access | None = None
    notes: list[str] = field(default_factory=list)

    def find(self) -> Datastore:
        """The default datastore."""
        if self.datastore is None:
            self.datastore = self.workspace.datastores.default()
        return self.datastore

    def ask_secret(self) -> StorageSecret:
        """The account key, or why there is none."""
        if self.secret is None:
            self.secret = self.workspace.datastores.secret(self.find().name)
        return self.secret

    def open(self) -> Blobs:
        """The container, with the account key when there is one."""
        if self.blobs is None:
            self.blobs = self.workspace.open_blobs(self.find(), self.ask_secret().account_key)
        return self.blobs

    def ask_policies(self) -> ContainerPolicies | None:
        """The access policies; None, and the identity from then on, when the account accepts no key."""
        if self.policies is None and self.ask_secret().account_key is not None:
            try:
                self.policies = self.open().policies()
            except UnsupportedError as error:
                self.secret = StorageSecret(None, error.message)
                self.blobs = None
        return self.policies


def find_versions(
    workspace: Workspace, wanted: Wanted, known: RegisteredEnvironment | None = None
) -> tuple[RegisteredEnvironment, ...]:
    """The newest versions; when none of a whole page matches, also those whose names follow from the content.

    ``known`` is a version that is there, whether the listing has it by now or not.
    """
    versions = workspace.environments.versions(wanted.name)
    if known is not None and known.version not in {item.version for item in versions}:
        versions = (known, *versions)
    if len(versions) < VERSIONS_PAGE or find_match(wanted, versions) is not None:
        return versions
    listed = {item.version for item in versions}
    older: list[RegisteredEnvironment] = []
    with suppress(NotFoundError):
        for number in count(1):
            name = renewal_name(wanted, number)
            if name not in listed:
                older.insert(0, workspace.environments.get(wanted.name, name))
    return (*versions, *older)


def ask(
    workspace: Workspace,
    wanted: Wanted,
    *,
    lifetime: timedelta,
    now: datetime,
    files: Mapping[str, Path] | None = None,
    known: RegisteredEnvironment | None = None,
) -> tuple[Answers, Store]:
    """All that ``plan_publish`` needs, and the opened storage for whoever applies the plan."""
    versions = find_versions(workspace, wanted, known)
    match = find_match(wanted, versions)
    store, answers = Store(workspace), Answers(versions)
    evidence = None
    names = frozenset(item.wheel.name for item in wanted.wheels)
    if match is not None:
        evidence = _evidence(store, match, wanted)
        health = assess(evidence, wanted=names, now=now, lifetime=lifetime)
        paths = {name: blob_of(url) for name, url in evidence.urls.items()}
        answers = Answers(versions, match, health, paths)
        if health.verdict is Verdict.USABLE:
            return answers, store
        if health.verdict is Verdict.DEAD:
            store = Store(workspace)  # the next renewal goes to today's default datastore
    if not wanted.wheels:
        return answers, store
    if wanted.route is Route.PLAIN:
        return _with_stored(answers, store, wanted, files or {}), store
    signing = sign_for(store, named_policies(versions, store.find()), lifetime=lifetime, now=now)
    if evidence is not None and store.access is not None and store.access.lifetime < lifetime:
        # The account caps lifetimes: what could not live longer is not renewed for its short life.
        health = assess(evidence, wanted=names, now=now, lifetime=store.access.lifetime)
        if health.verdict is Verdict.USABLE:
            return replace(answers, health=health, notes=_notes(store, None)), store
    if evidence is not None and answers.health is not None:
        answers = replace(answers, health=_outlived(answers.health, evidence, signing))
    answers = replace(answers, signing=signing, notes=_notes(store, signing))
    return _with_stored(answers, store, wanted, files or {}), store


def _outlived(health: Health, evidence: Evidence, signing: PolicyPlan) -> Health:
    """Dead is what only an older policy than the one that gets extended or made could bring back."""
    newest = max((policy_number(url.fields.get("si", "")) for url in evidence.urls.values()), default=0)
    if health.verdict is not Verdict.FADING or not 0 < newest < policy_number(signing.policy):
        return health
    return replace(health, verdict=Verdict.DEAD, because=(*health.because, "a newer access policy has taken its place"))


def _with_stored(answers: Answers, store: Store, wanted: Wanted, files: Mapping[str, Path]) -> Answers:
    stored = _stored(store, wanted)
    there = [item.wheel for item in wanted.wheels if item.path in stored and item.wheel.name in files]
    md5 = {str(wheel.name): checked_md5(files[wheel.name], wheel) for wheel in there}
    before = _before(store, answers.versions) if answers.match is None else None
    return replace(answers, stored=stored, md5=md5, before=before)


def _before(store: Store, versions: tuple[RegisteredEnvironment, ...]) -> Mapping[str, Mapping[str, str]] | None:
    """All wheels of the last published version from its manifest, which only versions with many of them have."""
    last = last_published(versions)
    path = last.properties.get(MANIFEST) if last else None
    if path is None:
        return None
    # It is asked for words only: without it there are fewer of them.
    with suppress(NotFoundError, PermissionDeniedError, ServiceError, ValueError, KeyError, TypeError):
        wheels = json.loads(store.open().get(path))["wheels"]
        return {
            str(item["name"]): {"version": str(item["version"]), "content": str(item["content_hash"])}
            for item in wheels
        }
    return None


def _notes(store: Store, signing: PolicyPlan | None) -> tuple[str, ...]:
    access = store.access.notes if store.access else ()
    return (*access, *(signing.notes if signing else ()), *store.notes)


def _evidence(store: Store, match: RegisteredEnvironment, wanted: Wanted) -> Evidence:
    """By policy: key, policies, HEAD. By user delegation: HEAD alone, since the URL says when it ends."""
    urls = dict(signed_urls(match))
    names = frozenset(item.wheel.name for item in wanted.wheels)
    if frozenset(urls) != names or not names:
        return Evidence(urls, {})
    rebuilt = frozenset(item.wheel.name for item in wanted.wheels if blob_of(urls[item.wheel.name]) != item.path)
    if wanted.route is Route.PLAIN:
        store.datastore = datastore_of(next(iter(urls.values())), match)
        paths = {name: blob_of(url) for name, url in urls.items()}
        listed = store.open().stored(commonprefix(list(paths.values())))  # noqa: RUF071  # storage compares characters
        statuses = {name: 200 if path in listed else 404 for name, path in paths.items()}
        return Evidence(urls, statuses, rebuilt=rebuilt, plain=True)
    by_policy = any("si" in url.fields for url in urls.values())
    datastore = datastore_of(next(iter(urls.values())), match)
    store.datastore = datastore
    policies = store.ask_policies() if by_policy else None
    key = store.ask_secret().account_key if by_policy else None
    # Without a key the container is opened for anonymous requests only; asking for the key would be a request more.
    blobs = store.open() if by_policy else store.workspace.open_blobs(datastore, None)
    resigned = _resigned(datastore, key, urls) if key else None
    return Evidence(urls, _statuses(store, blobs, datastore, urls), policies, resigned, rebuilt)


def _statuses(store: Store, blobs: Blobs, datastore: Datastore, urls: Mapping[str, SasUrl]) -> dict[str, int]:
    """HTTP status of each URL, in at most two requests: few are tried one by one, of many one stands for all.

    All URLs of a version are signed in the same way at the same time. Which blobs are there is told by one listing.
    """
    if len(urls) <= TRIED_ONE_BY_ONE:
        return _heads(blobs, urls)
    paths = {name: blob_of(url) for name, url in urls.items()}
    lister = blobs if store.blobs is blobs else store.workspace.open_blobs(datastore, None)
    try:
        listed = lister.stored(commonprefix(list(paths.values())))  # noqa: RUF071  # storage compares characters, too
    except (PermissionDeniedError, AuthenticationError, UnsupportedError):
        return _heads(blobs, urls)
    tried = min(urls, key=lambda name: (paths[name] not in listed, name))
    status = blobs.head(urls[tried])
    gone = 404 if status in (200, 404) else status
    return {name: status if name == tried or paths[name] in listed else gone for name in urls}


def _heads(blobs: Blobs, urls: Mapping[str, SasUrl]) -> dict[str, int]:
    with ThreadPoolExecutor(min(HEADS_IN_FLIGHT, len(urls))) as pool:
        return dict(zip(urls, pool.map(blobs.head, urls.values()), strict=True))


def _resigned(datastore: Datastore, key: Secret, urls: Mapping[str, SasUrl]) -> dict[str, SasUrl]:
    again: dict[str, SasUrl] = {}
    for name, url in urls.items():
        again[name] = PolicySigner(datastore, key, url.fields.get("si", ""), NEVER).sign(blob_of(url))
    return again


def sign_for(store: Store, named: tuple[str, ...], *, lifetime: timedelta, now: datetime) -> PolicyPlan:
    """Which signature the service allows, and what that means for the container's access policy."""
    from amlpriv.plans.access import PolicyAction

    datastore = store.find()
    rules = store.workspace.datastores.rules(datastore)
    access = choose_access(store.ask_secret(), rules, lifetime)
    policies = store.ask_policies() if access.by_key else None
    if access.by_key and policies is None:
        access = choose_access(store.ask_secret(), rules, lifetime)  # the account refused the key after all
    if not access.by_key and store.ask_secret().account_key is not None:
        store.secret, store.blobs = StorageSecret(None, "the storage account does not accept account keys"), None
    store.access = access
    if policies is None:
        return PolicyPlan(PolicyAction.AD_HOC, "", now + access.lifetime)
    generation = 0
    if not any(policy_number(name) for name in policies.policies):
        lock = store.open().stored(LOCK_BLOB).get(LOCK_BLOB)
        text = lock.metadata.get(GENERATION, "0") if lock else "0"
        generation = int(text) if text.isdigit() else 0
    return plan_policy(policies, now=now, lifetime=access.lifetime, generation=generation, named=named)


def _stored(store: Store, wanted: Wanted) -> Mapping[str, StoredBlob]:
    """What is stored of the wheels' names and versions: one listing where their paths begin alike, else one for each
    of a few, since what they share is the folder of all wheels ever stored."""
    folders = sorted({item.path.rsplit("/", 2)[0] + "/" for item in wanted.wheels})
    common = commonprefix(folders)  # noqa: RUF071  # storage compares characters, too
    narrow = len(common) > len(WHEELS) + 1
    if narrow or len(folders) > LISTINGS:
        return store.open().stored(common)
    blobs = store.open()
    with ThreadPoolExecutor(len(folders)) as pool:
        found = list(pool.map(blobs.stored, folders))
    return {path: blob for part in found for path, blob in part.items()}


def find_registered(workspace: Workspace, wanted: Wanted) -> RegisteredEnvironment | None:
    """The registered version with this content, in two requests; NotFoundError when its signed URLs do not work."""
    match = find_match(wanted, find_versions(workspace, wanted))
    urls = signed_urls(match) if match is not None else {}
    if match is None or not urls or wanted.route is Route.PLAIN:
        return match
    url = next(iter(urls.values()))
    status = workspace.open_blobs(datastore_of(url, match), None).head(url)
    if status != 200:
        raise NotFoundError(
            f"{match.name}:{match.version} is registered, but its signed URLs no longer work (HTTP {status}).",
            hint="Publish again.",
        )
    return match
