"""Why a build failed: real backends, each with the same mistakes."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from amlpriv.building import build_wheel
from amlpriv.builds.failures import build_failure, last_words
from amlpriv.errors import AmlprivError, BuildError, InputError, NetworkError
from tests.backends.projects import BACKENDS, write_project

Mistake = Callable[[Path], object]


def edit(project: Path, old: str, new: str) -> None:
    path = project / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


MISTAKES: Mapping[str, Mistake] = {
    "package": lambda project: shutil.rmtree(project / "src" / "contoso_features"),
    "readme": lambda project: (project / "README.md").unlink(),
    "metadata": lambda project: edit(project, '">=3.9"', "5"),
    "requirement": lambda project: edit(project, "packaging>=20", "packaging>>20"),
    "version": lambda project: edit(project, 'version = "1.2.0"\n', ""),
    "module": lambda project: edit(project, 'build-backend = "', 'build-backend = "no_such.'),
    "code": lambda project: (project / "src" / "fast.c").write_text("int broken( {\n", encoding="utf-8"),
    "compiler": lambda _: None,
}

EXPECTED = {
    ("hatchling", "package"): "Unable to determine which files to ship",
    ("flit-core", "package"): "No file/folder found for module contoso_features",
    ("poetry-core", "package"): "contoso_features does not contain any element",
    ("uv_build", "package"): "Expected a Python module at",
    ("hatchling", "readme"): "Readme file does not exist: README.md",
    ("flit-core", "readme"): "Description file README.md does not exist",
    ("poetry-core", "readme"): "README.md` does not exist",
    ("pdm-backend", "readme"): "Readme file not found",
    ("uv_build", "readme"): "README.md`: No such file",
    ("setuptools", "metadata"): "integer `5`, expected a string",
    ("uv_build", "metadata"): "integer `5`, expected a string",
    ("setuptools", "requirement"): "project.dependencies[0]",
    ("hatchling", "requirement"): "Dependency #1 of field `project.dependencies` is invalid",
    ("poetry-core", "requirement"): "invalid version constraint",
    ("pdm-backend", "requirement"): "project.dependencies[0]",
    ("flit-core", "version"): "`project.version`",
    ("flit-core", "module"): "ModuleNotFoundError: No module named 'no_such'",
    ("setuptools with C", "code"): "src/fast.c:1",
    ("scikit-build-core", "code"): "src/fast.c:1",
    ("meson-python", "code"): "src/fast.c:1",
    ("setuptools with C", "compiler"): "this machine has no C or C++ compiler",
    ("scikit-build-core", "compiler"): "this machine has no C or C++ compiler",
    ("meson-python", "compiler"): "this machine has no C or C++ compiler",
}
BY_UV = {"metadata", "version"}
"""What uv sees before the backend does: it tells the line."""


def fail(folder: Path, backend: str, mistake: str, tools: Path) -> AmlprivError | None:
    project = write_project(folder / "project", BACKENDS[backend])
    MISTAKES[mistake](project)
    environ = {name: value for name, value in os.environ.items() if name not in ("CC", "CXX")}
    if mistake == "compiler":
        environ["PATH"] = str(tools)
    try:
        build_wheel(project, folder / "out", environ=environ)
    except AmlprivError as error:
        return error
    return None


Failures = dict[tuple[str, str], "Future[AmlprivError | None]"]


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> Failures:
    """All of them, two at a time."""
    top = tmp_path_factory.mktemp("failures")
    tools = top / "tools"
    tools.mkdir()
    for name in ("git", "sh", "uname", "env"):
        if found := shutil.which(name):
            shutil.copy(found, tools / Path(found).name)
    with ThreadPoolExecutor(2) as pool:
        return {
            pair: pool.submit(fail, top / "-".join(pair).replace(" ", "-"), *pair, tools)
            for pair in EXPECTED
            if pair[1] == "compiler" or BACKENDS[pair[0]].missing is None
        }


@pytest.mark.parametrize(("backend", "mistake"), EXPECTED)
def test_the_reason_is_in_the_first_line_with_the_file(failures: Failures, backend: str, mistake: str) -> None:
    if (backend, mistake) not in failures:
        pytest.skip(f"NOT PROVEN: what {backend} says about an error (no compiler on this machine)")
    if mistake == "compiler" and os.name != "posix":
        pytest.skip("MSVC is not searched on PATH")
    error = failures[backend, mistake].result()
    assert error is not None
    assert EXPECTED[backend, mistake] in error.message, str(error)
    assert "pyproject.toml" in str(error)
    assert "amlpriv-build-" not in error.message
    if mistake in BY_UV:
        assert isinstance(error, InputError)
        assert error.line
    else:
        assert isinstance(error, BuildError)
        assert not re.search(r'File ".*site-packages', str(error.hint))
    if mistake == "compiler":
        assert "Install one" in str(error.hint)


@pytest.mark.parametrize("backend", ["setuptools", "pdm-backend"])
def test_a_backend_that_does_not_mind_a_missing_package_gives_a_wheel(tmp_path: Path, backend: str) -> None:
    """``build_wheel_cached`` says a word about it; see there."""
    assert fail(tmp_path, backend, "package", tmp_path) is None


@pytest.mark.parametrize(
    ("line", "kind", "message"),
    [
        (
            "  cause: error sending request for url (https://example.org/simple/x/)",
            NetworkError,
            "could not be fetched",
        ),
        ("error: HTTP status client error (401 Unauthorized) for url", BuildError, "refused to serve"),
        ("  cause: Because nothing was not found in the package registry", BuildError, "cannot be had"),
        ("error: linker `cc` not found", BuildError, "no C or C++ compiler"),
        ("error: Microsoft Visual C++ 14.0 or greater is required. Get it", BuildError, "no C or C++ compiler"),
        ("CMake Error: No CMAKE_C_COMPILER could be found.", BuildError, "no C or C++ compiler"),
        ("src\\fast.c(3): error C2143: syntax error: missing ';'", BuildError, "fast.c(3): error C2143"),
        ("ValueError: first", BuildError, "failed: ValueError: first"),
        ("nothing that is known", BuildError, "pyproject.toml: the build backend failed."),
    ],
)
def test_what_tools_say_is_understood(line: str, kind: type[AmlprivError], message: str) -> None:
    error = build_failure(Path("pyproject.toml"), ["Building wheel...", line])
    assert type(error) is kind
    assert message in error.message


def test_the_last_words_leave_out_the_way_through_libraries_and_keep_the_users_own_code() -> None:
    tail = [
        "    cut = off()",
        "Traceback (most recent call last):",
        '  File "/home/me/.venv/lib/python3.11/site-packages/backend.py", line 3, in build',
        "    run()",
        "    ^^^^^",
        '  File "/home/me/project/setup.py", line 7, in run',
        "    explode()",
        "ValueError: it exploded",
        "",
    ]
    words = last_words(tail)
    assert words == (
        "Traceback (most recent call last):\n"
        '  File "/home/me/project/setup.py", line 7, in run\n    explode()\nValueError: it exploded'
    )
    assert last_words([]) == "It said nothing."
