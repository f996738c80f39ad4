"""Projects whose large files or submodules git has not brought."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from amlpriv.builds.completeness import check_large_files, check_submodules
from amlpriv.builds.files import configuration_text
from amlpriv.errors import InputError
from tests.builds.repository import commit, git, make_repository, write

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 5\n"
PLAIN = '[project]\nname = "a"\nversion = "1"\n'
FINDS = f"{PLAIN}[tool.setuptools.packages.find]\n"


def test_a_wheel_with_a_pointer_is_refused_with_the_command_that_helps(tmp_path: Path) -> None:
    wheel = tmp_path / "a.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("a/__init__.py", "")
        archive.writestr("a/m.bin", POINTER)
    with pytest.raises(InputError, match=r"a/m\.bin") as caught:
        check_large_files(tmp_path / "pyproject.toml", wheel, tmp_path)
    assert caught.value.hint == f"Fetch the files: git -C {tmp_path} lfs pull."


def test_a_wheel_without_pointers_and_what_is_no_wheel_are_let_through(tmp_path: Path) -> None:
    wheel = tmp_path / "a.whl"
    wheel.write_bytes(b"no wheel")
    check_large_files(tmp_path / "pyproject.toml", wheel, None)
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("a/m.txt", "read: " + POINTER)
    check_large_files(tmp_path / "pyproject.toml", wheel, None)


@pytest.mark.parametrize(
    ("place", "configuration", "refused"),
    [
        ("src/a/sub", PLAIN, True),
        ("src/a/data/sub", PLAIN, True),
        ("src/sub", PLAIN, True),
        ("vendor/sub", PLAIN + '[tool.hatch.build.targets.wheel.force-include]\n"vendor/sub" = "a/sub"\n', True),
        ("sub", FINDS, True),
        ("sub", PLAIN, False),
        ("docs", FINDS, False),
        ("third_party/googletest", PLAIN, False),
    ],
)
def test_an_empty_submodule_is_refused_where_a_wheel_would_have_it(
    tmp_path: Path, place: str, configuration: str, refused: bool
) -> None:
    make_repository(tmp_path / "inner", {"__init__.py": ""})
    top = make_repository(tmp_path / "top", {"p/pyproject.toml": configuration, "p/src/a/__init__.py": ""})
    git(top, "submodule", "add", "-q", (tmp_path / "inner").as_posix(), f"p/{place}")
    commit(top)
    project = top / "p"

    def check() -> None:
        check_submodules(project / "pyproject.toml", project, top, configuration_text(project), os.environ)

    check()
    git(top, "submodule", "deinit", "-q", "--all")
    if not refused:
        check()
        return
    with pytest.raises(InputError, match=f"p/{place} is empty") as caught:
        check()
    assert caught.value.hint == f"Fetch it: git -C {top} submodule update --init -- p/{place}"


def test_the_submodule_of_a_neighbour_does_not_count(tmp_path: Path) -> None:
    make_repository(tmp_path / "inner", {"__init__.py": ""})
    top = make_repository(tmp_path / "top", {"p/pyproject.toml": PLAIN, "q/a/__init__.py": ""})
    git(top, "submodule", "add", "-q", (tmp_path / "inner").as_posix(), "q/a/sub")
    commit(top)
    git(top, "submodule", "deinit", "-q", "--all")
    write(top / "p", {})
    check_submodules(top / "p" / "pyproject.toml", top / "p", top, PLAIN, os.environ)
