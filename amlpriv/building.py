"""A project folder to a wheel: PEP 517, in isolation, driven by uv; the folder itself is left as it was."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path

from amlpriv.errors import AmlprivError, BuildError, InputError, NetworkError, StorageFullError
from amlpriv.files import FULL, create_private_directory, move, read_text
from amlpriv.interpreters import uv_program
from amlpriv.processes import ToolMissingError, ToolTimeoutError, run
from amlpriv.sourcecopy import copy_project, git_root

__all__ = ["build_wheel"]

FIXED_TIME = 315532800 + 86400
"""1980-01-02, UTC: a zip file has no time before 1980, and the first day is 1979 in some zones."""

_LAST_WORDS = 15
_GIT_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY")
_CAUSE = re.compile(r"\s*((?:[\w.]+\.)?\w*(?:Error|Exception|Invalid\w*|Exit)): .+")
_NOT_FETCHED = re.compile(r"error sending request|dns error|tcp connect error|network was disabled|operation timed out")
_NOT_ALLOWED = re.compile(r"\b(401 Unauthorized|403 Forbidden)\b")
_NOT_FOUND = re.compile(r"cause: Because .*(?:not found|unsatisfiable|no version)")


def build_wheel(
    project: Path,
    out: Path,
    *,
    environ: Mapping[str, str],
    on_line: Callable[[str], None] | None = None,
    python: Path | None = None,
    timeout: float | None = 600,
) -> Path:
    """Build the project's wheel into the folder ``out``; its path there.

    The build runs under ``python``, by default our own, with the user's uv configuration. Building the same commit
    again gives the same bytes wherever the backend honours SOURCE_DATE_EPOCH (reproducible-builds.org): the time of
    HEAD, else a fixed one. Raises InputError (no project, unreadable pyproject.toml), NetworkError, BuildError.
    """
    configuration = _configuration(project)
    project = project.resolve()
    with _work_folder(environ) as work:
        repository = _repository(project, environ)
        source = _copied(project, work, repository)
        place, real = str(source or work), str(project)
        show = None if on_line is None else partial(_show, on_line, place, real)
        options = ("build", "--wheel", "--color", "never", "--no-progress", "--out-dir", str(work / "wheel"))
        interpreter = python.absolute() if python else sys.executable
        command = [uv_program(environ), *options, "--python", interpreter, source or project]
        settings = _settings(environ, work, repository)
        try:
            with _kept_clean(project, in_place=source is None):
                completed = run(command, cwd=source or project, env=settings, timeout=timeout, on_line=show)
        except ToolTimeoutError as error:
            raise BuildError(
                f"{configuration}: the build did not finish within {timeout:g} seconds and was stopped.",
                hint=_last_words(error.tail).replace(place, real),
            ) from error
        if not completed.succeeded:
            raise _failure(configuration, tuple(line.replace(place, real) for line in completed.tail))
        return _moved(_the_wheel(work / "wheel", configuration), out)


def _show(on_line: Callable[[str], None], place: str, real: str, line: str) -> None:
    """The copy that is built is not the user's business."""
    on_line(line.replace(place, real))


def _configuration(project: Path) -> Path:
    """The file that makes the folder a project, known to be readable."""
    if not project.is_dir():
        raise InputError("There is no such project folder.", file=project, hint="Give a folder with a pyproject.toml.")
    pyproject = project / "pyproject.toml"
    if pyproject.exists():
        # tomllib came with Python 3.11; tomli is the same parser for 3.10.
        toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
        try:
            toml.loads(read_text(pyproject))
        except ValueError as error:
            place = re.search(r"at line (\d+), column (\d+)", str(error))
            line, column = (int(place[1]), int(place[2])) if place else (None, None)
            raise InputError(f"This is not TOML: {error}.", file=pyproject, line=line, column=column) from error
        return pyproject
    if (project / "setup.py").is_file():
        return project / "setup.py"
    raise InputError(
        "This folder is not a Python project: it has neither pyproject.toml nor setup.py.",
        file=project,
        hint="Give the folder that holds one of them, or a wheel.",
    )


