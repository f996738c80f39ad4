"""A project folder to a wheel: PEP 517, in isolation, driven by uv; the folder itself is left as it was."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from amlpriv.builds.completeness import check_large_files, check_submodules
from amlpriv.builds.failures import build_failure, last_words
from amlpriv.builds.files import configuration_text
from amlpriv.builds.git import ask_git, without_git
from amlpriv.builds.inputs import Inputs
from amlpriv.builds.store import WheelStore
from amlpriv.builds.versions import check_history
from amlpriv.errors import BuildError, InputError, StorageFullError
from amlpriv.files import FULL, create_private_directory, move, read_text
from amlpriv.interpreters import uv_program
from amlpriv.processes import ToolTimeoutError, run
from amlpriv.sourcecopy import copy_project, git_root

__all__ = ["NO_CACHE", "build_inputs", "build_wheel", "build_wheel_cached", "is_kept"]

NO_CACHE = "AMLPRIV_NO_BUILD_CACHE"
"""Set to 1, every project is built, whatever was built before."""

FIXED_TIME = 315532800 + 86400
"""1980-01-02, UTC: a zip file has no time before 1980, and the first day is 1979 in some zones."""

_BUILT = "built"
_CMAKE = re.compile(r"scikit[-_]build[-_]core|py_build_cmake")


def build_wheel(
    project: Path,
    out: Path,
    *,
    environ: Mapping[str, str],
    on_line: Callable[[str], None] | None = None,
    python: Path | None = None,
    timeout: float | None = 600,
    cancelled: Callable[[], bool] | None = None,
) -> Path:
    """Build the project's wheel into the folder ``out``; its path there.

    The build runs under ``python``, by default our own, with the user's uv configuration. Building the same commit
    again gives the same bytes wherever the backend honours SOURCE_DATE_EPOCH (reproducible-builds.org): the time of
    HEAD, else a fixed one. Raises InputError (no project, unreadable pyproject.toml), NetworkError, BuildError.
    """
    configuration = _configuration(project)
    project = project.resolve()
    with _work_folder(environ) as work:
        repository, text = _whole(configuration, project, environ)
        source = _copied(project, work, repository)
        place, real = str(source or work), str(project)
        show = None if on_line is None else partial(_show, on_line, place, real)
        command = _command(environ, work, python, source or project)
        settings = {**_settings(environ, work, repository), **_compiler_flags(environ, work, text)}
        limits: Any = {"timeout": timeout, "on_line": show, "cancelled": cancelled}
        try:
            with _kept_clean(project, in_place=source is None):
                completed = run(command, cwd=source or project, env=settings, **limits)
        except ToolTimeoutError as error:
            raise BuildError(
                f"{configuration}: the build did not finish within {timeout:g} seconds and was stopped.",
                hint=last_words(error.tail).replace(place, real),
            ) from error
        if not completed.succeeded:
            raise build_failure(configuration, tuple(line.replace(place, real) for line in completed.tail))
        wheel = _the_wheel(work / "wheel", configuration)
        check_large_files(configuration, wheel, repository)
        return _moved(wheel, out)


def _whole(configuration: Path, project: Path, environ: Mapping[str, str]) -> tuple[Path | None, str]:
    """The project's repository and its configuration's text. InputError where what the build needs is missing."""
    repository, text = _repository(project, environ), _text(project)
    if repository is not None:
        check_history(configuration, text, repository, environ)
        check_submodules(configuration, project, repository, text, environ)
    return repository, text


def _command(environ: Mapping[str, str], work: Path, python: Path | None, place: Path) -> list[str | Path]:
    options = ("build", "--wheel", "--color", "never", "--no-progress", "--out-dir", str(work / "wheel"))
    interpreter = python.absolute() if python else sys.executable
    return [uv_program(environ), *options, "--python", interpreter, place]


def build_wheel_cached(
    project: Path,
    out: Path,
    *,
    environ: Mapping[str, str],
    cache: Path,
    python: Path | None = None,
    on_line: Callable[[str], None] | None = None,
    say: Callable[[str], None] = lambda _: None,
    inputs: Inputs | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Path:
    """Like ``build_wheel``, unless the same source was built before: then its wheel is taken from ``cache``.

    What "the same" means, and what cannot be known about it, stands in ``amlpriv.builds.inputs``. Where the variable
    AMLPRIV_NO_BUILD_CACHE is 1, everything is built and nothing is kept. ``inputs`` (by ``build_inputs``) spares git
    the same questions about one repository. A cache that cannot be used costs time only; it never fails a build.
    """
    name = project.name or project.resolve().name
    key = _key(project, inputs or build_inputs(cache, environ), python)
    store = WheelStore(cache / _BUILT)
    wheel = store.take(key, out) if key is not None else None
    if wheel is not None:
        say(f"unchanged, not built again: {name}")
    else:
        say(f"building {name}")
        wheel = build_wheel(project, out, environ=environ, python=python, on_line=on_line, cancelled=cancelled)
        # Somebody may have edited a file since the key was made.
        if key is not None and key == _key(project, build_inputs(cache, environ), python):
            store.keep(key, wheel)
    if _is_empty(wheel):
        say(f"note: {wheel.name} holds no file but its metadata: the build backend found no package in {project}")
    return wheel


def is_kept(project: Path, *, cache: Path, inputs: Inputs) -> bool:
    """Whether ``build_wheel_cached`` is going to find the wheel, as far as can be said beforehand."""
    key = _key(project, inputs, None)
    return key is not None and WheelStore(cache / _BUILT).has(key)


def _key(project: Path, inputs: Inputs, python: Path | None) -> str | None:
    asked = inputs.environ.get(NO_CACHE, "") in ("", "0") and project.is_dir()
    return inputs.key(project, python=python) if asked else None


def build_inputs(cache: Path, environ: Mapping[str, str]) -> Inputs:
    """What several builds of one run share."""
    return Inputs(environ, cache / "read")


def _text(project: Path) -> str:
    try:
        return configuration_text(project)
    except OSError:  # the copy will say which file, and why
        return ""


def _is_empty(wheel: Path) -> bool:
    """setuptools and pdm-backend do not mind a package folder that is missing or has another name."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            return all(".dist-info/" in name for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):  # whoever reads the wheel will say so
        return False


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
    answer = ask_git(root, environ, "ls-files", "--", str(project))
    return root if answer is None or answer else None  # without git: believe the folder


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
    answer = ask_git(repository, environ, "log", "-1", "--format=%ct") if repository is not None else None
    epoch = answer[0] if answer and answer[0].isdigit() else str(FIXED_TIME)
    # setuptools' intermediate results, also for a project that is too large to copy.
    extra = work / "setup.cfg"
    extra.write_text(f"[build]\nbuild_base = {str(work / 'build').replace('%', '%%')}\n", encoding="utf-8")
    return {
        "SOURCE_DATE_EPOCH": epoch,
        "DIST_EXTRA_CONFIG": str(extra),
        **without_git(environ, "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"),
        "PYTHONHASHSEED": "0",
        "UV_NO_WRAP": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(work / "tmp")),
    }


def _compiler_flags(environ: Mapping[str, str], work: Path, text: str) -> dict[str, str]:
    """So that our temporary folder does not get into compiled files: neither its name (gcc 8 and clang 10 know the
    option; reproducible-builds.org, "Build path") nor debugging information, which would also name uv's.

    In CPPFLAGS, since setuptools takes CFLAGS for its optimisation as well; CMake reads nothing else than CFLAGS. MSVC
    has other options, and reads neither.
    """
    if os.name != "posix":
        return {}
    flags = [] if re.search(r"[\s'\"\\=]", str(work)) else [f"-ffile-prefix-map={work}=."]
    flags += [] if "CFLAGS" in environ else ["-g0"]
    names = ("CPPFLAGS", "CFLAGS", "CXXFLAGS") if _CMAKE.search(text) else ("CPPFLAGS",)
    return {name: " ".join([*flags, environ.get(name, "")]).rstrip() for name in names}


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
