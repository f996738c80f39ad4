"""Where probes work: an open workspace, a journal of what they create, and what the service has said."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from amlpriv.errors import ServiceError, UnsupportedError
from amlpriv.facts.images import DEFAULT_IMAGE
from amlpriv.probes.journal import Journal, Thing
from amlpriv.remote import BlobUpload, Datastore, RawAnswer, StorageSecret
from amlpriv.secret import Secret, redact
from amlpriv.workspace.ports import Blobs, Workspace

__all__ = ["NOT_IMITATED", "Exchange", "Feed", "NotAskedError", "Site", "environment_path", "said", "upload_of"]

NOT_IMITATED = "NotImplementedBy"
"""Begins the code with which workspaces of our own refuse what they do not imitate."""

LONGEST_PATH = 200
"""Of a path in a report."""


class NotAskedError(ServiceError):
    """A probe cannot be asked here; the message says why."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what the service said to it, without bodies."""

    asked: str
    status: int
    code: str
    message: str
    seconds: float

    def as_json(self) -> dict[str, object]:
        """For the report."""
        shown: dict[str, object] = {"asked": self.asked, "status": self.status, "seconds": round(self.seconds, 3)}
        return shown | {key: text for key, text in (("code", self.code), ("message", self.message)) if text}


@dataclass(frozen=True, slots=True)
class Feed:
    """A private feed that the user names for the probes on connections."""

    url: str
    token: Secret
    package: str
    """A package on it that is not on the public index."""
    category: str = "PythonFeed"


def environment_path(name: str, version: str | None = None) -> str:
    """Below the workspace; every character that an address cannot have is escaped."""
    path = f"environments/{quote(name, safe='')}"
    return path if version is None else f"{path}/versions/{quote(version, safe='')}"


def said(answer: RawAnswer) -> str:
    """Status and code."""
    return " ".join(str(part) for part in (answer.status, answer.code) if part)


def _short(path: str) -> str:
    return path if len(path) <= LONGEST_PATH else f"{path[:LONGEST_PATH]}... ({len(path)} characters)"


def upload_of(path: str, data: bytes) -> BlobUpload:
    """An upload of bytes in memory."""
    md5 = hashlib.md5(data, usedforsecurity=False).digest()
    return BlobUpload(path, len(data), md5, {"amlpriv_upload": uuid4().hex}, lambda: BytesIO(data))


@dataclass(slots=True)
class Site:
    """The surroundings of a run. Whatever it creates stands in the journal first."""

    workspace: Workspace
    journal: Journal
    run: str
    """In the name of everything that is created: ``v`` and eight hex digits."""
    compute: str | None = None
    """Of jobs; None for serverless compute."""
    feed: Feed | None = None
    job_seconds: float = 45 * 60
    """How long to wait for one job."""
    settle_seconds: float = 90
    """How long to poll for an access policy to act."""
    say: Callable[[str], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    heard: list[Exchange] = field(default_factory=list)
    memo: dict[str, Any] = field(default_factory=dict)
    """What several probes share, made once."""

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        version: str | None = None,
    ) -> RawAnswer:
        """One request below the workspace; NotAskedError for what the local workspace does not imitate."""
        begun = self.clock()
        answer = self.workspace.service.ask(method, path, body, query=query, version=version)
        asked = f"{method} {_short(path) or 'workspace'}"
        message = redact(answer.message, *(secret.reveal() for secret in self.secrets()))
        self.heard.append(Exchange(asked, answer.status, answer.code, message, self.clock() - begun))
        if answer.code.startswith(NOT_IMITATED):
            raise NotAskedError(f"Not imitated here: {asked}.")
        return answer

    def name(self, label: str) -> str:
        """The name of something new."""
        return f"amlpriv-verify-{self.run}-{label}"

    def put_environment(self, name: str, version: str, **properties: Any) -> RawAnswer:
        """Register an environment version that says no more than ``properties``."""
        body = {"image": DEFAULT_IMAGE, "osType": "Linux", "isAnonymous": False, **properties}
        if "build" in properties:
            del body["image"]
        return self.create(Thing("environment", name), environment_path(name, version), {"properties": body})

    def create(self, thing: Thing, path: str, body: Mapping[str, Any]) -> RawAnswer:
        """PUT something new. What the service refuses does not stay in the journal."""
        known = thing in self.journal.things
        self.journal.begin(thing)
        answer = self.ask("PUT", path, body)
        if not known and 400 <= answer.status < 500:
            self.journal.end(thing)
        return answer

    def put_connection(self, name: str, properties: Mapping[str, Any]) -> RawAnswer:
        """Create a connection."""
        return self.create(Thing("connection", name), f"connections/{name}", {"properties": dict(properties)})

    def datastore(self) -> Datastore:
        """The default datastore."""
        if "datastore" not in self.memo:
            self.memo["datastore"] = self.workspace.datastores.default()
        found: Datastore = self.memo["datastore"]
        return found

    def secret(self) -> StorageSecret:
        """The account key, or why there is none or the account does not take it."""
        if "secret" not in self.memo:
            datastore = self.datastore()
            found = self.workspace.datastores.secret(datastore.name)
            if found.account_key is not None:
                try:
                    self.workspace.open_blobs(datastore, found.account_key).policies()
                except UnsupportedError as error:
                    found = StorageSecret(None, error.message)
            self.memo["secret"] = found
        known: StorageSecret = self.memo["secret"]
        return known

    def secret_key(self) -> Secret:
        """The account key; NotAskedError without one."""
        key = self.secret().account_key
        if key is None:
            raise NotAskedError(f"There is no account key: {self.secret().reason}.")
        return key

    def place(self, container: str | None = None) -> Datastore:
        """A container of the default datastore's account, the default one without a name."""
        return replace(self.datastore(), container=container) if container else self.datastore()

    def blobs(self, container: str | None = None) -> Blobs:
        """The same, opened with the credential that works."""
        return self.workspace.open_blobs(self.place(container), self.secret().account_key)

    def artifacts(self) -> str:
        """The container of jobs' logs."""
        if "artifacts" not in self.memo:
            answer = self.ask("GET", "datastores/workspaceartifactstore")
            self.memo["artifacts"] = str(answer.properties.get("containerName") or "azureml")
        return str(self.memo["artifacts"])

    def upload(self, path: str, data: bytes, *, container: str | None = None) -> str:
        """A blob in the default container, or in one that this run made; its path."""
        place = container or self.datastore().container
        if place != self.memo.get("container"):
            self.journal.begin(Thing("blobs", path, place))
        self.blobs(place).put(upload_of(path, data))
        return path

    def own_container(self) -> str:
        """A container of this run's own, made at the first call; its name."""
        name = f"amlpriv-verify-{self.run}"
        if "container" not in self.memo:
            self.journal.begin(Thing("container", name))
            self.blobs(name).make_container()
            self.memo["container"] = name
        return name

    def secrets(self) -> list[Secret]:
        """What must not stand in a report."""
        known: StorageSecret | None = self.memo.get("secret")
        held = [known.account_key] if known else []
        held += [self.feed.token] if self.feed else []
        held += [Secret(self.memo["signature"])] if "signature" in self.memo else []
        return [secret for secret in held if secret is not None]