@contextmanager
def _work_folder(environ: Mapping[str, str]) -> Iterator[Path]:
    """A folder for one build, ours alone, gone afterwards whatever happens."""
    temporary = environ.get("TMPDIR")
    work = Path(tempfile.mkdtemp(prefix="amlpriv-build-", dir=temporary if temporary else None)).resolve()
    try:
        (work / "tmp").mkdir()
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _repository(project: Path, environ: Mapping[str, str]) -> Path | None:
    """The git repository that tracks the project; a home folder under git does not make everything in it a part."""
    root = git_root(project)
    if root is None:
        return None
    answer = _git(root, environ, "ls-files", "--", str(project))
    return root if answer is None or answer else None  # without git: believe the folder


def _git(root: Path, environ: Mapping[str, str], *arguments: str) -> tuple[str, ...] | None:
    """The lines of git's answer; None when git is missing or refuses."""
    settings = {**_without(environ, *_GIT_VARIABLES), "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        completed = run(["git", "-C", root, *arguments], env=settings, timeout=60)
    except (ToolMissingError, ToolTimeoutError):
        return None
    return completed.tail if completed.succeeded else None


def _copied(project: Path, work: Path, repository: Path | None) -> Path | None:
    try:
        return copy_project(project, work / "source", repository)
    except OSError as error:
        if error.errno in FULL:
            raise StorageFullError(
                f"There is no space left in {work} to copy the project.", hint="Free some space, or set TMPDIR."
            ) from error
        raise InputError(
            f"The project cannot be read: {error.strerror or error}.", file=error.filename or project
        ) from error


def _settings(environ: Mapping[str, str], work: Path, repository: Path | None) -> dict[str, str]:
    answer = _git(repository, environ, "log", "-1", "--format=%ct") if repository is not None else None
    epoch = answer[0] if answer and answer[0].isdigit() else str(FIXED_TIME)
    # setuptools' intermediate results, also for a project that is too large to copy.
    extra = work / "setup.cfg"
    extra.write_text(f"[build]\nbuild_base = {str(work / 'build').replace('%', '%%')}\n", encoding="utf-8")
    return {
        "SOURCE_DATE_EPOCH": epoch,
        "DIST_EXTRA_CONFIG": str(extra),
        **_without(environ, *_GIT_VARIABLES, "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"),
        "PYTHONHASHSEED": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(work / "tmp")),
    }


def _without(environ: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in names}


@contextmanager
def _kept_clean(project: Path, *, in_place: bool) -> Iterator[None]:
    """Remove what setuptools adds to a project that is built in its own folder."""

    def left_over() -> set[Path]:
        return {path for pattern in ("build", "*.egg-info", "*/*.egg-info") for path in project.glob(pattern)}

    before = left_over() if in_place else set()
    try:
        yield
    finally:
        for path in left_over() - before if in_place else ():
            shutil.rmtree(path, ignore_errors=True)


def _failure(configuration: Path, tail: tuple[str, ...]) -> AmlprivError:
    text = "\n".join(tail)
    words = _last_words(tail)
    if _NOT_ALLOWED.search(text):
        return BuildError(f"{configuration}: the package index refused to serve a build requirement.", hint=words)
    if _NOT_FETCHED.search(text):
        return NetworkError(
            f"{configuration}: the build requirements could not be fetched.",
            hint=f"{words}\nCheck the network and the index that uv is configured with (UV_DEFAULT_INDEX, uv.toml).",
        )
    if _NOT_FOUND.search(text):
        return BuildError(f"{configuration}: a build requirement cannot be had from the package index.", hint=words)
    causes = [match[0].strip() for line in tail if (match := _CAUSE.fullmatch(line))]
    what = f": {causes[-1]}" if causes else "."
    return BuildError(f"{configuration}: the build backend failed{what}", hint=words)


def _last_words(tail: tuple[str, ...]) -> str:
    lines = [line for line in tail if line.strip() and not line.startswith("hint: Build failures usually")]
    return "\n".join(lines[-_LAST_WORDS:]) or "It said nothing."


def _the_wheel(folder: Path, configuration: Path) -> Path:
    wheels = sorted(folder.glob("*.whl")) if folder.is_dir() else []
    if len(wheels) != 1:
        names = ", ".join(wheel.name for wheel in wheels) or "none"
        raise BuildError(
            f"{configuration}: one wheel was expected from the build backend; there were {len(wheels)}: {names}.",
            hint="Check the build backend named under [build-system].",
        )
    return wheels[0]


def _moved(wheel: Path, out: Path) -> Path:
    if not out.is_dir():
        create_private_directory(out)
    target = out / wheel.name
    move(wheel, target)
    return target
