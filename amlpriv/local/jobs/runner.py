"""What runs the jobs of the local workspace: inside the supervisor, at most two at once; the others are queued."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from amlpriv.errors import AmlprivError
from amlpriv.local.jobs.execution import Workshop, execute
from amlpriv.local.jobs.links import sweep_links
from amlpriv.local.jobs.pipelines import execute_pipeline
from amlpriv.local.jobs.records import CANCELED, FAILED, FINAL, Records
from amlpriv.local.jobs.variables import MARK
from amlpriv.local.plane.context import Context
from amlpriv.marks import end_marked

__all__ = ["AT_ONCE", "LocalRunner"]

AT_ONCE = 2
"""Jobs that run at the same time; a pipeline with its steps is one."""

_CLOSE_SECONDS = 4.5
"""Processes that ignore the first request to stop are killed after 3 seconds."""
_POLL = 0.02
_LOG = logging.getLogger("amlpriv.local")
_ENDED = "The local workspace ended while this job ran."
_NEXT = "Submit the job again."


class LocalRunner:
    """Runs jobs in threads. Safe between threads; ``close`` it at the end."""

    def __init__(
        self, context: Context, *, environ: Callable[[bool], Mapping[str, str]], builds: Path, at_once: int = AT_ONCE
    ) -> None:
        """``environ`` gives the variables with which a process reaches this local workspace, when a job begins; with
        True, those of one that may reach nothing else.

        Jobs that the store has as unfinished are of a run before this one: they become Failed, and what is left of
        their processes ends.
        """
        self._records = Records(context, lambda name, status: _LOG.info("job %s: %s", name, status))
        self._workshop = Workshop(context, environ, builds, self._records)
        self._at_once = at_once
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._stopped: set[str] = set()
        self._begun: set[str] = set()
        self._waiting: set[str] = set()
        self._closing = threading.Event()
        for name in self._fail_unfinished():
            self._end_processes(name)
        sweep_links((context.root or builds.parent).absolute() / "jobs")

    def submit(self, name: str) -> None:
        """Run the job that the store has under this name, soon; returns at once. Raises NotFoundError."""
        self._records.move(name, "Queued")
        with self._lock:
            if not self._closing.is_set() and len(self._threads) < self._at_once:
                thread = threading.Thread(target=self._work, name=f"jobs-{len(self._threads)}", daemon=True)
                thread.start()
                self._threads.append(thread)
            self._waiting.add(name)
        self._queue.put(name)

    def cancel(self, name: str) -> None:
        """End the job, with its children; returns at once. Nothing happens to one that has ended, or is unknown."""
        try:
            properties = self._records.get(name)
        except AmlprivError:
            return
        with self._lock:
            if properties.get("status") in FINAL:
                return
            self._stopped.add(name)
            waits = name not in self._begun and not properties.get("parentJobName")
        if waits:
            self._records.end(name, CANCELED)
        else:
            self._records.move(name, "CancelRequested")

    def close(self, seconds: float = _CLOSE_SECONDS) -> None:
        """End all jobs with their processes; those become Failed. Takes ``seconds`` at most."""
        self._closing.set()
        unfinished = self._fail_unfinished()
        deadline = time.monotonic() + seconds
        with self._lock:
            threads = list(self._threads)
        for _ in threads:
            self._queue.put(None)
        for thread in threads:
            thread.join(max(deadline - time.monotonic(), _POLL))
        if any(thread.is_alive() for thread in threads):
            for name in unfinished:
                self._end_processes(name)

    @property
    def is_busy(self) -> bool:
        """Whether a job runs or waits."""
        with self._lock:
            return bool(self._waiting)

    def is_stopped(self, name: str) -> bool:
        """Whether a job is to end."""
        return self._closing.is_set() or name in self._stopped

    def _end_processes(self, name: str) -> None:
        end_marked(MARK, self._workshop.folder(name).mark)

    def _fail_unfinished(self) -> list[str]:
        """The jobs that had not ended."""
        unfinished = []
        for name in self._records.names():
            status = self._records.get(name).get("status")
            if status not in FINAL:
                unfinished.append(name)
            if status == "CancelRequested":
                self._records.end(name, CANCELED)
            elif status not in FINAL:
                self._records.end(name, FAILED, f"{_ENDED}\n{_NEXT}", "SystemError")
        return unfinished

    def _work(self) -> None:
        while not self._closing.is_set():
            name = self._queue.get()
            if name is None:
                return
            try:
                self._run(name)
            except Exception as error:  # the thread has to live on for the next job
                _LOG.exception("job %s: %s", name, type(error).__name__)
                with contextlib.suppress(Exception):  # the store may be what failed
                    self._records.end(
                        name, FAILED, "The local workspace failed; its log has the details.", "SystemError"
                    )
            finally:
                with self._lock:
                    self._waiting.discard(name)
                    self._begun.discard(name)
                    self._stopped.discard(name)

    def _run(self, name: str) -> None:
        properties = self._records.get(name)
        with self._lock:
            if self.is_stopped(name) or properties.get("status") in FINAL:
                return
            self._begun.add(name)
        kind = str(properties.get("jobType")).lower()
        if kind == "command":
            execute(self._workshop, name, lambda: self.is_stopped(name))
        elif kind == "pipeline":
            execute_pipeline(self._workshop, name, self.is_stopped)
        else:
            message = f"The local workspace does not run jobs of type {properties.get('jobType')}."
            self._records.end(name, FAILED, f"{message}\nIt runs command jobs and pipelines of command components.")
