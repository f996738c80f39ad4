"""Asking a workspace what a publish plan needs to know. Reads only; on the unchanged path four requests at most."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from os.path import commonprefix
from urllib.parse import unquote, urlsplit

from amlpriv.errors import UnsupportedError
from amlpriv.plans.access import Access, PolicyPlan, choose_access, plan_policy, policy_number
from amlpriv.plans.health import Evidence, Verdict, assess
from amlpriv.plans.publish import Answers, Wanted, find_match
from amlpriv.remote import ContainerPolicies, Datastore, RegisteredEnvironment, StorageSecret, StoredBlob
from amlpriv.secret import SasUrl, Secret
from amlpriv.specs.conda import parse_conda
from amlpriv.specs.pip import PipRequirement
from amlpriv.workspace.ports import Blobs, Workspace
from amlpriv.workspace.sas import PolicySigner

__all__ = ["GENERATION", "LOCK_BLOB", "Store", "ask", "blob_of", "sign_for", "signed_urls"]

LOCK_BLOB = "amlpriv/.lock"
GENERATION = "amlpriv_generation"
HEADS_IN_FLIGHT = 8
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


def signed_urls(environment: RegisteredEnvironment) -> Mapping[str, SasUrl]:
    """The signed URLs in a registered conda text, by package name, without their fragments."""
    if environment.conda is None:
        return {}
    found: dict[str, SasUrl] = {}
    for line in parse_conda(environment.conda.reveal(), f"{environment.name}:{environment.version}").pip:
        url = line.requirement.url if isinstance(line, PipRequirement) else None
        if isinstance(line, PipRequirement) and url and "sig=" in url:
            found[line.name] = SasUrl(url.partition("#")[0])
    return found


def ask(workspace: Workspace, wanted: Wanted, *, lifetime: timedelta, now: datetime) -> tuple[Answers, Store]:
    """All that ``plan_publish`` needs, and the opened storage for whoever applies the plan."""
    versions = workspace.environments.versions(wanted.name)
    match = find_match(wanted, versions)
    store, answers = Store(workspace), Answers(versions)
    evidence, revoked = None, tuple[str, ...]()
    names = frozenset(item.wheel.name for item in wanted.wheels)
    if match is not None:
        evidence = _evidence(store, match, wanted)
        health = assess(evidence, wanted=names, now=now, lifetime=lifetime)
        paths = {name: blob_of(url) for name, url in evidence.urls.items()}
        answers, revoked = Answers(versions, match, health, paths), health.revoked
        if health.verdict is Verdict.USABLE:
            return answers, store
        if health.verdict is Verdict.DEAD:
            store = Store(workspace)  # the next renewal goes to today's default datastore
    signing, stored = None, {}
    if wanted.wheels:
        signing = sign_for(store, revoked, lifetime=lifetime, now=now)
        if evidence is not None and store.access is not None and store.access.lifetime < lifetime:
            # The account caps lifetimes: what could not live longer is not renewed for its short life.
            health = assess(evidence, wanted=names, now=now, lifetime=store.access.lifetime)
            if health.verdict is Verdict.USABLE:
                return replace(answers, health=health, notes=_notes(store, None)), store
        stored = dict(_stored(store, wanted))
    return replace(answers, stored=stored, signing=signing, notes=_notes(store, signing)), store


def _notes(store: Store, signing: PolicyPlan | None) -> tuple[str, ...]:
    access = store.access.notes if store.access else ()
    return (*access, *(signing.notes if signing else ()), *store.notes)


def _evidence(store: Store, match: RegisteredEnvironment, wanted: Wanted) -> Evidence:
    """By policy: key, policies, HEAD. By user delegation: HEAD alone, since the URL says when it ends."""
    urls = dict(signed_urls(match))
    names = frozenset(item.wheel.name for item in wanted.wheels)
    if frozenset(urls) != names or not names:
        return Evidence(urls, {})
    by_policy = any("si" in url.fields for url in urls.values())
    datastore = _datastore_of(next(iter(urls.values())), match)
    store.datastore = datastore
    policies = store.ask_policies() if by_policy else None
    key = store.ask_secret().account_key if by_policy else None
    # Without a key the container is opened for anonymous requests only; asking for the key would be a request more.
    blobs = store.open() if by_policy else store.workspace.open_blobs(datastore, None)
    rebuilt = frozenset(item.wheel.name for item in wanted.wheels if blob_of(urls[item.wheel.name]) != item.path)
    resigned = _resigned(datastore, key, urls) if key else None
    return Evidence(urls, _heads(blobs, urls), policies, resigned, rebuilt)


def blob_of(url: SasUrl) -> str:
    """Path of the blob inside its container."""
    return unquote(urlsplit(url.url).path).split("/", 2)[2]


def _datastore_of(url: SasUrl, match: RegisteredEnvironment) -> Datastore:
    parts = urlsplit(url.url)
    account, _, endpoint = parts.netloc.partition(".blob.")
    name = match.properties.get("amlpriv.datastore", "workspaceblobstore")
    return Datastore(name, account, parts.path.split("/")[1], endpoint)


def _heads(blobs: Blobs, urls: Mapping[str, SasUrl]) -> dict[str, int]:
    with ThreadPoolExecutor(min(HEADS_IN_FLIGHT, len(urls))) as pool:
        return dict(zip(urls, pool.map(blobs.head, urls.values()), strict=True))


def _resigned(datastore: Datastore, key: Secret, urls: Mapping[str, SasUrl]) -> dict[str, SasUrl]:
    again: dict[str, SasUrl] = {}
    for name, url in urls.items():
        again[name] = PolicySigner(datastore, key, url.fields.get("si", ""), NEVER).sign(blob_of(url))
    return again


def sign_for(store: Store, revoked: tuple[str, ...], *, lifetime: timedelta, now: datetime) -> PolicyPlan:
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
    return plan_policy(policies, now=now, lifetime=access.lifetime, generation=generation, revoked=revoked)


def _stored(store: Store, wanted: Wanted) -> Mapping[str, StoredBlob]:
    """One listing for all wheels, as narrow as their paths allow; also what lies beside them under the same version."""
    folders = [item.path.rsplit("/", 2)[0] + "/" for item in wanted.wheels]
    return store.open().stored(commonprefix(folders))  # noqa: RUF071  # storage compares characters, too
