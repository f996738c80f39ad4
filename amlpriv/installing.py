"""The steps of making an environment, each one a tool that runs: conda where there is one, else venv; then real pip."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from amlpriv.connections.netrc import index_hosts, netrc_logins
from amlpriv.errors import BuildError, StorageFullError
from amlpriv.files import write_text
from amlpriv.interpreters import find_pythons, nearest, uv_program
from amlpriv.login_files import netrc_settings
from amlpriv.pip_errors import explain
from amlpriv.prefixes import Tool, python_of, remove
from amlpriv.processes import Completed, run
from amlpriv.secret import Secret
from amlpriv.specs.authorising import Authorised

__all__ = ["Installation", "conda_tool"]

_CONDA_TOOLS: tuple[Tool, ...] = ("micromamba", "mamba", "conda")
_LAST_WORDS = 15
_LIMIT = 3600.0
_OLDEST = (3, 10)
_IN_ADDRESSES = (
    "note: pip gets these credentials in addresses; while it builds a package from source, other users of this machine "
    "can see them in the list of processes"
)


def conda_tool(environ: Mapping[str, str]) -> tuple[Tool, Path | None]:
    """The conda tool on PATH, else the one that the user's shell is set up with, else venv."""
    path = environ.get("PATH", "")
    named = [environ.get("MAMBA_EXE"), environ.get("CONDA_EXE")]
    for candidate in (*_CONDA_TOOLS, *filter(None, named)):
        found = shutil.which(candidate, path=path)
        if found is not None and Path(candidate).stem.lower() in _CONDA_TOOLS:
            return cast(Tool, Path(candidate).stem.lower()), Path(found)
    return "venv", None


@dataclass(frozen=True, slots=True)
class Installation:
    """The steps, with what they share. Each raises BuildError or StorageFullError with the tool's last words."""

    folder: Path
    """The environment."""
    work: Path
    """A private folder for files with signed URLs."""
    tool: Tool
    settings: dict[str, str] = field(repr=False)
    on_line: Callable[[str], None] | None
    secrets: Sequence[Secret]
    cancelled: Callable[[], bool] | None = None
    authorised: Authorised | None = None
    """Which credential goes with which index and repository."""

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return python_of(self.folder, self.tool)

    @property
    def pip_version(self) -> str | None:
        """The version of the environment's own pip."""
        found = next(self.folder.rglob("site-packages/pip-*.dist-info"), None)
        return found.name.removeprefix("pip-").removesuffix(".dist-info") if found else None

    def say_accesses(self, note: str | None = None) -> None:
        """Tell for each index and repository which connection is used, or why none; and first the note."""
        if note is not None:
            self._say(note)
        for access in self.authorised.accesses if self.authorised else ():
            self._say(str(access))

    def signed_in(
        self, text: str, python: tuple[int, int] | None, environ: Mapping[str, str]
    ) -> tuple[Installation, str]:
        """The same with a pip that signs in to the indexes, and what it has to install in place of the conda ``text``:
        its credentials are in a file where that is possible, else in its addresses."""
        hosts = index_hosts(self.authorised.accesses) if self.authorised else ()
        if self.authorised is None or not hosts:
            return self, text
        logins = netrc_logins(self.authorised.accesses, python or _OLDEST)
        if logins is None:
            self._say(_IN_ADDRESSES)
        settings = {**self.settings, **netrc_settings(self.work, logins or {}, hosts, environ)}
        return replace(self, settings=settings), text if logins is not None else self.authorised.text.reveal()

    def create_venv(self, asked: tuple[int, int] | None, environ: Mapping[str, str]) -> None:
        """Make a venv of the nearest Python."""
        interpreter = nearest(asked or sys.version_info[:2], find_pythons(environ, Path(sys.executable)))
        if not self._run([interpreter.path, "-I", "-m", "venv", self.folder]).succeeded:
            # Debian's own Python comes without ensurepip.
            remove(self.folder)
            options = ("venv", "--seed", "--color", "never", "--python", str(interpreter.path))
            done = self._run([uv_program(environ), *options, self.folder])
            self._check(done, f"A venv with {interpreter.path} could not be made")

    def pin_pip(self, requirement: str) -> None:
        """Try to install the pip that was asked for; whether that worked is to be seen in ``pip_version``."""
        self._run([self.python, "-m", "pip", "install", "--retries", "1", requirement])

    def pip(self, lines: Sequence[str]) -> None:
        """Install the lines of a pip section."""
        if not lines:
            return
        # As conda does it (conda/env/installers/pip.py): a file beside the YAML, and that folder as the current one.
        file = self.work / "condaenv.requirements.txt"
        write_text(file, "\n".join(lines) + "\n", private=True)
        install = ("-m", "pip", "install", "-U", "-r", str(file), "--exists-action=b")
        self._check(self._run([self.python, *install]), "The pip section could not be installed")

    def conda(self, program: Path, text: str) -> None:
        """Make the environment from the conda YAML, its pip section included."""
        file = self.work / "condaenv.yml"
        write_text(file, text, private=True)
        create = ("create", "-y") if self.tool == "micromamba" else ("env", "create")
        completed = self._run([program, *create, "-p", self.folder, "-f", file])
        self._check(completed, f"{self.tool} could not make the environment")

    def version(self) -> tuple[int, int]:
        """The environment's Python, as it says itself."""
        question = "import sys; print('%d %d' % sys.version_info[:2])"
        completed = run([self.python, "-I", "-c", question], cwd=self.work, env=self.settings, timeout=60)
        self._check(completed, f"{self.python} does not run")
        major, minor = completed.tail[-1].split()
        return int(major), int(minor)

    def _say(self, line: str) -> None:
        if self.on_line is not None:
            self.on_line(line)

    def _run(self, command: Sequence[str | Path]) -> Completed:
        return run(
            command,
            cwd=self.work,
            env=self.settings,
            timeout=_LIMIT,
            on_line=self.on_line,
            secrets=self.secrets,
            cancelled=self.cancelled,
        )

    def _check(self, completed: Completed, what: str) -> None:
        if completed.succeeded:
            return
        explanation = explain("\n".join(completed.tail), self.authorised.accesses if self.authorised else ())
        kind = StorageFullError if explanation.kind == "full" else BuildError
        last_words = "\n".join(completed.tail[-_LAST_WORDS:])
        raise kind(f"{what}: {explanation.meaning}", hint=f"{explanation.step}\n{last_words}".rstrip())
