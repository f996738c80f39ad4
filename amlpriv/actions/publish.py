"""publish: private wheels into the workspace's storage, and an environment version that installs them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from amlpriv.actions.applying import RegisteredMeanwhileError, apply
from amlpriv.actions.asking import Store, ask
from amlpriv.actions.composing import composer
from amlpriv.actions.container_builds import with_container
from amlpriv.actions.judging import connect_steps, judged
from amlpriv.actions.opening import locate, open_workspace
from amlpriv.actions.preparing import Prepared, preparing
from amlpriv.actions.signed import signed_hashes, signed_urls
from amlpriv.actions.uploading import Progress
from amlpriv.actions.verify_report import check_route
from amlpriv.errors import ServiceError
from amlpriv.facts.routes import Route
from amlpriv.findings import Report
from amlpriv.plans.access import asked_lifetime
from amlpriv.plans.publish import plan_publish
from amlpriv.plans.steps import WHEEL_PREFIX, Leave, PublishPlan, Upload, Wanted, wheel_fields
from amlpriv.remote import RegisteredEnvironment
from amlpriv.secret import redact
from amlpriv.specs.azureml import render_environment
from amlpriv.workspace.ports import Workspace
from amlpriv.workspace.sas import blob_url

if TYPE_CHECKING:
    from azure.ai.ml.entities import Environment

__all__ = ["Published", "Quiet", "publish"]

_LOG = logging.getLogger("amlpriv")


class Quiet:
    """Progress that nobody watches; what is worth a line goes to the log ``amlpriv`` at INFO."""

    def begin(self, name: str, size: int) -> None:
        """Nothing."""

    def advance(self, name: str, sent: int) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """A line in the log."""
        _LOG.info("%s", redact(text))


@dataclass(frozen=True, slots=True, repr=False)
class Published:
    """What publishing did (or, after a dry run, would do). Shows no signature."""

    plan: PublishPlan
    registered: RegisteredEnvironment | None
    """None after a dry run that would create a version."""
    workspace: Workspace
    report: Report
    blobs: Mapping[str, str]
    """Addresses of the wheels without signatures, by package name."""
    dry_run: bool = False

    def __repr__(self) -> str:
        return f"Published({self.reference!r}, {self.plan.action.value!r}, dry_run={self.dry_run})"

    @property
    def name(self) -> str:
        """Name of the environment."""
        return self.plan.wanted.name

    @property
    def version(self) -> str:
        """Version of the environment."""
        return self.plan.version

    @property
    def id(self) -> str:
        """ARM id of the environment version."""
        if self.registered is not None:
            return self.registered.id
        return f"{self.workspace.name.arm_id}/environments/{self.name}/versions/{self.version}"

    @property
    def reference(self) -> str:
        """``azureml:name:version``, as job and endpoint YAML names it."""
        return f"azureml:{self.name}:{self.version}"

    def sha256(self, package: str) -> str | None:
        """Hash of the wheel that the registered version installs: of other bytes, maybe, than a rebuild's."""
        left = {str(item.wheel.name): item.wheel.sha256 for item in self.plan.wanted.direct}
        return {**left, **signed_hashes(self.registered)}.get(package) if self.registered else None

    @property
    def environment(self) -> Environment:
        """The registered environment as an ``azure.ai.ml.entities.Environment`` for command(), components and
        deployments. It has its ARM id, by which the SDK refers to it, and no signature in its text."""
        from azure.ai.ml.entities import Environment

        if self.registered is None:
            raise ServiceError("A dry run registers nothing.", hint="Publish without dry_run.")
        data = _conda_data(redact(self.registered.conda.reveal())) if self.registered.conda else None
        options: dict[str, Any] = {"id": self.registered.id}
        return Environment(
            name=self.name,
            version=self.version,
            image=self.registered.image,
            conda_file=data,
            description=self.registered.description,
            tags=dict(self.registered.tags),
            **options,
        )

    def reveal_spec(self) -> str:
        """The SDK v2 environment YAML with its real signed URLs. Whoever has this text can read the wheels."""
        if self.registered is None:
            raise ServiceError("A dry run signs nothing.", hint="Publish without dry_run.")
        conda = self.registered.conda
        return render_environment(
            name=self.name,
            version=self.version,
            image=self.registered.image,
            conda_file=conda.reveal() if conda else None,
            description=self.registered.description,
            tags=dict(self.registered.tags),
        )

    def _wheels(self) -> list[dict[str, object]]:
        """What gets installed: a stored wheel may have another name, size and hash than the one built just now."""
        hashes = signed_hashes(self.registered) if self.registered else {}
        properties = self.registered.properties if self.registered else {}
        shown: list[dict[str, object]] = []
        for item in self.plan.wanted.wheels:
            wheel = item.wheel
            blob, sha256 = self.blobs.get(wheel.name), hashes.get(wheel.name) or wheel.sha256
            fields = wheel_fields(properties.get(f"{WHEEL_PREFIX}{wheel.name}", ""))
            size = wheel.size if sha256 == wheel.sha256 else int(fields["size"]) if "size" in fields else None
            shown.append(
                {
                    "name": wheel.name,
                    "version": str(wheel.version),
                    "filename": unquote(blob.rpartition("/")[2]) if blob else wheel.filename,
                    "sha256": sha256,
                    "content_hash": wheel.content_hash,
                    "size": size,
                    "blob": blob,
                    "source": item.origin or None,
                }
            )
        return shown

    def as_json(self) -> dict[str, object]:
        """The object that ``publish --json`` prints."""
        plan, counter = self.plan, self.workspace.requests
        expires = plan.expires.astimezone(timezone.utc).isoformat().replace("+00:00", "Z") if plan.expires else None
        uploaded = {step.wheel.wheel.name for step in plan.steps if isinstance(step, Upload)}
        return {
            "environment": {"name": self.name, "version": self.version, "id": self.id, "digest": plan.wanted.digest},
            "route": plan.wanted.route.value,
            "index": plan.wanted.index,
            "created": plan.created,
            "action": plan.action.value,
            "changed_because": list(plan.because),
            "wheels": [
                {**shown, "action": "uploaded" if shown["name"] in uploaded else "reused", "expires": expires}
                for shown in self._wheels()
            ]
            + [item.as_json() for item in plan.wanted.direct],
            "findings": [finding.as_json() for finding in self.report],
            "notes": list(plan.notes),
            "steps": [str(step) for step in plan.steps],
            "dry_run": self.dry_run,
            "requests": counter.total,
            "requests_by": counter.as_json(),
        }


