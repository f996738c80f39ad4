"""Project folders become wheels, by real build backends."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from amlpriv.building import build_wheel, build_wheel_cached
from amlpriv.errors import BuildError, InputError, NetworkError
from amlpriv.sourcecopy import MOST_BYTES

HATCHLING = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "contoso-features"
version = "1.2.0"
"""
SETUPTOOLS = """
[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"
[project]
name = "contoso-features"
version = "1.2.0"
"""
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 5\n"
BACKEND = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """This machine's, with a temporary folder that the test can look into, and a git without settings."""
    (tmp_path / "tmp").mkdir()
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "TMPDIR": str(tmp_path / "tmp"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "AMLPRIV_NO_BUILD_CACHE": "",
    }


def project(folder: Path, pyproject: str, **files: str) -> Path:
    package = folder / "src" / "contoso_features"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("NAME = 'features'\n", encoding="utf-8")
    if pyproject:
        (folder / "pyproject.toml").write_text(pyproject, encoding="utf-8")
    for name, text in files.items():
        (folder / name.replace("_py", ".py")).write_text(text, encoding="utf-8")
    return folder


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def members(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return sorted(archive.namelist())


def git(folder: Path, environ: dict[str, str], *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "init.defaultBranch=main")
    stamp = {"GIT_COMMITTER_DATE": "2024-05-06T07:08:10Z", "GIT_AUTHOR_DATE": "2024-05-06T07:08:10Z"}
    subprocess.run(
        ["git", *identity, *arguments], cwd=folder, env={**environ, **stamp}, check=True, capture_output=True
    )


def nothing_left(tmp_path: Path) -> bool:
    return list((tmp_path / "tmp").iterdir()) == []


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.mark.parametrize("backend", [HATCHLING, SETUPTOOLS], ids=["hatchling", "setuptools"])
def test_the_same_source_gives_the_same_bytes_and_stays_as_it_was(
    tmp_path: Path, environ: dict[str, str], backend: str
) -> None:
    folder = project(tmp_path / "my pröject", backend)
    before = tree(folder)
    lines: list[str] = []
    first = build_wheel(folder, tmp_path / "out 1", environ=environ, on_line=lines.append)
    second = build_wheel(folder, tmp_path / "out 2", environ=environ, python=Path(sys.executable))

    assert re.fullmatch(r"contoso_features-1\.2\.0-(py2\.)?py3-none-any\.whl", first.name)
    assert "contoso_features/__init__.py" in members(first)
    assert first.read_bytes() == second.read_bytes()
    assert tree(folder) == before
    assert [entry.name for entry in (tmp_path / "out 1").iterdir()] == [first.name]
    assert nothing_left(tmp_path)
    assert any("Successfully built" in line for line in lines)


def test_a_setup_py_alone_is_a_project_and_an_old_build_folder_does_not_leak_into_the_wheel(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    setup = "from setuptools import find_packages, setup\nsetup(name='old-style', version='2', package_dir={'': 'src'},"
    folder = project(tmp_path / "p", "", setup_py=f"{setup} packages=find_packages('src'))\n")
    for stale in ("build/lib/removed/__init__.py", "build/bdist.linux-x86_64/x", "src/old_style.egg-info/SOURCES.txt"):
        (folder / stale).parent.mkdir(parents=True)
        (folder / stale).write_text("")
    before = tree(folder)
    wheel = build_wheel(folder, tmp_path / "out", environ=environ)
    assert wheel.name == "old_style-2-py3-none-any.whl"
    assert [name for name in members(wheel) if "dist-info" not in name] == ["contoso_features/__init__.py"]
    assert tree(folder) == before


def test_a_project_that_is_too_large_to_copy_is_built_where_it_is_and_left_clean(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    only_one = '[tool.setuptools]\npackages = ["contoso_features"]\npackage-dir = {"" = "src"}\n'
    folder = project(tmp_path / "p", SETUPTOOLS + only_one)
    (folder / "data").mkdir()
    with (folder / "data" / "sparse.bin").open("wb") as stream:
        stream.truncate(MOST_BYTES + 1)
    before = sorted(path.name for path in (*folder.iterdir(), *(folder / "src").iterdir()))
    wheel = build_wheel(folder, tmp_path / "out", environ=environ)
    assert "contoso_features/__init__.py" in members(wheel)
    assert sorted(path.name for path in (*folder.iterdir(), *(folder / "src").iterdir())) == before


def test_a_package_that_is_called_build_is_not_taken_for_a_leftover(tmp_path: Path, environ: dict[str, str]) -> None:
    packages = '[tool.hatch.build.targets.wheel]\npackages = ["build"]\n'
    folder = project(tmp_path / "p", HATCHLING + packages)
    (folder / "build").mkdir()
    (folder / "build" / "__init__.py").touch()
    assert "build/__init__.py" in members(build_wheel(folder, tmp_path / "out", environ=environ))


def test_environments_in_the_project_are_not_copied(tmp_path: Path, environ: dict[str, str]) -> None:
    everything = '[tool.hatch.build.targets.wheel]\ninclude = ["*"]\n'
    folder = project(tmp_path / "p", HATCHLING + everything)
    for name in (".venv/lib/a.py", "my env/pyvenv.cfg", "node_modules/b.js", "src/__pycache__/c.pyc"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).touch()
    names = members(build_wheel(folder, tmp_path / "out", environ=environ))
    assert [name for name in names if "dist-info" not in name] == ["pyproject.toml", "src/contoso_features/__init__.py"]


@needs_git
def test_the_time_in_the_wheel_is_that_of_the_commit(tmp_path: Path, environ: dict[str, str]) -> None:
    folder = project(tmp_path / "p", HATCHLING)
    git(folder, environ, "init")
    git(folder, environ, "add", ".")
    git(folder, environ, "commit", "-m", "one")
    with zipfile.ZipFile(build_wheel(folder, tmp_path / "out", environ=environ)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(2024, 5, 6, 7, 8, 10)}
    shutil.rmtree(folder / ".git")
    with zipfile.ZipFile(build_wheel(folder, tmp_path / "out", environ=environ)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 2, 0, 0, 0)}
    chosen = {**environ, "SOURCE_DATE_EPOCH": "1000000000"}
    with zipfile.ZipFile(build_wheel(folder, tmp_path / "out", environ=chosen)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(2001, 9, 9, 1, 46, 40)}


@needs_git
def test_a_project_inside_a_repository_keeps_its_ignored_files_out(tmp_path: Path, environ: dict[str, str]) -> None:
    """hatchling follows .gitignore, also the one at the top of the repository."""
    top = tmp_path / "repository"
    folder = project(top / "packages" / "features", HATCHLING)
    (top / ".gitignore").write_text("secret.txt\n")
    git(top, environ, "init")
    git(top, environ, "add", ".")
    git(top, environ, "commit", "-m", "one")
    (folder / "src" / "contoso_features" / "secret.txt").write_text("hunter2")
    (folder / "src" / "contoso_features" / "data.txt").write_text("x")
    before = tree(top)
    names = members(build_wheel(folder, tmp_path / "out", environ=environ))
    assert "contoso_features/data.txt" in names
    assert "contoso_features/secret.txt" not in names
    assert tree(top) == before


# A backend that takes the version from git and a file from outside, without any requirement.
ASKS_GIT = """
import base64, hashlib, pathlib, subprocess, zipfile
def build_wheel(out, config_settings=None, metadata_directory=None):
    ask = ["git", "describe", "--tags", "--dirty", "--always"]
    version = subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip()
    text = pathlib.Path("../../NOTICE").read_text()
    name = f"contoso_features-{version.replace('-', '+')}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(out, name), "w") as archive:
        archive.writestr("notice.txt", text)
    return name
"""


@needs_git
def test_a_project_may_ask_git_and_look_at_its_neighbours(tmp_path: Path, environ: dict[str, str]) -> None:
    top = tmp_path / "repository"
    folder = project(top / "packages" / "features", BACKEND + "# reads ../../NOTICE\n", backend_py=ASKS_GIT)
    (top / "NOTICE").write_text("all rights")
    git(top, environ, "init")
    git(top, environ, "add", ".")
    git(top, environ, "commit", "-m", "one")
    git(top, environ, "tag", "1.5")
    before = tree(top)
    wheel = build_wheel(folder, tmp_path / "out", environ=environ)
    assert wheel.name == "contoso_features-1.5-py3-none-any.whl"
    assert members(wheel) == ["notice.txt"]
    assert tree(top) == before


@pytest.mark.parametrize(
    ("files", "message"), [({}, "neither pyproject.toml nor setup.py"), (None, "There is no such project folder")]
)
def test_what_is_no_project_is_refused(
    tmp_path: Path, environ: dict[str, str], files: dict[str, str] | None, message: str
) -> None:
    folder = tmp_path / "p"
    if files is not None:
        folder.mkdir()
    with pytest.raises(InputError, match=message) as caught:
        build_wheel(folder, tmp_path / "out", environ=environ)
    assert caught.value.file == str(folder)
    assert not (tmp_path / "out").exists()


def test_a_broken_pyproject_is_named_with_its_line(tmp_path: Path, environ: dict[str, str]) -> None:
    folder = project(tmp_path / "p", "[project]\nname = oops\n")
    with pytest.raises(InputError, match="This is not TOML") as caught:
        build_wheel(folder, tmp_path / "out", environ=environ)
    assert (caught.value.file, caught.value.line) == (str(folder / "pyproject.toml"), 2)


def test_a_pyproject_that_the_backend_refuses_shows_its_words(tmp_path: Path, environ: dict[str, str]) -> None:
    folder = project(tmp_path / "p", HATCHLING.replace('"hatchling.build"', '"no_such_backend"'))
    with pytest.raises(BuildError, match="no_such_backend") as caught:
        build_wheel(folder, tmp_path / "out", environ=environ)
    assert str(folder / "pyproject.toml") in caught.value.message
    assert nothing_left(tmp_path)


def test_a_syntax_error_in_setup_py_is_shown_with_the_file_and_without_our_temporary_folder(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    folder = project(tmp_path / "p", "", setup_py="from setuptools import setup\nsetup(name='x'\n")
    lines: list[str] = []
    with pytest.raises(BuildError, match=r"setup\.py: the build backend failed: SyntaxError: ") as caught:
        build_wheel(folder, tmp_path / "out", environ=environ, on_line=lines.append)
    assert str(folder) in str(caught.value)
    assert "amlpriv-build-" not in str(caught.value) + "\n".join(lines)
    assert not (tmp_path / "out").exists()
    assert nothing_left(tmp_path)


def test_build_requirements_without_a_network_are_a_network_error_without_the_password(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    folder = project(tmp_path / "p", HATCHLING)
    blind = {
        **environ,
        "UV_DEFAULT_INDEX": "http://me:hunter2@127.0.0.1:9/simple",
        "UV_HTTP_RETRIES": "0",
        "UV_NO_CONFIG": "1",
        "UV_CACHE_DIR": str(tmp_path / "cache"),
    }
    lines: list[str] = []
    with pytest.raises(NetworkError, match="build requirements could not be fetched") as caught:
        build_wheel(folder, tmp_path / "out", environ=blind, on_line=lines.append)
    assert "hunter2" not in str(caught.value) + "\n".join(lines)


def test_a_build_requirement_that_does_not_exist_is_named(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "empty").mkdir()
    folder = project(tmp_path / "p", HATCHLING.replace('"hatchling"', '"contoso-no-such-backend"'))
    closed = {**environ, "UV_NO_CONFIG": "1", "UV_NO_INDEX": "1", "UV_FIND_LINKS": str(tmp_path / "empty")}
    with pytest.raises(BuildError, match="a build requirement cannot be had") as caught:
        build_wheel(folder, tmp_path / "out", environ=closed)
    assert "contoso-no-such-backend" in str(caught.value.hint)


SLOW = "import time\ndef build_wheel(*args, **more):\n    print('thinking', flush=True)\n    time.sleep(60)\n"
ODD = "def build_wheel(out, *args, **more):\n    raise RuntimeError('Authorization: Bearer abcdef')\n"
LIAR = "def build_wheel(out, *args, **more):\n    return 'contoso-1-py3-none-any.whl'\n"


def test_a_build_that_takes_too_long_is_stopped(tmp_path: Path, environ: dict[str, str]) -> None:
    folder = project(tmp_path / "p", BACKEND, backend_py=SLOW)
    with pytest.raises(BuildError, match="did not finish within 2 seconds"):
        build_wheel(folder, tmp_path / "out", environ=environ, timeout=2)
    assert nothing_left(tmp_path)


@pytest.mark.parametrize("backend", [ODD, LIAR], ids=["raises", "builds nothing"])
def test_a_backend_that_misbehaves_is_an_error_without_secrets(
    tmp_path: Path, environ: dict[str, str], backend: str
) -> None:
    folder = project(tmp_path / "p", BACKEND, backend_py=backend)
    with pytest.raises(BuildError, match=r"pyproject\.toml: ") as caught:
        build_wheel(folder, tmp_path / "out", environ=environ)
    assert "abcdef" not in str(caught.value)
    assert nothing_left(tmp_path)


# A backend that writes down how often it was called, and a wheel that is good enough for it.
COUNTS = """
import os, pathlib, zipfile
def build_wheel(out, config_settings=None, metadata_directory=None):
    with open(os.environ["COUNTED"], "a") as stream:
        stream.write("x")
    name = "contoso_features-1-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(out, name), "w") as archive:
        archive.write("src/contoso_features/__init__.py", "contoso_features/__init__.py")
    return name
"""


def test_unchanged_source_is_not_built_again_and_changed_source_is(tmp_path: Path, environ: dict[str, str]) -> None:
    folder = project(tmp_path / "p", BACKEND, backend_py=COUNTS)
    said: list[str] = []

    def build(out: str, **more: str) -> bytes:
        settings = {**environ, "COUNTED": str(tmp_path / "count"), **more}
        place = tmp_path / "cache"
        return build_wheel_cached(folder, tmp_path / out, environ=settings, cache=place, say=said.append).read_bytes()

    first = build("out 1")
    assert build("out 2") == first
    assert said == ["building p", "unchanged, not built again: p"]
    (folder / "src" / "contoso_features" / "__init__.py").write_text("NAME = 'other'\n")
    build("out 3")
    build("out 4", AMLPRIV_NO_BUILD_CACHE="1")
    build("out 5", AMLPRIV_NO_BUILD_CACHE="0")
    assert said[2:] == ["building p", "building p", "unchanged, not built again: p"]
    assert (tmp_path / "count").read_text() == "xxx"


def test_a_build_that_fails_is_not_remembered(tmp_path: Path, environ: dict[str, str]) -> None:
    folder = project(tmp_path / "p", BACKEND, backend_py=ODD)
    for _ in range(2):
        with pytest.raises(BuildError, match="RuntimeError"):
            build_wheel_cached(folder, tmp_path / "out", environ=environ, cache=tmp_path / "cache")
    assert not (tmp_path / "cache" / "built").exists()


@needs_git
def test_a_large_file_that_git_has_not_brought_is_an_error_only_where_the_wheel_would_have_it(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    folder = project(tmp_path / "p", HATCHLING, video_mp4=POINTER)
    git(folder, environ, "init")
    git(folder, environ, "add", ".")
    build_wheel_cached(folder, tmp_path / "out", environ=environ, cache=tmp_path / "cache")
    (folder / "src" / "contoso_features" / "model.bin").write_text(POINTER)
    with pytest.raises(InputError, match=r"contoso_features/model\.bin") as caught:
        build_wheel_cached(folder, tmp_path / "out", environ=environ, cache=tmp_path / "cache")
    assert "lfs pull" in str(caught.value.hint)
    assert len(list((tmp_path / "cache" / "built").iterdir())) == 1


@pytest.mark.parametrize(
    "url", ["https://me:t0p-secret@example.org/b-1-py3-none-any.whl", "https://example.org/b-1.whl?sv=1&sig=abc%3D"]
)
def test_a_wheel_with_a_credential_in_its_metadata_is_not_kept(
    tmp_path: Path, environ: dict[str, str], url: str
) -> None:
    allowed = "[tool.hatch.metadata]\nallow-direct-references = true\n"
    text = HATCHLING.replace("[project]", f'{allowed}[project]\ndependencies = ["b @ {url}"]')
    folder = project(tmp_path / "p", text)
    build_wheel_cached(folder, tmp_path / "out", environ=environ, cache=tmp_path / "cache")
    assert not (tmp_path / "cache" / "built").exists()


def test_a_cache_that_cannot_be_written_does_no_harm(tmp_path: Path, environ: dict[str, str]) -> None:
    folder = project(tmp_path / "p", BACKEND, backend_py=COUNTS)
    (tmp_path / "cache").write_text("a file")
    settings = {**environ, "COUNTED": str(tmp_path / "count")}
    for _ in range(2):
        assert build_wheel_cached(folder, tmp_path / "out", environ=settings, cache=tmp_path / "cache").is_file()
    assert (tmp_path / "count").read_text() == "xx"


def test_a_folder_that_is_no_project_is_refused_by_the_cached_build_too(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with pytest.raises(InputError, match="no such project folder"):
        build_wheel_cached(tmp_path / "p", tmp_path / "out", environ=environ, cache=tmp_path / "cache")


def test_a_wheel_without_any_module_is_told(tmp_path: Path, environ: dict[str, str]) -> None:
    folder = project(tmp_path / "p", SETUPTOOLS)
    shutil.rmtree(folder / "src")
    said: list[str] = []
    build_wheel_cached(folder, tmp_path / "out", environ=environ, cache=tmp_path / "cache", say=said.append)
    assert said[0] == "building p"
    assert "holds no file but its metadata" in said[1]


@pytest.mark.skipif(os.name != "posix", reason="links need a privilege on Windows")
@needs_git
def test_a_link_to_a_neighbour_in_the_repository_is_followed(tmp_path: Path, environ: dict[str, str]) -> None:
    top = tmp_path / "repository"
    folder = project(top / "features", HATCHLING)
    (top / "shared.py").write_text("SHARED = 1\n")
    (folder / "src" / "contoso_features" / "shared.py").symlink_to("../../../shared.py")
    git(top, environ, "init")
    git(top, environ, "add", ".")
    git(top, environ, "commit", "-m", "one")
    wheel = build_wheel(folder, tmp_path / "out", environ=environ)
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("contoso_features/shared.py") == b"SHARED = 1\n"
