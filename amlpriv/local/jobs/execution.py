"""One command job, from its record to its end: environment, code, inputs, the process, outputs, logs."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amlpriv.errors import AmlprivError, InputError, JobError, LocalWorkspaceError
from amlpriv.images import BuiltEnvironment
from amlpriv.local.jobs.commands import command_line, duration
from amlpriv.local.jobs.environments import prepare_environment
from amlpriv.local.jobs.files import bring_inputs, make_outputs, store_outputs, values
from amlpriv.local.jobs.folders import JobFolder
from amlpriv.local.jobs.records import CANCELED, COMPLETED, FAILED, Records
from amlpriv.local.jobs.uris import datastores_of, fetch, resolve, version_of
from amlpriv.local.jobs.variables import instance_note, job_variables, secret_values
from amlpriv.local.plane.context import Blobs, Context
from amlpriv.local.plane.http import Json
from amlpriv.prefixes import activated
from amlpriv.processes import Completed, ToolCancelledError, ToolTimeoutError, run
from amlpriv.secret import Secret, redact

__all__ = ["JobTimeoutError", "Workshop", "conclude", "execute"]

_LOG = logging.getLogger("amlpriv.local")
_LAST_LINES = 10


class JobTimeoutError(JobError):
    """The job took longer than its ``limits.timeout``."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every job needs."""

    context: Context
    environ: Callable[[], Mapping[str, str]]
    """The variables with which a process reaches the local workspace."""
    builds: Path
    """Where environments are built."""
    records: Records

    @property
    def blobs(self) -> Blobs:
        """The storage. Raises LocalWorkspaceError when there is none."""
        if self.context.blobs is None:
            raise LocalWorkspaceError("This local workspace has no storage, so it cannot run jobs.")
        return self.context.blobs

    def folder(self, name: str) -> JobFolder:
        """The job's folder."""
        return JobFolder.of(self.context.root or self.builds.parent, name)


def conclude(workshop: Workshop, name: str, work: Callable[[], None]) -> str:
    """Do a job's work and write down how it ended: Completed, Failed or Canceled. Raises nothing."""
    status, message, code = FAILED, "", "UserError"
    try:
        work()
        status = COMPLETED
    except ToolCancelledError:
        status = CANCELED
    except JobTimeoutError as error:
        status, message = CANCELED, str(error)
    except AmlprivError as error:
        message = str(error)
    except OSError as error:
        message, code = f"A file of the job could not be handled: {error}", "SystemError"
    except Exception as error:
        _LOG.error("job %s failed\n%s", name, redact(traceback.format_exc()))
        message, code = f"The local workspace failed ({type(error).__name__}); its log has the details.", "SystemError"
    workshop.records.end(name, status, message, code)
    return status


def execute(workshop: Workshop, name: str, cancelled: Callable[[], bool]) -> str:
    """Run the command job ``name`` to its end; its final status. ``cancelled`` is asked all the time."""
    folder = workshop.folder(name)

    def work() -> None:
        try:
            workshop.records.move(name, "Preparing", startTimeUtc=workshop.records.now())
            folder.make()
            _execute(workshop, name, folder, cancelled)
        except AmlprivError as error:
            _write(folder, str(error))
            raise
        finally:
            _store_logs(workshop, name, folder)

    return conclude(workshop, name, work)


def _execute(workshop: Workshop, name: str, folder: JobFolder, cancelled: Callable[[], bool]) -> None:
    properties = workshop.records.get(name)
    context, environ = workshop.context, workshop.environ()
    limit = _limit(properties)
    built = _prepare(workshop, properties, folder, environ, cancelled)
    _stop_if(cancelled)
    if code := properties.get("codeId"):
        fetch(workshop.blobs, context.account, datastores_of(context), resolve(context, str(code)), folder.code)
    inputs = bring_inputs(context, workshop.blobs, properties.get("inputs") or {}, folder, cancelled)
    outputs = make_outputs(context, name, properties.get("outputs") or {}, folder)
    command = command_line(str(properties.get("command") or ""), values(inputs), values(outputs))
    if not command.strip():
        raise InputError(f"The job {name} has no command.")
    variables = job_variables(name, properties, inputs, outputs)
    _stop_if(cancelled)

    workshop.records.move(name, "Running")
    environment = {**activated(built.folder, built.tool, environ, built.variables), **variables}
    if note := instance_note(properties):
        _write(folder, note)
    completed = _run(command, folder, environment, limit, cancelled)
    if not completed.succeeded:
        last = "\n".join(completed.tail[-_LAST_LINES:])
        raise JobError(f"The job's command ended with the exit code {completed.returncode}.", hint=last or None)
    workshop.records.move(name, "Finalizing")
    store_outputs(workshop.blobs, outputs)


def _prepare(
    workshop: Workshop,
    properties: Json,
    folder: JobFolder,
    environ: Mapping[str, str],
    cancelled: Callable[[], bool],
) -> BuiltEnvironment:
    reference = properties.get("environmentId")
    if not reference:
        raise InputError("The job has no environment.", hint="Give its environmentId.")
    _, record = version_of(workshop.context, str(reference), "environments")
    with folder.writing(folder.build_log) as on_line:
        try:
            return prepare_environment(
                record.properties,
                record.name,
                builds=workshop.builds,
                environ=environ,
                on_line=on_line,
                cancelled=cancelled,
            )
        except AmlprivError as error:
            on_line(str(error))
            raise


def _run(
    command: str,
    folder: JobFolder,
    environment: Mapping[str, str],
    limit: float | None,
    cancelled: Callable[[], bool],
) -> Completed:
    secrets = secret_values(environment)
    with folder.writing(folder.std_log, secrets) as on_line:
        try:
            return run(
                _shell(command, environment),
                cwd=folder.code,
                env=environment,
                timeout=limit,
                on_line=on_line,
                secrets=[Secret(value) for value in secrets],
                cancelled=cancelled,
            )
        except ToolTimeoutError:
            raise JobTimeoutError(f"The job ran longer than its limit of {limit:g} seconds, and was stopped.") from None


def _shell(command: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The command line is the user's own program for a shell; the service runs it with bash."""
    if shutil.which("bash", path=environment.get("PATH")) and os.name != "nt":
        return ("bash", "-c", command)
    return ("cmd", "/d", "/s", "/c", command) if os.name == "nt" else ("sh", "-c", command)


def _limit(properties: Mapping[str, Any]) -> float | None:
    timeout = (properties.get("limits") or {}).get("timeout")
    return duration(str(timeout)).total_seconds() if timeout else None


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise ToolCancelledError("The job was cancelled.")


def _write(folder: JobFolder, message: str) -> None:
    with contextlib.suppress(OSError), folder.writing(folder.std_log) as on_line:
        on_line(message)


def _store_logs(workshop: Workshop, name: str, folder: JobFolder) -> None:
    """Logs and ``./outputs`` are kept however the job ended; that this fails must not hide why the job failed."""
    target = f"ExperimentRun/dcid.{name}"
    try:
        workshop.blobs.upload(folder.logs, "azureml", target)
        workshop.blobs.upload(folder.default_output, "azureml", f"{target}/outputs")
    except (AmlprivError, OSError) as error:
        _LOG.warning("the logs of job %s could not be stored: %s", name, redact(str(error)))
