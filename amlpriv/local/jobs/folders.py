"""The folder of a job below the home: logs, code, inputs and outputs; and its log files."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from amlpriv.local.home import make_private_folder
from amlpriv.local.plane.filenames import file_name
from amlpriv.prefixes import remove
from amlpriv.secret import redact

__all__ = ["BUILD_LOG", "STD_LOG", "JobFolder"]

STD_LOG = "user_logs/std_log.txt"
BUILD_LOG = "azureml-logs/20_image_build_log.txt"


@dataclass(frozen=True, slots=True)
class JobFolder:
    """``<home>/jobs/<name>/``."""

    root: Path

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

    def make(self) -> None:
        """Make it, empty."""
        remove(self.root)
        for folder in (self.std_log.parent, self.build_log.parent, self.default_output):
            make_private_folder(folder)

    @contextlib.contextmanager
    def writing(self, path: Path, secrets: Sequence[str] = ()) -> Iterator[Callable[[str], None]]:
        """A function that appends a line to a log at once, without secrets."""
        with path.open("a", encoding="utf-8", errors="replace", newline="\n") as stream:

            def write(line: str) -> None:
                stream.write(redact(line, *secrets) + "\n")
                stream.flush()

            yield write
