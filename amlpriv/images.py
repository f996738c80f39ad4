"""Build an environment here as the image builder would: conda where there is one, else a venv; then real pip.

A folder holds a finished environment when it has the marker file; anything else in its place is a failed attempt,
which may hold a signature, and is removed. An environment cannot be moved, so it is built where it stays.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import yaml

from amlpriv.direct_urls import strip_queries
from amlpriv.errors import BuildError, InputError, StorageFullError
from amlpriv.files import create_private_directory, read_text, write_text
from amlpriv.findings import Finding, Severity
from amlpriv.importing import import_packages
from amlpriv.interpreters import find_pythons, nearest, uv_program
from amlpriv.pip_errors import explain
from amlpriv.prefixes import MARKER, Tool, activated, clear, locked, python_of, remove, work_folder
from amlpriv.processes import Completed, pass_through, run
from amlpriv.secret import Secret

__all__ = ["BuildRequest", "BuiltEnvironment", "build_environment", "run_in"]

_CONDA_TOOLS: tuple[Tool, ...] = ("micromamba", "mamba", "conda")
_LAST_WORDS = 15
_LIMIT = 3600.0
# Settings of pip that would send the installation, or a log with signed URLs, somewhere else.
_UNWANTED = ("PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REPORT", "PIP_DRY_RUN")


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What is to be built, and where."""

    conda_text: str = field(repr=False)
    """The conda YAML with its real, signed URLs."""
    asked_python: tuple[int, int] | None
    folder: Path
    """The environment's final place, in a folder of ours."""
    imports: Mapping[str, tuple[str, ...]]
    """Per private package the names to import at the end."""
    strict_python: bool
    """Refuse another Python than the asked one."""
    secrets: Sequence[Secret]
    conda_packages: tuple[str, ...]
    """The names in the conda section, without python and pip."""
    key: str
    """The digest of the content; a finished environment with the same key is used again."""


@dataclass(frozen=True, slots=True)
class BuiltEnvironment:
    """An environment that works on this machine."""

    folder: Path
    python: Path
    tool: Tool
    asked: tuple[int, int] | None
    used: tuple[int, int]
    reused: bool
    imported: Mapping[str, str]
    """The installed version of every private package."""
    notes: tuple[Finding, ...]
    seconds: float


def build_environment(
    request: BuildRequest,
    *,
    environ: Mapping[str, str],
    on_line: Callable[[str], None] | None = None,
    lock_timeout: float = 600,
) -> BuiltEnvironment:
    """Build the environment, or use the finished one; every private package has been imported then.

    pip follows the user's own configuration. On any failure, Ctrl-C included, the folder is removed. Raises BuildError
    (with the cause, where it is known, and the tool's redacted last words), StorageFullError, LockedError.
    """
    started = time.monotonic()
    request = replace(request, folder=request.folder.absolute())  # the tools run in another current folder
    create_private_directory(request.folder.parent)
    with locked(request.folder, lock_timeout):
        built = _finished(request)
        if built is None:
            _refuse_another_python(request, environ)
            clear(request.folder)
            try:
                with work_folder(request.folder) as work:
                    built = _build(request, work, environ, on_line)
            except BaseException:
                remove(request.folder)
                raise
    return replace(built, seconds=time.monotonic() - started)


def run_in(
    built: BuiltEnvironment,
    command: Sequence[str],
    *,
    environ: Mapping[str, str],
    cwd: Path,
    on_line: Callable[[str], None] | None = None,
) -> int:
    """Run a command with the environment active; its exit code.

    On our own input and output, or with every line of its output given to ``on_line`` (secrets taken out).
    """
    environment = activated(built.folder, built.tool, environ)
    if on_line is None:
        return pass_through(command, env=environment, cwd=cwd)
    return run(command, env=environment, cwd=cwd, timeout=None, on_line=on_line).returncode


