"""Build an environment here as the image builder would: conda where there is one, else a venv; then real pip.

A folder holds a finished environment when it has the marker file; anything else in its place is a failed attempt,
which may hold a signature, and is removed. An environment cannot be moved, so it is built where it stays.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import yaml
from packaging.specifiers import SpecifierSet

from amlpriv.direct_urls import strip_queries
from amlpriv.errors import BuildError, InputError
from amlpriv.files import create_private_directory, read_text, write_text
from amlpriv.findings import Finding, Severity
from amlpriv.importing import import_packages
from amlpriv.installing import Installation, conda_tool
from amlpriv.interpreters import find_pythons, nearest
from amlpriv.login_files import forget_logins, git_settings
from amlpriv.pip_config import no_find_links, pip_settings, refuse_diversions
from amlpriv.prefixes import MARKER, Tool, activated, clear, locked, remove, sweep, work_folder
from amlpriv.processes import pass_through, run
from amlpriv.secret import Secret
from amlpriv.specs.authorising import Authorised

__all__ = ["BuildRequest", "BuiltEnvironment", "build_environment", "finished_environment", "run_in"]


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What is to be built, and where."""

    conda_text: str = field(repr=False)
    """The conda YAML with its real, signed URLs, and without the credentials of connections."""
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
    pip: str | None = None
    """The pip that is pinned in the conda section, as pip writes it: ``==25.3.*``."""
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the conda section's ``variables`` set for every process inside."""
    content: str = ""
    """What the conda text is known by without its signatures; another one under the same key is built anew."""
    authorised: Authorised | None = None
    """Which credential goes with which index and repository."""


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
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What is set for every process inside."""


def build_environment(
    request: BuildRequest,
    *,
    environ: Mapping[str, str],
    on_line: Callable[[str], None] | None = None,
    lock_timeout: float = 600,
    cancelled: Callable[[], bool] | None = None,
) -> BuiltEnvironment:
    """Build the environment, or use the finished one; every private package has been imported then.

    pip follows the user's own configuration. On any failure, Ctrl-C included, the folder is removed. Raises BuildError
    (with the cause, where it is known, and the tool's redacted last words), StorageFullError, LockedError, and
    ToolCancelledError soon after ``cancelled`` answers True.
    """
    started = time.monotonic()
    request = replace(request, folder=request.folder.absolute())  # the tools run in another current folder
    create_private_directory(request.folder.parent)
    sweep(request.folder.parent)
    with locked(request.folder, lock_timeout):
        built = finished_environment(request, environ)
        if built is None:
            refuse_diversions(environ)
            _refuse_another_python(request, environ)
            clear(request.folder)
            try:
                with work_folder(request.folder) as work:
                    built = _build(request, work, environ, on_line, cancelled)
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
    environment = activated(built.folder, built.tool, environ, built.variables)
    if on_line is None:
        return pass_through(command, env=environment, cwd=cwd)
    return run(command, env=environment, cwd=cwd, timeout=None, on_line=on_line).returncode


def _build(
    request: BuildRequest,
    work: Path,
    environ: Mapping[str, str],
    on_line: Callable[[str], None] | None,
    cancelled: Callable[[], bool] | None,
) -> BuiltEnvironment:
    lines = _pip_lines(request.conda_text)  # first: what is no YAML costs no environment
    tool, program = conda_tool(environ)
    authorised = request.authorised or Authorised(Secret(""))
    private = bool(request.secrets) or authorised.has_credentials or "sig=" in request.conda_text
    settings = pip_settings(environ, work, private=private) | git_settings(work, authorised.repositories)
    without_links, note = no_find_links(lines, environ, work)
    settings |= {"PIP_SRC": str(request.folder / "src"), **without_links}  # -e is used where it was cloned
    install = Installation(
        request.folder, work, tool, settings, on_line, request.secrets, cancelled, request.authorised
    )
    install.say_accesses(note)
    if program is None:
        install.create_venv(request.asked_python, environ)
        if request.pip and _another_pip(request, install.pip_version):
            install.pin_pip(f"pip{request.pip}")
        install, text = install.signed_in(request.conda_text, install.version(), environ)
        install.pip(_pip_lines(text))
    else:
        install, text = install.signed_in(request.conda_text, request.asked_python, environ)
        install.conda(program, text)
    forget_logins(work)

    strip_queries(request.folder)
    used, pip = install.version(), install.pip_version
    notes = _notes(request, tool, used, pip)
    environment = activated(request.folder, tool, settings, request.variables)
    imported = import_packages(
        install.python, request.imports, env=environment, cwd=work, on_line=on_line, secrets=request.secrets
    )
    about = {"tool": tool, "used": used, "pip": pip, "imported": imported}
    marker = {"key": request.key, "content": request.content, "python": str(install.python), **about}
    write_text(request.folder / MARKER, json.dumps(marker), private=True)
    return _built(request, install.python, tool, used, imported, notes, reused=False)


def _built(
    request: BuildRequest,
    python: Path,
    tool: Tool,
    used: tuple[int, int],
    imported: Mapping[str, str],
    notes: tuple[Finding, ...],
    *,
    reused: bool,
) -> BuiltEnvironment:
    asked, variables = request.asked_python, request.variables
    return BuiltEnvironment(request.folder, python, tool, asked, used, reused, imported, notes, 0.0, variables)


def _refuse_another_python(request: BuildRequest, environ: Mapping[str, str]) -> None:
    """Where it must be the asked one: before anything is removed or installed. A conda tool always brings that one."""
    if request.strict_python and request.asked_python is not None and conda_tool(environ)[0] == "venv":
        _notes(request, "venv", _nearest(request.asked_python, environ), None)


def finished_environment(request: BuildRequest, environ: Mapping[str, str]) -> BuiltEnvironment | None:
    """The environment that is there, when it is complete, has the same key and content, still has its Python, and
    could not be made any better today."""
    try:
        marker = json.loads(read_text(request.folder / MARKER))
        python, tool, imported = Path(marker["python"]), cast(Tool, marker["tool"]), dict(marker["imported"])
        used, pip = (int(marker["used"][0]), int(marker["used"][1])), marker.get("pip")
        same = marker["key"] == request.key and marker.get("content", "") == request.content
        fits = same and python.is_file() and set(request.imports) <= set(imported)
    except (InputError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return None
    if not fits or (request.strict_python and request.asked_python not in (None, used)):
        return None
    if tool == "venv" and _better_today(request, used, environ):
        return None
    return _built(request, python, tool, used, imported, _notes(request, tool, used, pip), reused=True)


def _better_today(request: BuildRequest, used: tuple[int, int], environ: Mapping[str, str]) -> bool:
    """Whether somebody has followed AP402 or AP403 since this venv was made: a nearer Python, or a conda tool."""
    asked = request.asked_python
    if asked in (None, used) and not request.conda_packages:
        return False
    if conda_tool(environ)[0] != "venv":
        return True
    if asked is None or asked == used:
        return False
    with contextlib.suppress(BuildError):  # there is no Python at all any more
        return _distance(_nearest(asked, environ), asked) < _distance(used, asked)
    return False


def _nearest(asked: tuple[int, int], environ: Mapping[str, str]) -> tuple[int, int]:
    return nearest(asked, find_pythons(environ, Path(sys.executable))).minor


def _distance(version: tuple[int, int], asked: tuple[int, int]) -> tuple[int, int]:
    return abs(version[0] - asked[0]), abs(version[1] - asked[1])


def _another_pip(request: BuildRequest, used: str | None) -> bool:
    """Whether a pip is pinned, and this is another one."""
    if request.pip is None or used is None:
        return request.pip is not None
    return not SpecifierSet(request.pip).contains(used, prereleases=True)


def _notes(request: BuildRequest, tool: Tool, used: tuple[int, int], pip: str | None) -> tuple[Finding, ...]:
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
    if tool == "venv" and pip and _another_pip(request, pip):
        message = f"pip{request.pip} was asked for and could not be installed; pip {pip} was used."
        fix = "Check that the index has that pip; the image builder uses it."
        notes.append(Finding("AP404", Severity.WARNING, "pip", message, fix))
    return tuple(notes)


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
