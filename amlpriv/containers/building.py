"""A project folder to a wheel for Linux, in a container; the folder itself is neither seen nor changed there."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amlpriv.containers.commands import INSIDE, Commands
from amlpriv.containers.images import default_image, platform_of
from amlpriv.containers.passing import FindCredentials, Passed, hand_files, passed
from amlpriv.containers.script import Said, build_script
from amlpriv.containers.sources import copy_for_container, source_time
from amlpriv.containers.tools import ContainerTool
from amlpriv.containers.troubles import build_trouble, container_trouble, last_words, the_wheel
from amlpriv.errors import AmlprivError, BuildError, InputError
from amlpriv.files import create_private_directory, move
from amlpriv.processes import Completed, ToolTimeoutError, run
from amlpriv.target import Target

__all__ = ["build_in_container"]

_PULL_LIMIT = 1800.0
_COPY_LIMIT = 600.0
_CONTAINER = re.compile(r"[0-9a-f]{64}|amlpriv-build-[0-9a-f]+")


def build_in_container(
    project: Path,
    out: Path,
    *,
    tool: ContainerTool,
    target: Target,
    environ: Mapping[str, str],
    image: str | None = None,
    on_line: Callable[[str], None] | None = None,
    timeout: float | None = 3600,
    find_credentials: FindCredentials = lambda _: None,
    wheels: Sequence[Path] = (),
    cancelled: Callable[[], bool] | None = None,
) -> Path:
    """Build the project's wheel for ``target`` into the folder ``out``; its path there. It fits the target.

    ``image`` is by default the manylinux image for the target's glibc and processor. A wheel with compiled code is
    repaired by auditwheel where the image has it, which gives it a manylinux tag. The user's package index and its
    credentials (``find_credentials`` finds those that the address does not hold), proxies and certificates are used;
    none of it stands in an argument, and the container is removed at the end. ``wheels`` are private packages that the
    build requires. ``timeout`` is in seconds.

    Raises InputError (no project), BuildError (no image, no such Python in it, the backend failed, the result does not
    fit), NetworkError, StorageFullError, UnsupportedError.
    """
    if not (project / "pyproject.toml").is_file() and not (project / "setup.py").is_file():
        raise InputError(
            "This folder is not a Python project: it has neither pyproject.toml nor setup.py.", file=project
        )
    job = _Job(project.resolve(), target, image or default_image(target), environ)
    with _work_folder(environ) as work:
        commands, given, script = job.prepared(work, tool, wheels, find_credentials)
        said, completed = _Running(commands, environ, given, on_line, cancelled).build(script, timeout)
        if not completed.succeeded:
            raise build_trouble(job.project, target, job.image, said, completed)
        return _moved(the_wheel(commands.fetched, job.project, target, job.image, said), work, out)


@dataclass(frozen=True, slots=True)
class _Job:
    """What is to be built."""

    project: Path
    target: Target
    image: str
    environ: Mapping[str, str] = field(repr=False)

    def prepared(
        self, work: Path, tool: ContainerTool, wheels: Sequence[Path], find: FindCredentials
    ) -> tuple[Commands, Passed, bytes]:
        """The command lines, what the container gets of this machine, and the script for it."""
        handed = work / INSIDE.strip("/")
        copy = copy_for_container(self.project, handed / "source", self.environ)
        epoch = source_time(self.project, self.environ)
        given = passed(self.environ, folder=self.project, epoch=epoch, find=find)
        settings = {**given.settings, **hand_files(given, wheels, handed)}
        name, fetched = f"amlpriv-build-{secrets.token_hex(6)}", work / "fetched"
        platform = platform_of(self.target)
        commands = Commands(tool, name, self.image, platform, handed, fetched, given.host_network)
        return commands, given, build_script(self.target, copy.relative_to(handed / "source").as_posix(), settings)


@dataclass(frozen=True, slots=True)
class _Running:
    """One container from its making to its removal."""

    commands: Commands
    environ: Mapping[str, str] = field(repr=False)
    given: Passed
    on_line: Callable[[str], None] | None
    cancelled: Callable[[], bool] | None

    def hear(self, line: str) -> None:
        """What the tools say, without the names that they give to containers."""
        if self.on_line is not None and not _CONTAINER.fullmatch(line.strip()):
            self.on_line(line)

    def build(self, script: bytes, timeout: float | None) -> tuple[Said, Completed]:
        """Run the script; what it said, and how it ended."""
        said = Said()

        def hear(line: str) -> None:
            if not said.take(line):
                self.hear(line)

        self.commands.fetched.mkdir()
        try:
            self._do(self.commands.make, _PULL_LIMIT, on_line=self.hear)
            self._do(self.commands.hand_in, _COPY_LIMIT)
            completed = self._run(self.commands.start(self.environ), timeout, stdin=script, on_line=hear)
            if completed.succeeded and (fetch := self.commands.fetch) is not None:
                self._do(fetch, _COPY_LIMIT)
        finally:
            # What is left of it after Ctrl-C or a time-out is stopped, too.
            with suppress(AmlprivError):
                run(self.commands.remove, env=self.environ, timeout=_COPY_LIMIT)
        return said, completed

    def _do(self, arguments: list[str], limit: float, on_line: Callable[[str], None] | None = None) -> None:
        completed = self._run(arguments, limit, on_line=on_line)
        if not completed.succeeded:
            raise container_trouble(self.commands, arguments, completed)

    def _run(
        self,
        arguments: list[str],
        limit: float | None,
        *,
        stdin: bytes | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        options: Any = {"secrets": self.given.secrets, "cancelled": self.cancelled, "on_line": on_line}
        try:
            return run(arguments, env=self.environ, timeout=limit, stdin=stdin, **options)
        except ToolTimeoutError as error:
            what = " ".join(arguments[:2])
            message = f"'{what}' did not finish within {limit:g} seconds and was stopped."
            raise BuildError(message, hint=last_words(error.tail)) from error


@contextmanager
def _work_folder(environ: Mapping[str, str]) -> Iterator[Path]:
    """A folder for one build, gone afterwards whatever happens."""
    work = Path(tempfile.mkdtemp(prefix="amlpriv-container-", dir=environ.get("TMPDIR") or None)).resolve()
    try:
        (work / INSIDE.strip("/") / "source").mkdir(parents=True)
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _moved(wheel: Path, work: Path, out: Path) -> Path:
    """A copy first: with buildah the file may be another account's."""
    if not out.is_dir():
        create_private_directory(out)
    copy = work / wheel.name
    shutil.copyfile(wheel, copy)
    move(copy, out / wheel.name)
    return out / wheel.name