def _build(
    request: BuildRequest, work: Path, environ: Mapping[str, str], on_line: Callable[[str], None] | None
) -> BuiltEnvironment:
    pip_lines = _pip_lines(request.conda_text)
    tool, program = _tool(environ)
    install = _Installation(request, work, tool, _settings(request, work, environ), on_line)
    if program is None:
        install.create_venv(environ)
        install.pip(pip_lines)
    else:
        install.conda(program)

    strip_queries(request.folder)
    python = python_of(request.folder, tool)
    used = install.version(python)
    notes = _notes(request, tool, used)
    environment = activated(request.folder, tool, install.settings)
    imported = import_packages(
        python, request.imports, env=environment, cwd=work, on_line=on_line, secrets=request.secrets
    )
    marker = {"key": request.key, "python": str(python), "tool": tool, "used": used, "imported": imported}
    write_text(request.folder / MARKER, json.dumps(marker), private=True)
    return BuiltEnvironment(request.folder, python, tool, request.asked_python, used, False, imported, notes, 0.0)


@dataclass(frozen=True, slots=True)
class _Installation:
    """The steps that run a tool, with what they share."""

    request: BuildRequest
    work: Path
    tool: Tool
    settings: dict[str, str] = field(repr=False)
    on_line: Callable[[str], None] | None

    def run(self, command: Sequence[str | Path]) -> Completed:
        return run(
            command,
            cwd=self.work,
            env=self.settings,
            timeout=_LIMIT,
            on_line=self.on_line,
            secrets=self.request.secrets,
        )

    def create_venv(self, environ: Mapping[str, str]) -> None:
        asked = self.request.asked_python or sys.version_info[:2]
        interpreter = nearest(asked, find_pythons(environ, Path(sys.executable)))
        folder = self.request.folder
        if not self.run([interpreter.path, "-I", "-m", "venv", folder]).succeeded:
            # Debian's own Python comes without ensurepip.
            remove(folder)
            options = ("venv", "--seed", "--color", "never", "--python", str(interpreter.path))
            done = self.run([uv_program(environ), *options, folder])
            self.check(done, f"A venv with {interpreter.path} could not be made")

    def pip(self, lines: Sequence[str]) -> None:
        if not lines:
            return
        # As conda does it (conda/env/installers/pip.py): a file beside the YAML, and that folder as the current one.
        file = self.work / "condaenv.requirements.txt"
        write_text(file, "\n".join(lines) + "\n", private=True)
        install = ("-m", "pip", "install", "-U", "-r", str(file), "--exists-action=b")
        completed = self.run([python_of(self.request.folder, self.tool), *install])
        self.check(completed, "The pip section could not be installed")

    def conda(self, program: Path) -> None:
        file = self.work / "condaenv.yml"
        write_text(file, self.request.conda_text, private=True)
        create = ("create", "-y") if self.tool == "micromamba" else ("env", "create")
        completed = self.run([program, *create, "-p", self.request.folder, "-f", file])
        self.check(completed, f"{self.tool} could not make the environment")

    def version(self, python: Path) -> tuple[int, int]:
        question = "import sys; print('%d %d' % sys.version_info[:2])"
        completed = run([python, "-I", "-c", question], cwd=self.work, env=self.settings, timeout=60)
        self.check(completed, f"{python} does not run")
        major, minor = completed.tail[-1].split()
        return int(major), int(minor)

    def check(self, completed: Completed, what: str) -> None:
        if completed.succeeded:
            return
        explanation = explain("\n".join(completed.tail))
        kind = StorageFullError if explanation.kind == "full" else BuildError
        last_words = "\n".join(completed.tail[-_LAST_WORDS:])
        raise kind(f"{what}: {explanation.meaning}", hint=f"{explanation.step}\n{last_words}".rstrip())


def _refuse_another_python(request: BuildRequest, environ: Mapping[str, str]) -> None:
    """Where it must be the asked one: before anything is removed or installed. A conda tool always brings that one."""
    if request.strict_python and request.asked_python is not None and _tool(environ)[0] == "venv":
        _notes(request, "venv", nearest(request.asked_python, find_pythons(environ, Path(sys.executable))).minor)