def publish(
    file: str | os.PathLike[str],
    *,
    workspace: object = None,
    expires: timedelta | None = None,
    dry_run: bool = False,
    name: str | None = None,
    image: str | None = None,
    python: str | None = None,
    version: str | None = None,
    via: Route | str | None = None,
    locked: bool = False,
    build_in: str | None = None,
    build_image: str | None = None,
    start: bool = True,
    now: datetime | None = None,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    signs_plain: bool = False,
) -> Published:
    """Put the private packages of an environment file (or conda file) where an image build can fetch them, and
    register the environment. Publishing the same again changes nothing.

    ``workspace`` is an MLClient, the path of a config.json or ``"local"``; ``expires`` is how long the signed URLs
    shall live (default 30 days, at most 180; a user delegation SAS 7). With ``locked`` a lock that is missing or stale
    is an error. Raises FindingsError before anything is sent when a check fails, and any other of ``amlpriv.errors``.
    """
    surroundings, watcher = with_container(environ, build_in, build_image), progress or Quiet()
    moment = (now or datetime.now(timezone.utc)).astimezone(timezone.utc)
    path, lifetime = Path(file), asked_lifetime(expires)
    where = locate(workspace, environ=surroundings, folder=Path.cwd())
    options: dict[str, Any] = {"name": name, "image": image, "python": python, "version": version, "via": via}
    with preparing(path, environ=surroundings, say=watcher.say, locked=locked, **options) as prepared:
        prepared.report.raise_if_errors()
        opened = open_workspace(where, environ=surroundings, folder=Path.cwd(), start=start, say=watcher.say)
        if not signs_plain:  # as `build` does: it needs no service that replaces plain URLs
            check_route(prepared.wanted, opened.name, surroundings)
        run = partial(_publish, _fit(prepared, opened), opened, dry_run, lifetime=lifetime, now=moment)
        return _again_after_race(partial(run, progress=watcher))


def _again_after_race(run: Callable[..., Published]) -> Published:
    try:
        return run()
    except RegisteredMeanwhileError as race:
        return run(known=race.there)  # theirs is as good, or gets renewed or restored


def _fit(prepared: Prepared, opened: Workspace) -> Prepared:
    """With the verdicts on the workspace's connections. Raises FindingsError."""
    known = judged(prepared, opened)
    known.report.raise_if_errors()
    return known


def _publish(
    prepared: Prepared,
    opened: Workspace,
    dry_run: bool,
    *,
    lifetime: timedelta,
    now: datetime,
    progress: Progress,
    known: RegisteredEnvironment | None = None,
) -> Published:
    files = prepared.paths
    answers, store = ask(opened, prepared.wanted, lifetime=lifetime, now=now, files=files, known=known)
    plan = plan_publish(prepared.wanted, answers)
    left = tuple(Leave(item) for item in plan.wanted.direct)
    steps, notes = (*connect_steps(prepared.subject), *left, *plan.steps), (*plan.notes, *prepared.notes)
    plan = replace(plan, steps=steps, notes=notes)
    registered = answers.match if not plan.created else None
    if not dry_run:
        how: dict[str, Any] = {"compose": composer(prepared, plan, store), "now": now, "progress": progress}
        registered = apply(plan, store, files=files, match=answers.match, **how)
    plan = _named_as_registered(plan, registered)
    return Published(plan, registered, opened, prepared.report, _addresses(plan.wanted, registered, store), dry_run)


def _named_as_registered(plan: PublishPlan, registered: RegisteredEnvironment | None) -> PublishPlan:
    return replace(plan, version=registered.version) if registered and registered.version else plan


def _addresses(wanted: Wanted, registered: RegisteredEnvironment | None, store: Store) -> dict[str, str]:
    if registered is not None:
        return {name: url.url for name, url in signed_urls(registered).items()}
    return {item.wheel.name: blob_url(store.find(), item.path) for item in wanted.wheels}


def _conda_data(text: str) -> dict[str, Any]:
    import yaml

    data = yaml.safe_load(text)
    return dict(data) if isinstance(data, dict) else {}
