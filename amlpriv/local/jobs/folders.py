"""The folder of a job below the home: logs, code, inputs and outputs; and its log files."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from amlpriv.local.home import make_private_folder
from amlpriv.local.jobs.links import reachable
from amlpriv.local.plane.filenames import file_name
from amlpriv.prefixes import remove
from amlpriv.secret import redact

__all__ = ["BUILD_LOG", "STD_LOG", "JobFolder", "Log"]

STD_LOG = "user_logs/std_log.txt"
BUILD_LOG = "azureml-logs/20_image_build_log.txt"
_FLUSH_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class JobFolder:
    """``<home>/jobs/<name>/``."""

    root: Path
    seen: Path | None = None
    """Where the job's command finds ``root``, when that is somewhere else (``amlpriv.local.jobs.links``)."""

    @classmethod
    def of(cls, home: Path, name: str) -> JobFolder:
        """The folder of the job ``name``."""
        return cls(home.absolute() / "jobs" / file_name(name))

    @property
    def logs(self) -> Path:
        """What goes beside the default outputs at the end: ``user_logs/``, ``azureml-logs/``."""
        return self.root / "logs"

    @property
    def std_log(self) -> Path:
        """What the job has printed so far."""
        return self.logs / STD_LOG

    @property
    def build_log(self) -> Path:
        """How its environment was made."""
        return self.logs / BUILD_LOG

    @property
    def code(self) -> Path:
        """The job's current folder."""
        return self.root / "code"

    def input(self, name: str) -> Path:
        """The folder of an input."""
        return self.root / "inputs" / file_name(name)

    def output(self, name: str) -> Path:
        """The folder of a named output."""
        return self.root / "outputs" / file_name(name)

    @property
    def default_output(self) -> Path:
        """``./outputs`` of the job: kept without being named."""
        return self.code / "outputs"

    @property
    def mark(self) -> str:
        """Marks the job's processes; the same one after a restart of the workspace."""
        return hashlib.sha256(os.fsencode(self.root)).hexdigest()[:24]

    def shown(self, path: Path) -> str:
        """A path below ``root`` as the job's command gets it: without anything that a shell would look at."""
        return str((self.seen or self.root) / path.relative_to(self.root))

    @contextlib.contextmanager
    def reachable(self) -> Iterator[JobFolder]:
        """This folder as a command line can name it, for as long as the block runs."""
        with reachable(self.root) as seen:
            yield replace(self, seen=seen)

    def make(self) -> None:
        """Make it, empty."""
        remove(self.root)
        for folder in (self.std_log.parent, self.build_log.parent, self.default_output):
            make_private_folder(folder)

    @contextlib.contextmanager
    def writing(self, path: Path) -> Iterator[Log]:
        """Append to a log."""
        with path.open("a", encoding="utf-8", errors="replace", newline="\n") as stream:
            yield Log(stream)


class Log:
    """A log file. Called with a line, it writes that at once, without secrets."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._flushed = time.monotonic()

    def __call__(self, line: str) -> None:
        self._stream.write(redact(line) + "\n")
        self.flush()

    def add(self, line: str) -> None:
        """Write a line that has no secrets any more; soon, that is after 0.2 seconds or ``flush``."""
        self._stream.write(line + "\n")
        if time.monotonic() - self._flushed > _FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Let others see what was written."""
        self._stream.flush()
        self._flushed = time.monotonic()