def _finished(request: BuildRequest) -> BuiltEnvironment | None:
    """The environment that is there, when it is complete, has the same key and still has its Python."""
    folder = request.folder
    try:
        marker = json.loads(read_text(folder / MARKER))
        python, tool, imported = Path(marker["python"]), cast(Tool, marker["tool"]), dict(marker["imported"])
        used = (int(marker["used"][0]), int(marker["used"][1]))
        fits = marker["key"] == request.key and python.is_file() and set(request.imports) <= set(imported)
    except (InputError, ValueError, KeyError, TypeError, IndexError):
        return None
    if not fits or (request.strict_python and request.asked_python not in (None, used)):
        return None
    notes = _notes(request, tool, used)
    return BuiltEnvironment(folder, python, tool, request.asked_python, used, True, imported, notes, 0.0)


def _notes(request: BuildRequest, tool: Tool, used: tuple[int, int]) -> tuple[Finding, ...]:
    """What is not as it will be in Azure. Raises BuildError for another Python where it has to be the asked one."""
    notes = []
    if request.asked_python is not None and used != request.asked_python:
        asked = ".".join(map(str, request.asked_python))
        message = f"Python {asked} was asked for, and {used[0]}.{used[1]} is the nearest here."
        fix = f"Install Python {asked} or micromamba, or name one in AMLPRIV_PYTHONS."
        if request.strict_python:
            raise BuildError(message, hint=fix)
        notes.append(Finding("AP402", Severity.WARNING, "python", message, fix))
    if tool == "venv" and request.conda_packages:
        names = ", ".join(request.conda_packages)
        notes.append(
            Finding(
                "AP403",
                Severity.WARNING,
                request.conda_packages[0] if len(request.conda_packages) == 1 else "conda",
                f"A venv cannot hold these conda packages, so they are missing here: {names}.",
                "Put micromamba or conda on PATH to build them too.",
            )
        )
    return tuple(notes)


def _tool(environ: Mapping[str, str]) -> tuple[Tool, Path | None]:
    """The conda tool on PATH, else the one that the user's shell is set up with, else venv."""
    path = environ.get("PATH", "")
    named = [environ.get("MAMBA_EXE"), environ.get("CONDA_EXE")]
    for candidate in (*_CONDA_TOOLS, *filter(None, named)):
        found = shutil.which(candidate, path=path)
        if found is not None and Path(candidate).stem.lower() in _CONDA_TOOLS:
            return cast(Tool, Path(candidate).stem.lower()), Path(found)
    return "venv", None


def _settings(request: BuildRequest, work: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The user's environment with its index configuration; temporary files and logs in our own folder."""
    rest = {name: value for name, value in environ.items() if name not in _UNWANTED}
    cache = {}
    if request.secrets or "sig=" in request.conda_text:
        cache = {"PIP_CACHE_DIR": str(work / "cache")}
    return {
        **rest,
        **cache,
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(work / "tmp")),
        "PIP_LOG": str(work / "pip.log"),
        "PIP_USER": "0",
        "PIP_REQUIRE_VIRTUALENV": "0",
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUNBUFFERED": "1",
        "CONDA_ALWAYS_YES": "true",
        "MAMBA_ALWAYS_YES": "true",
    }


def _pip_lines(conda_text: str) -> list[str]:
    """The lines of all ``pip:`` blocks. The text is never shown: it has signed URLs."""
    try:
        content = yaml.safe_load(conda_text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise InputError(f"The conda section is not YAML: {error.problem}.", file="conda.yml", line=line) from None
    dependencies = content.get("dependencies") if isinstance(content, dict) else None
    blocks = [entry.get("pip") for entry in dependencies or () if isinstance(entry, dict)]
    return [str(line) for block in blocks for line in block or ()]
