"""Lock files as pins; uv itself says what a lock would install."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from amlpriv.errors import InputError
from amlpriv.interpreters import uv_program
from amlpriv.specs.environment import EnvironmentFile
from amlpriv.specs.lock_conditions import Asked, holds
from amlpriv.specs.locks import parse_lock
from amlpriv.specs.pinning import pinned
from amlpriv.specs.pip import PipRequirement
from amlpriv.specs.pyproject import read_pyproject
from amlpriv.target import Target

LOCKED = Path(__file__).parents[1] / "golden" / "pyproject" / "locked"


def read(text: str, folder: Path = LOCKED) -> EnvironmentFile:
    return read_pyproject(text, "pyproject.toml", load=lambda name: (folder / name).read_text("utf-8")).environment


def pins(file: EnvironmentFile) -> dict[str, str]:
    assert file.conda is not None
    lines = [line for line in file.conda.pip if isinstance(line, PipRequirement)]
    return {line.name: str(line.requirement.specifier) for line in lines}


def exported(folder: Path, target: Target, *options: str) -> dict[str, str]:
    """What uv would install from the lock for a target; it needs no network for that."""
    command = [str(uv_program(os.environ)), "export", "--frozen", "--offline", "--no-hashes", "--no-emit-project"]
    command += ["--no-header", "--no-annotate", "--no-default-groups", "--no-config", *options]
    text = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    lines = [Requirement(line) for line in text.splitlines() if line.strip() and not line.startswith(".")]
    return {str(canonicalize_name(line.name)): str(line.specifier) for line in lines if target.holds(line.marker)}


@pytest.mark.parametrize("python", ["3.11", "3.12"])
@pytest.mark.parametrize(
    ("extras", "groups"), [((), ()), (("cpu",), ("lint",)), (("serve", "new"), ("test",)), (("serve",), ())]
)
def test_the_pins_are_what_uv_would_install(
    tmp_path: Path, python: str, extras: tuple[str, ...], groups: tuple[str, ...]
) -> None:
    shutil.copytree(LOCKED, tmp_path / "project")
    options = [word for extra in extras for word in ("--extra", extra)]
    options += [word for group in groups for word in ("--group", group)]
    major, minor = python.split(".")
    expected = exported(tmp_path / "project", Target(python=(int(major), int(minor))), *options)
    text = (LOCKED / "pyproject.toml").read_text("utf-8").partition("[tool.amlpriv]")[0]
    text += f'[tool.amlpriv]\npython = "{python}"\nlock = true\nextras = {list(extras)}\ngroups = {list(groups)}\n'
    found = pins(read(text))
    assert found.pop("churn") == ""  # private
    assert found == expected
    assert len(found) > 5


def test_a_pylock_pins_the_same_without_extras() -> None:
    text = (LOCKED / "pyproject.toml").read_text("utf-8").partition("[tool.amlpriv]")[0]
    text += '[tool.amlpriv]\npython = "3.12"\nlock = "LOCK"\n'
    by_uv = pins(read(text.replace("LOCK", "uv.lock")))
    by_pylock = pins(read(text.replace("LOCK", "pylock.toml")))
    extra_packages = set(by_pylock) - set(by_uv)
    assert {name: by_pylock[name] for name in by_uv} == by_uv
    assert extra_packages <= {"iniconfig", "pluggy", "pytest", "ruff"}  # a pylock.toml is for certain groups


def test_a_project_that_is_no_package_has_its_lines_pinned() -> None:
    text = (LOCKED / "pyproject.toml").read_text("utf-8").replace("[tool.amlpriv]", "[tool.amlpriv]\npackage = false")
    file = read(text)
    assert file.conda is not None
    texts = [line.text for line in file.conda.pip]
    assert texts[:4] == [
        "requests==2.34.2",
        'rich==15.0.0 ; sys_platform == "linux"',
        "colorama; sys_platform == 'win32'",
        "contoso-features>=1",
    ]
    assert "click==8.1.7" in texts
    assert "packaging==26.3" in texts  # contoso-features needs it
    assert not any(text.startswith(("colorama==", "churn")) for text in texts)


def test_no_address_of_a_lock_is_emitted() -> None:
    file = read((LOCKED / "pyproject.toml").read_text("utf-8"))
    assert file.conda is not None
    assert not any("://" in line.text for line in file.conda.pip)


def test_a_lock_keeps_what_else_it_says() -> None:
    lock = parse_lock((LOCKED / "uv.lock").read_text("utf-8"), "uv.lock")
    by_name = {package.name: package for package in lock.packages}
    assert by_name["churn"].source == "editable"
    assert by_name["contoso-features"].source == "directory"
    assert by_name["flask"].source == "registry"
    assert all(value.startswith("sha256:") for value in by_name["flask"].hashes)
    assert str(by_name["blinker"].position) == "uv.lock:13:1"
    assert {package.markers for package in lock.packages if package.name == "numpy"} == {
        ("python_full_version < '3.12'",),
        ("python_full_version >= '3.12'",),
    }


HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
ROW = '[[package]]\nname = "a"\nversion = "1"\nsource = { registry = "https://packages.example.org/simple" }\n'


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("version = 1\n[[package]\n", 2, "not TOML"),
        ("x = 1\n", 1, "no lock file"),
        ('[[package]]\nname = "a"\n\n[metadata]\nlock-version = "2.0"\n', 1, "no lock file"),
        ("# later\nversion = 2\n", 2, "another form (version 2)"),
        ('version = 1\n[[distribution]]\nname = "a"\n', 1, "another form"),
        ('created-by = "x"\nlock-version = "2.0"\n', 2, "'2.0' is not known"),
        ("lock-version = 1.0\n", 1, "is not known"),
        (HEAD + ROW + '\n[[package]]\nname = "b"\nversion = "1"\n', 9, "cannot be read"),
        (HEAD + ROW.replace('"1"', '"one"'), 4, "cannot be read"),
        (HEAD + ROW + 'dependencies = [{name = "b", marker = "no"}]\n', 4, "cannot be read"),
        (HEAD + "package = 3\n", 4, "array of tables"),
        (HEAD + "package = [\n3]\n", 5, "cannot be read"),
    ],
)
def test_what_is_no_lock_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_lock(text, "uv.lock")
    assert words in str(caught.value)
    assert (caught.value.file, caught.value.line) == ("uv.lock", line)


PROJECT = """\
[project]
name = "churn"
requires-python = "==3.11.*"
dependencies = ["a>=2"]
[tool.amlpriv]
lock = true
"""


@pytest.mark.parametrize(
    ("lock", "words"), [(HEAD + ROW, "has a 1, and '>=2' is asked for"), (HEAD, "does not have a")]
)
def test_a_lock_that_is_too_old_is_refused(lock: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_pyproject(PROJECT, "pyproject.toml", load=lambda _: lock)
    assert words in str(caught.value)
    assert "uv lock" in str(caught.value)
    assert caught.value.line == 4


def test_addresses_and_other_platforms_are_left_alone() -> None:
    text = PROJECT.replace('"a>=2"', '"a; os_name == \'nt\'", "b @ git+https://git.example.org/b.git"')
    file = read_pyproject(text, load=lambda _: HEAD + ROW).environment
    assert file.conda is not None
    assert [line.text for line in file.conda.pip] == ["a; os_name == 'nt'", "b @ git+https://git.example.org/b.git"]


FORKED = (
    HEAD
    + """
