"""Running a job for a probe: submit, wait, read what its logs say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from amlpriv.errors import AmlprivError
from amlpriv.probes.cleaning import ENDED
from amlpriv.probes.journal import Thing
from amlpriv.probes.payload import read_look
from amlpriv.probes.site import NotAskedError, Site, environment_path, said
from amlpriv.secret import redact
from amlpriv.workspace.ports import Blobs

__all__ = ["Outcome", "cause_of", "run_job"]

EXPERIMENT = "amlpriv-verify"
LONGEST_LOG = 4_000_000
"""Bytes. A longer blob is not read."""
MOST_LOGS = 40
BUILD_LOGS = "ImageLogs/"
"""Where the service keeps the logs of image builds, in the container of artifacts."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended. The logs may hold signatures: they are looked through, and not shown."""

    status: str
    error: str = ""
    """The service's words, without secrets."""
    look: Mapping[str, object] | None = None
    """What the job's command has printed for us."""
    log: str = field(default="", repr=False)
    build_log: str = field(default="", repr=False)
    seconds: float = 0.0

    @property
    def completed(self) -> bool:
        """Whether the image was built and the command ended well."""
        return self.status == "Completed"

    @property
    def cause(self) -> str:
        """Why it failed, in the words of the log of the build or of the service; without secrets."""
        return "" if self.completed else cause_of(self.build_log) or self.error or cause_of(self.log)

    def as_json(self) -> dict[str, object]:
        """For the report."""
        shown: dict[str, object] = {"status": self.status, "seconds": round(self.seconds, 1)}
        shown["build_log_found"] = bool(self.build_log)
        return shown | ({"cause": self.cause} if self.cause else {}) | ({"look": dict(self.look)} if self.look else {})


_CAUSES = tuple(
    re.compile(pattern)
    for pattern in (
        r"requires BuildKit",
        r"HTTP error \d{3}|\b\d{3} Client Error",
        r"User for \S+:|EOFError",
        r"No matching distribution found",
        r"(?i)\berror\b",
    )
)


def cause_of(log: str) -> str:
    """The line of a log that says most about a failure, without secrets; empty when there is none."""
    lines = [line.strip() for line in log.splitlines()]
    found = (line for pattern in _CAUSES for line in lines if pattern.search(line))
    last = next((line for line in reversed(lines) if line), "")
    return redact(next(found, last))[:300]


def run_job(site: Site, label: str, environment: Mapping[str, Any], command: str, *, mark: str = "") -> Outcome:
    """Register an environment, run a command in it, and read the logs. ``mark`` stands in its image's build log.

    Raises NotAskedError when the job cannot even be submitted.
    """
    name = site.name(label)
    answer = site.put_environment(name, "1", **environment)
    if not answer.ok:
        raise NotAskedError(f"Environment {name} was refused: {said(answer)} {answer.message}")
    logs = site.blobs(site.artifacts())
    earlier = set(_listed(logs, BUILD_LOGS)) if mark else set()
    begun = site.clock()
    _submit(site, name, command)
    status, error = _wait(site, name, begun + site.job_seconds)
    folder = f"ExperimentRun/dcid.{name}/"
    texts = {path: _read(logs, path) for path in _listed(logs, folder)}
    output = "\n".join(text for path, text in texts.items() if path.endswith("std_log.txt"))
    build = "\n".join(text for path, text in texts.items() if "image_build" in path)
    if not build and mark:
        new = [path for path in _listed(logs, BUILD_LOGS) if path not in earlier]
        build = "\n".join(text for text in (_read(logs, path) for path in new[:MOST_LOGS]) if mark in text)
    return Outcome(status, error, read_look(output), output, build, site.clock() - begun)


def _submit(site: Site, name: str, command: str) -> None:
    arm_id = site.workspace.name.arm_id
    body: dict[str, Any] = {
        "jobType": "Command",
        "command": command,
        "displayName": name,
        "experimentName": EXPERIMENT,
        "environmentId": f"{arm_id}/{environment_path(name, '1')}",
        "resources": {"instanceCount": 1},
        "limits": {"jobLimitsType": "Command", "timeout": "PT15M"},
    }
    if site.compute is not None:
        body["computeId"] = f"{arm_id}/computes/{site.compute}"
    site.journal.begin(Thing("blobs", f"ExperimentRun/dcid.{name}/", site.artifacts()))
    answer = site.create(Thing("job", name), f"jobs/{name}", {"properties": body})
    if not answer.ok:
        raise NotAskedError(f"The job was refused: {said(answer)} {answer.message}")


def _wait(site: Site, name: str, deadline: float) -> tuple[str, str]:
    """Status and error of a job when it has ended, or when there is no time left."""
    begun, heard = site.clock(), len(site.heard)
    while True:
        answer = site.ask("GET", f"jobs/{name}")
        del site.heard[heard:-1]  # of many polls the last one is enough
        status = str(answer.properties.get("status") or said(answer))
        if status in ENDED:
            return status, _error(answer.properties.get("error"))
        if site.clock() > deadline:
            return f"{status} (no end in time)", ""
        site.sleep(min(10.0, 0.5 + (site.clock() - begun) / 10))


def _error(found: object) -> str:
    """The message of a job's error, which comes in more than one form."""
    inner = found.get("error", found) if isinstance(found, dict) else found
    text = inner.get("message") if isinstance(inner, dict) else inner
    return redact(str(text or ""))[:600]


def _listed(blobs: Blobs, prefix: str) -> list[str]:
    try:
        return list(blobs.stored(prefix))
    except AmlprivError:  # no right to read logs is no reason to have no answer
        return []


def _read(blobs: Blobs, path: str) -> str:
    try:
        data = blobs.get(path)
    except AmlprivError:
        return ""
    return data[:LONGEST_LOG].decode("utf-8", "replace")
