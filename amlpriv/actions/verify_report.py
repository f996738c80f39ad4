"""The report of ``verify``: a JSON file without secrets, into which later runs put their answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amlpriv.errors import InputError
from amlpriv.facts.routes import Route
from amlpriv.files import create_private_directory, read_text, write_text
from amlpriv.local.home import Home
from amlpriv.plans.publish import refuse_plain
from amlpriv.plans.steps import Wanted
from amlpriv.probes.probe import Verdict
from amlpriv.remote import WorkspaceName
from amlpriv.secret import Secret, redact
from amlpriv.workspace.ports import Workspace

if TYPE_CHECKING:
    from amlpriv.actions.verify import Asked
    from amlpriv.probes.cleaning import Removed

__all__ = [
    "SCHEMA",
    "asked_as_json",
    "check_route",
    "default_report",
    "read_verdicts",
    "redacted",
    "verify_folder",
    "write_report",
]

SCHEMA = "amlpriv-verify-1"
LONGEST = 100
"""Requests of one probe that a report lists."""


def verify_folder(environ: Mapping[str, str]) -> Path:
    """Where journals and reports are: ``<AMLPRIV_HOME>/verify``."""
    return Home.find(environ).root / "verify"


def default_report(workspace: WorkspaceName, environ: Mapping[str, str]) -> Path:
    """``<AMLPRIV_HOME>/verify/<workspace>.json``."""
    return verify_folder(environ) / f"{workspace.name}.json"


def asked_as_json(item: Asked) -> dict[str, Any]:
    """A probe with its answer."""
    shown: dict[str, Any] = {**item.probe.as_json(), "answer": item.answer.verdict.value, "words": item.answer.words}
    if item.at is None:
        return shown
    return shown | {
        "details": dict(item.answer.details),
        "asked_at": _text(item.at),
        "seconds": round(item.seconds, 2),
        "requests": [heard.as_json() for heard in item.heard[:LONGEST]],
    }


def _text(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def write_report(
    path: Path, workspace: Workspace, asked: Iterable[Asked], left: Iterable[Removed], known: Iterable[Secret]
) -> None:
    """Write the answers, mode 0600; those that ``path`` has of this workspace and that are older stay."""
    from importlib.metadata import version

    probes = {name: item for name, item in _read(path, workspace.name).items() if item.get("asked_at")}
    for item in asked:
        if item.at is not None or item.probe.id not in probes:
            probes[item.probe.id] = {**asked_as_json(item), "amlpriv": version("amlpriv")}
    document = {
        "schema": SCHEMA,
        "amlpriv": version("amlpriv"),
        "date": _text(datetime.now(timezone.utc)),
        "workspace": workspace.name.arm_id,
        "local": workspace.local,
        "location": _location(workspace),
        "api_versions": _api_versions(),
        "probes": [probes[name] for name in sorted(probes)],
        "left": [str(item) for item in left],
    }
    create_private_directory(path.parent)
    secrets = tuple(secret.reveal() for secret in known)
    write_text(path, json.dumps(redacted(document, secrets), indent=2) + "\n", private=True)


def _api_versions() -> dict[str, str]:
    from amlpriv.workspace.azure.control import API_VERSION, STORAGE_API_VERSION
    from amlpriv.workspace.sas import SIGNED_VERSION

    return {"machine_learning": API_VERSION, "storage_accounts": STORAGE_API_VERSION, "signatures": SIGNED_VERSION}


def _location(workspace: Workspace) -> str | None:
    from amlpriv.errors import AmlprivError

    try:
        found = workspace.service.ask("GET", "").body.get("location")
    except AmlprivError:
        return None
    return str(found) if found else None


def redacted(value: Any, secrets: tuple[str, ...]) -> Any:
    """The same document without anything that looks like a secret, in keys and in values."""
    if isinstance(value, str):
        return redact(value, *secrets)
    if isinstance(value, Mapping):
        return {redact(str(key), *secrets): redacted(item, secrets) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(item, secrets) for item in value]
    return value


def _read(path: Path, workspace: WorkspaceName) -> dict[str, dict[str, Any]]:
    """The probes of a report on this workspace, by id; none for any other file."""
    if not path.is_file():
        return {}
    try:
        found = json.loads(read_text(path))
        if found["schema"] != SCHEMA or found["workspace"].lower() != workspace.arm_id.lower():
            return {}
        return {str(item["id"]): dict(item) for item in found["probes"]}
    except (InputError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def read_verdicts(workspace: WorkspaceName, environ: Mapping[str, str]) -> dict[str, Verdict]:
    """How the probes of the default report ended, by id; empty without one of this workspace."""
    known = {verdict.value: verdict for verdict in Verdict}
    items = _read(default_report(workspace, environ), workspace).items()
    return {name: known[item["answer"]] for name, item in items if item.get("answer") in known}


def check_route(wanted: Wanted, workspace: WorkspaceName, environ: Mapping[str, str]) -> None:
    """UnsupportedError for the route ``plain`` when the default report does not say that plain URLs are replaced."""
    if wanted.route is Route.PLAIN:
        from amlpriv.probes.plain import PLAIN_URL

        refuse_plain(wanted, works=read_verdicts(workspace, environ).get(PLAIN_URL) is Verdict.YES)
