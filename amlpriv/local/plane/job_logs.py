"""The log files of jobs: which there are, at which signed address, and what is in them, while the job runs as well."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from amlpriv.local.plane.context import Context
from amlpriv.local.plane.discovery import service_base
from amlpriv.local.plane.filenames import file_name
from amlpriv.local.plane.http import ArmError
from amlpriv.local.plane.names import WORKSPACE_ID
from amlpriv.local.plane.resources import not_found
from amlpriv.local.plane.routing import Call
from amlpriv.local.plane.store import Record

__all__ = ["PIPELINE_LOG", "log_uris", "read_log"]

PIPELINE_LOG = "logs/azureml/executionlogs.txt"
"""What a pipeline job itself logs; SDK v2 streams only this of it."""


def log_uris(context: Context, call: Call, record: Record, steps: Sequence[Record]) -> dict[str, str]:
    """Signed addresses by the path that clients know; they are good for as long as the job is there."""
    base = f"{service_base(call)}/history/v1.0{WORKSPACE_ID}/runs/{quote(record.name)}/logs"
    paths = [path for path, _ in _files(context, record)]
    if steps and PIPELINE_LOG not in paths:
        paths.append(PIPELINE_LOG)
    return {path: f"{base}/{quote(path)}?sig={_signature(context, record.name, path)}" for path in sorted(paths)}


def read_log(context: Context, record: Record, steps: Sequence[Record], path: str, signature: str) -> bytes:
    """The content so far; ArmError: 403 for a wrong signature, 404 for a log that is not there."""
    if not hmac.compare_digest(signature.encode(), _signature(context, record.name, path).encode()):
        raise ArmError(403, "AuthenticationFailed", "The signature of the log's address is missing or wrong.")
    for known, file in _files(context, record):
        if known == path:
            return file.read_bytes()
    if path == PIPELINE_LOG and steps:
        return _tell(steps).encode()
    raise not_found(f"Job {record.name} has no log {path}.")


def _files(context: Context, record: Record) -> Iterator[tuple[str, Path]]:
    if context.root is None:
        return
    folder = context.root / "jobs" / file_name(record.name) / "logs"
    for file in folder.rglob("*.txt"):
        yield file.relative_to(folder).as_posix(), file


def _signature(context: Context, name: str, path: str) -> str:
    message = f"log\n{name}\n{path}".encode()
    return hmac.new(context.account_key.reveal().encode(), message, hashlib.sha256).hexdigest()


def _tell(steps: Sequence[Record]) -> str:
    """What the steps of a pipeline did, one line for each event."""
    events: list[tuple[str, str]] = []
    for step in steps:
        what = f"{step.properties.get('displayName')}:{step.name}"
        for field, doing in (("startTimeUtc", "Submitting"), ("endTimeUtc", "Ended")):
            if step.properties.get(field):
                status = f" ({step.properties['status']})" if field == "endTimeUtc" else ""
                events.append((str(step.properties[field]), f"{doing} run {what}{status}"))
    return "".join(f"[{time[:19]}Z] {line}\n" for time, line in sorted(events))