[[package]]
name = "churn"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "b", extra = ["fast"] }]
dev-dependencies = { new = [{ name = "a", version = "2" }], old = [{ name = "a", version = "1" }] }

[[package]]
name = "a"
version = "1"
source = { registry = "https://packages.example.org/simple" }

[[package]]
name = "a"
version = "2"
source = { registry = "https://packages.example.org/simple" }

[[package]]
name = "b"
version = "3"
source = { registry = "https://packages.example.org/simple" }
dependencies = [{ name = "c", marker = "extra == 'extra-1-b-fast'" }]
optional-dependencies = { fast = [{ name = "d" }] }

[[package]]
name = "c"
version = "4"
source = { registry = "https://packages.example.org/simple" }

[[package]]
name = "d"
version = "5"
source = { git = "https://git.example.org/d.git" }
"""
)


@pytest.mark.parametrize(("group", "version"), [("new", "2"), ("old", "1")])
def test_the_groups_and_extras_that_are_asked_for_decide_between_versions(group: str, version: str) -> None:
    text = PROJECT.replace('"a>=2"', '"b[fast]"') + f'groups = ["{group}"]\n'
    text += '[dependency-groups]\nnew = ["a>1"]\nold = ["a"]\n'
    file = read_pyproject(text, load=lambda _: FORKED).environment
    assert file.conda is not None
    assert [line.text for line in file.conda.pip] == ["b[fast]==3", f"a=={version}", "c==4"]


def test_a_file_without_a_conda_part_has_nothing_to_pin() -> None:
    file = EnvironmentFile("a", image="x")
    assert pinned(file, parse_lock(HEAD), Target()) is file


@pytest.mark.parametrize(
    ("marker", "true"),
    [
        ("extra == 'extra-5-churn-cpu'", True),
        ("extra != 'extra-5-churn-cpu'", False),
        ('extra == "extra-5-churn-new"', False),
        ("extra == 'group-5-churn-lint' and python_version >= '3.9'", True),
        ("'cpu' in extras", True),
        ('"new" not in extras', True),
        ("'cpu' not in extras or 'test' in dependency_groups", False),
        ("'Lint' in dependency_groups and sys_platform == 'linux'", True),
        ("sys_platform == 'win32'", False),
    ],
)
def test_conditions_name_several_extras_and_groups_at_once(marker: str, true: bool) -> None:
    asked = Asked("Churn", frozenset({"cpu", "serve"}), frozenset({"lint"}))
    assert holds(marker, Target(), asked) is true
