"""The report of ``verify``: a JSON file without secrets, into which later runs put their answers."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amlpriv.errors import InputError, UsageError
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
    "check_given",
    "check_route",
    "default_report",
    "read_verdicts",
    "redacted",
    "report_path",
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
    """``<AMLPRIV_HOME>/verify/<workspace>-<eight digits>.json``: workspaces of other groups may have the same name."""
    return verify_folder(environ) / f"{workspace.name}-{_digits(workspace)}.json"


def _digits(workspace: WorkspaceName) -> str:
    return hashlib.sha256(workspace.arm_id.lower().encode()).hexdigest()[:8]


def _is_default(path: Path, workspace: WorkspaceName) -> bool:
    return path.name == f"{workspace.name}-{_digits(workspace)}.json"


def check_given(report: str | os.PathLike[str] | None) -> None:
    """UsageError when no report can be written where the user wants it: before anything is sent."""
    if report is not None:
        _check_place(Path(report))


def report_path(report: str | os.PathLike[str] | None, workspace: WorkspaceName, environ: Mapping[str, str]) -> Path:
    """Where the report on a workspace goes.

    UsageError when it cannot, or when the report on another workspace is there; InputError for a damaged one.
    """
    path = Path(report) if report is not None else default_report(workspace, environ)
    _check_place(path)
    if path.is_file() and path.stat().st_size:
        found = _document(path)["workspace"]
        if found.lower() != workspace.arm_id.lower():
            raise UsageError(
                f"{path} is the report on another workspace: {found}. It is not overwritten.", hint="Name another file."
            )
    _earlier(path, workspace)
    return path


def _check_place(path: Path) -> None:
    """UsageError when no report can be written to ``path``: a folder, a place without a folder, another's file."""
    if path.is_dir():
        raise UsageError(f"The report cannot be written: {path} is a folder.", hint="Name a file in it.")
    folder = path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise UsageError(f"The report cannot be written to {path}.", hint="Name a file in a folder of your own.")
    if path.is_file() and path.stat().st_size:
        try:
            _document(path)
        except InputError as error:
            message = f"{path} exists and is no report of 'amlpriv verify': it is not overwritten."
            raise UsageError(message, hint="Name another file, or remove that one.") from error


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

    probes = {name: item for name, item in _earlier(path, workspace.name).items() if item.get("asked_at")}
    for item in asked:
        told = {**asked_as_json(item), "amlpriv": version("amlpriv")}
        before = probes.get(item.probe.id)
        if before is None or item.answer.verdict.is_answer or (item.at is not None and not _is_answer(before)):
            probes[item.probe.id] = told
        elif item.at is not None:
            attempt = {name: told[name] for name in ("answer", "words", "asked_at", "amlpriv")}
            probes[item.probe.id] = {**before, "last_attempt": attempt}
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


def _is_answer(item: Mapping[str, Any]) -> bool:
    return any(item["answer"] == verdict.value for verdict in Verdict if verdict.is_answer)


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


def _document(path: Path) -> dict[str, Any]:
    """The report in a file; InputError, which names it, for anything else."""
    known = {verdict.value for verdict in Verdict}
    try:
        found = json.loads(read_text(path))
    except (ValueError, RecursionError):
        raise _damaged(path, "it is not JSON") from None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise _damaged(path, f"its 'schema' is not {SCHEMA}")
    if not isinstance(found.get("workspace"), str):
        raise _damaged(path, "its 'workspace' is not the id of a workspace")
    probes = found.get("probes")
    if not isinstance(probes, list) or not all(isinstance(item, dict) for item in probes):
        raise _damaged(path, "its 'probes' is not a list of objects")
    for item in probes:
        if not isinstance(item.get("id"), str):
            raise _damaged(path, "a probe has no 'id'")
        if not isinstance(item.get("answer"), str) or item["answer"] not in known:
            raise _damaged(path, f"the 'answer' of {item['id']} is none of: {', '.join(sorted(known))}")
    return found


def _damaged(path: Path, why: str) -> InputError:
    return InputError(
        f"{path} is no report of 'amlpriv verify': {why}.", hint="Remove the file, then run 'amlpriv verify --live'."
    )


def _read(path: Path, workspace: WorkspaceName) -> dict[str, dict[str, Any]]:
    """The probes of a report on this workspace, by id; none without a file. Raises InputError for a damaged one."""
    if not path.is_file() or not path.stat().st_size:
        return {}
    found = _document(path)
    if found["workspace"].lower() != workspace.arm_id.lower():
        return {}
    return {item["id"].strip().upper(): item for item in found["probes"]}


def _earlier(path: Path, workspace: WorkspaceName) -> dict[str, dict[str, Any]]:
    """The probes that ``path`` has; those of the default report may still be where amlpriv 0.1 wrote them."""
    old = path.with_name(f"{workspace.name}.json")
    return _read(old if _is_default(path, workspace) and not path.exists() else path, workspace)


def read_verdicts(workspace: WorkspaceName, environ: Mapping[str, str]) -> dict[str, Verdict]:
    """How the probes of the default report ended, by id; empty without one of this workspace.

    Raises InputError for a report that somebody has damaged.
    """
    items = _earlier(default_report(workspace, environ), workspace).items()
    return {name: Verdict(item["answer"]) for name, item in items}


def check_route(wanted: Wanted, workspace: WorkspaceName, environ: Mapping[str, str]) -> None:
    """UnsupportedError for the route ``plain`` when the default report does not say that plain URLs are replaced."""
    if wanted.route is Route.PLAIN:
        from amlpriv.probes.plain import PLAIN_URL

        verdict = read_verdicts(workspace, environ).get(PLAIN_URL)
        refuse_plain(wanted, works={Verdict.YES: True, Verdict.NO: False}.get(verdict) if verdict else None)
