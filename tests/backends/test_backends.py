"""One project for each build backend, built twice under other circumstances: the content is the same."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from amlpriv.actions.inspecting import inspect_wheel
from amlpriv.building import build_wheel
from amlpriv.interpreters import uv_program
from tests.backends.projects import BACKENDS, Backend, write_project

OTHER_BYTES = {"maturin", "meson-python", "setuptools", "setuptools with C"}
"""Whose wheels may have other bytes: maturin puts a bill of materials with a random number into them, and the others
give members the mode that the umask gives to files. The content hash counts neither."""

AT_ONCE = 2


@dataclass(frozen=True)
class Circumstances:
    """What must not matter."""

    folder: str
    umask: int
    mode: int
    """Of the project's files."""
    written: float
    """When its files were changed, as seconds since 1970."""
    zone: str
    language: str


FIRST = Circumstances("first", 0o022, 0o644, 1_500_000_000, "UTC0", "C")
SECOND = Circumstances("second place/ünder", 0o077, 0o664, 1_700_000_001, "EST5EDT", "C.UTF-8")


def surroundings(home: Path, circumstances: Circumstances) -> dict[str, str]:
    """Another home, but the same index and the same cache of downloads."""
    asked = subprocess.run([uv_program(os.environ), "cache", "dir"], capture_output=True, text=True, check=True)
    home.mkdir(parents=True)
    kept = {name: value for name, value in os.environ.items() if name not in ("CFLAGS", "CPPFLAGS", "CXXFLAGS")}
    real = Path.home()
    return {
        **kept,
        "HOME": str(home),
        "USERPROFILE": str(home),
        "XDG_CONFIG_HOME": os.environ.get("XDG_CONFIG_HOME", str(real / ".config")),
        "UV_CACHE_DIR": asked.stdout.strip(),
        "CARGO_HOME": os.environ.get("CARGO_HOME", str(real / ".cargo")),
        "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(real / ".rustup")),
        "TZ": circumstances.zone,
        "LC_ALL": circumstances.language,
    }


def build(folder: Path, backend: Backend, circumstances: Circumstances, environ: Mapping[str, str]) -> Path:
    project = write_project(folder / "project", backend)
    for path in project.rglob("*"):
        if path.is_file():
            path.chmod(circumstances.mode)
        os.utime(path, (circumstances.written, circumstances.written))
    return build_wheel(project, folder / "out", environ=environ)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, Circumstances], Future[Path]]:
    """Every backend's wheel of both circumstances. What failed raises when it is asked for."""
    top = tmp_path_factory.mktemp("backends")
    able = {name: backend for name, backend in BACKENDS.items() if backend.missing is None}
    built: dict[tuple[str, Circumstances], Future[Path]] = {}
    for one in (FIRST, SECOND):
        environ = surroundings(top / one.folder / "home", one)
        before = os.umask(one.umask)
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                for name, backend in able.items():
                    folder = top / one.folder / name.replace(" ", "-")
                    built[name, one] = pool.submit(build, folder, backend, one, environ)
        finally:
            os.umask(before)
    return built


Wheels = dict[tuple[str, Circumstances], "Future[Path]"]


@pytest.fixture
def pair(request: pytest.FixtureRequest, wheels: Wheels) -> tuple[Path, Path]:
    """The two wheels of the backend that the test is for."""
    name = request.node.callspec.params["name"]
    if missing := BACKENDS[name].missing:
        pytest.skip(f"NOT PROVEN: {name} gives equal wheels (this machine has no {missing})")
    return wheels[name, FIRST].result(), wheels[name, SECOND].result()


@pytest.mark.parametrize("name", BACKENDS)
def test_the_same_source_gives_the_same_content(pair: tuple[Path, Path], name: str) -> None:
    first, second = (inspect_wheel(path) for path in pair)
    assert first.filename == second.filename
    assert first.content_hash == second.content_hash
    assert first.sha256 == second.sha256 or name in OTHER_BYTES


@pytest.mark.parametrize("name", BACKENDS)
def test_the_wheel_says_what_the_project_says(pair: tuple[Path, Path], name: str) -> None:
    wheel = inspect_wheel(pair[0])
    assert (str(wheel.name), str(wheel.version)) == ("contoso-features", "1.2.0")
    assert str(wheel.requires_python) == ">=3.9"
    assert sorted(str(item).replace('"', "'") for item in wheel.requires_dist) == [
        "packaging>=20",
        "tomli>=2; extra == 'gpu'",
    ]
    assert wheel.provides_extra == ("gpu",)
    assert "contoso_features" in wheel.import_names
    pure = {str(tag) for tag in wheel.tags} <= {"py3-none-any", "py2-none-any"}
    assert pure is not BACKENDS[name].is_compiled


@pytest.mark.parametrize("name", BACKENDS)
def test_the_wheel_can_be_installed_and_imported(pair: tuple[Path, Path], name: str, tmp_path: Path) -> None:
    uv = uv_program(os.environ)
    command: list[str | Path] = [
        uv,
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--python",
        sys.executable,
        "--target",
        tmp_path,
        pair[1],
    ]
    subprocess.run(command, check=True, capture_output=True)
    code = "import contoso_features, contoso_features.deep.zeros as z; print(contoso_features.NAME, len(z.ZEROS))"
    has_c = "src/fast.c" in BACKENDS[name].files
    code += "; import contoso_features._fast as f; print(f.where())" if has_c else ""
    environ = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, check=True, encoding="utf-8")
    lines = done.stdout.split("\n")
    assert lines[0] == "feätures 3"
    if has_c:
        assert lines[1].endswith("src/fast.c")
        assert "amlpriv-build" not in lines[1]
