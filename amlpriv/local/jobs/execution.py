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

from amlpriv.connections.uses import Use
from amlpriv.errors import AmlprivError, InputError, JobError, LocalWorkspaceError
from amlpriv.images import BuiltEnvironment
from amlpriv.local.jobs.commands import command_line, duration
from amlpriv.local.jobs.environments import prepare_environment
from amlpriv.local.jobs.files import Binding, bring_inputs, make_outputs, store, store_outputs, values
from amlpriv.local.jobs.folders import JobFolder
from amlpriv.local.jobs.inheritance import inherited
from amlpriv.local.jobs.records import CANCELED, COMPLETED, FAILED, Records
from amlpriv.local.jobs.registering import register_outputs
from amlpriv.local.jobs.stopping import JobTimeoutError, Stopping
from amlpriv.local.jobs.uris import Place, datastores_of, fetch, resolve, version_of
from amlpriv.local.jobs.variables import MARK, instance_note, job_variables, secret_values
from amlpriv.local.plane.connections import known_connections
from amlpriv.local.plane.context import Blobs, Context
from amlpriv.local.plane.http import Json
from amlpriv.local.plane.job_content import ISOLATED
from amlpriv.marks import end_marked
from amlpriv.prefixes import activated
from amlpriv.processes import Completed, ToolCancelledError, ToolTimeoutError, run
from amlpriv.secret import Secret, redact

__all__ = ["Workshop", "conclude", "execute"]

_LOG = logging.getLogger("amlpriv.local")
_LAST_LINES = 10
_OUTPUTS_SECONDS = 2.0
_ARTIFACTS = "ExperimentRun/dcid."
_ISOLATED_NOTE = (
    "amlpriv: this job was submitted by an isolated client (--isolated): it reaches the local workspace and nothing "
    "else; a download from any other host is refused."
)


class _CommandError(JobError):
    """The command ended with another exit code than 0; the hint has the last lines of the log."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every job needs."""

    context: Context
    environ: Callable[[bool], Mapping[str, str]]
    """The variables with which a process reaches the local workspace; of an isolated one for True."""
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
        except _CommandError as error:
            _write(folder, error.message)  # the log has the last lines
            raise
        except AmlprivError as error:
            _write(folder, str(error))
            raise
        finally:
            _store_logs(workshop, name, folder, cancelled)

    return conclude(workshop, name, work)


def _execute(workshop: Workshop, name: str, folder: JobFolder, cancelled: Callable[[], bool]) -> None:
    properties = workshop.records.get(name)
    context, isolated = workshop.context, bool(properties.get(ISOLATED))
    environ = workshop.environ(isolated)
    if isolated:
        _write(folder, _ISOLATED_NOTE)
    stopping = Stopping(cancelled, _limit(properties))
    built = _prepare(workshop, properties, folder, environ, cancelled)
    stopping.check()
    if code := properties.get("codeId"):
        source = resolve(context, str(code))
        fetch(workshop.blobs, context.account, datastores_of(context), source, folder.code, environ)
    with folder.reachable() as reachable:
        inputs = properties.get("inputs") or {}
        bound = bring_inputs(context, workshop.blobs, inputs, reachable, stopping.check, environ)
        outputs = make_outputs(context, name, properties.get("outputs") or {}, reachable)
        command = command_line(str(properties.get("command") or ""), values(bound), values(outputs))
        if not command.strip():
            raise InputError(f"The job {name} has no command.")
        variables = job_variables(name, properties, bound, outputs)
        inside = activated(built.folder, built.tool, inherited(environ), built.variables)
        own = {"PWD": reachable.shown(folder.code), MARK: folder.mark}
        stopping.check()
        if note := instance_note(properties):
            _write(folder, note)
        workshop.records.move(name, "Running")
        completed = _run(command, folder, {**inside, **variables, **own}, stopping)
        workshop.records.move(name, "Finalizing")
        _keep(workshop, folder, outputs, completed, stopping)
    registered = register_outputs(context, name, properties.get("outputs") or {})
    workshop.records.move(name, "Finalizing", outputs=registered)


def _keep(
    workshop: Workshop, folder: JobFolder, outputs: Mapping[str, Binding], completed: Completed, stopping: Stopping
) -> None:
    """Store the outputs, those of a failed command too, as a mount would have; raise when it failed."""
    failure: _CommandError | None = None
    if not completed.succeeded:
        last = "\n".join(completed.tail[-_LAST_LINES:])
        message = f"The job's command ended with the exit code {completed.returncode}."
        failure = _CommandError(message, hint=last or None)
    try:
        for note in store_outputs(workshop.blobs, outputs, folder, stopping.check):
            _write(folder, note)
    except (AmlprivError, OSError) as error:
        if failure is None or isinstance(error, ToolCancelledError):
            raise
        _write(folder, f"amlpriv: the outputs could not be kept: {error}")
    if failure is not None:
        raise failure


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
                known=known_connections(workshop.context),
                use=Use.PIPELINE if properties.get("parentJobName") else Use.JOB,
            )
        except AmlprivError as error:
            on_line(str(error))
            raise


def _run(command: str, folder: JobFolder, environment: Mapping[str, str], stopping: Stopping) -> Completed:
    stopping.start()
    with folder.writing(folder.std_log) as log:
        try:
            return run(
                _shell(command, environment),
                cwd=folder.code,
                env=environment,
                timeout=stopping.seconds_left,
                on_line=log.add,
                on_pause=log.flush,
                secrets=[Secret(value) for value in secret_values(environment)],
                cancelled=stopping.cancelled,
            )
        except ToolTimeoutError:
            raise stopping.timeout() from None
        finally:
            end_marked(MARK, folder.mark)


def _shell(command: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The command line is the user's own program for a shell; the service runs it with bash."""
    if os.name == "nt":
        return ("cmd", "/d", "/s", "/c", command)
    for shell in ("bash", "sh"):
        if shutil.which(shell, path=environment.get("PATH", os.defpath)):
            return (shell, "-c", command)
    raise JobError(
        f"There is no shell on the job's PATH: {environment.get('PATH')}",
        hint="Leave PATH out of the job's environment variables, or let it include /usr/bin and /bin.",
    )


def _limit(properties: Mapping[str, Any]) -> float | None:
    timeout = (properties.get("limits") or {}).get("timeout")
    return duration(str(timeout)).total_seconds() if timeout else None


def _write(folder: JobFolder, message: str) -> None:
    with contextlib.suppress(OSError), folder.writing(folder.std_log) as on_line:
        on_line(message)


def _store_logs(workshop: Workshop, name: str, folder: JobFolder, cancelled: Callable[[], bool]) -> None:
    """Logs and ``./outputs`` are kept however the job ended; that this fails must not hide why the job failed.

    Of a cancelled job, ``./outputs`` is kept as far as it goes in a short time.
    """
    kept = Stopping(cancelled, _OUTPUTS_SECONDS)

    def check() -> None:
        if cancelled():
            if kept.seconds_left is None:
                kept.start()
            elif kept.seconds_left == 0.0:
                kept.check()

    for path, place in ((folder.default_output, f"{_ARTIFACTS}{name}/outputs"), (folder.logs, f"{_ARTIFACTS}{name}")):
        try:
            for note in store(workshop.blobs, path, Place("azureml", place), folder, check, what=path.name):
                _write(folder, note)
        except (AmlprivError, OSError) as error:
            _LOG.warning("%s of job %s could not be stored: %s", path.name, name, redact(str(error)))
