"""What changes the key of a project's wheel, and what does not."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from amlpriv.builds.inputs import Inputs
from tests.builds.repository import commit, git, make_repository, write

STATIC = {
    ".gitignore": "mlruns/\n",
    "pyproject.toml": '[project]\nname = "a"\nversion = "1"\n',
    "src/a/__init__.py": "x = 1\n",
    "run.sh": "#!/bin/sh\n",
}
DYNAMIC = {
    **STATIC,
    "pyproject.toml": '[build-system]\nrequires = ["hatch-vcs"]\n[project]\nname = "a"\ndynamic = ["version"]\n',
}


def key(project: Path, **environ: str) -> str:
    """As the next run would have it."""
    made = Inputs({**os.environ, **environ}, project.parent / "notes").key(project)
    assert made is not None
    return made


Change = Callable[[Path], object]

MATTERS: dict[str, Change] = {
    "a source file": lambda project: write(project, {"src/a/__init__.py": "x = 2\n"}),
    "the configuration": lambda project: write(project, {"pyproject.toml": STATIC["pyproject.toml"] + "#\n"}),
    "a file that is new": lambda project: write(project, {"src/a/new.py": ""}),
    "a file that is gone": lambda project: (project / "run.sh").unlink(),
    "another name": lambda project: (project / "run.sh").rename(project / "go.sh"),
    "a file that git ignores, for not every backend does": lambda project: write(project, {"mlruns/0": "0"}),
    "a generated file in the package": lambda project: write(project, {".git/info/exclude": "*.c", "src/a/x.c": ""}),
}
if os.name == "posix":
    MATTERS["the executable bit"] = lambda project: (project / "run.sh").chmod(0o755)

DOES_NOT_MATTER: dict[str, Change] = {
    "a commit": lambda project: commit(project, tag="v9"),
    "other times": lambda project: os.utime(project / "src" / "a" / "__init__.py", (1, 1)),
    "a cache": lambda project: write(project, {"src/a/__pycache__/a.pyc": ""}),
    "an old build": lambda project: write(project, {"build/lib/a.py": "", "a.egg-info/PKG-INFO": ""}),
    "what is staged": lambda project: git(project, "add", "."),
}


@pytest.mark.parametrize("change", MATTERS.values(), ids=list(MATTERS))
def test_what_the_wheel_is_made_of_changes_the_key(tmp_path: Path, change: Change) -> None:
    project = make_repository(tmp_path / "p", STATIC)
    before = key(project)
    change(project)
    assert key(project) != before


@pytest.mark.parametrize("change", DOES_NOT_MATTER.values(), ids=list(DOES_NOT_MATTER))
def test_what_the_wheel_is_not_made_of_does_not(tmp_path: Path, change: Change) -> None:
    project = make_repository(tmp_path / "p", STATIC)
    before = key(project)
    change(project)
    assert key(project) == before


def test_a_copy_elsewhere_with_other_modes_has_the_same_key(tmp_path: Path) -> None:
    project = make_repository(tmp_path / "p", STATIC)
    copy = Path(shutil.copytree(project, tmp_path / "elsewhere" / "ünder"))
    (copy / "src" / "a" / "__init__.py").chmod(0o600)
    assert key(copy) == key(project)


def test_a_folder_without_git_has_a_key_too(tmp_path: Path) -> None:
    project = write(tmp_path / "p", STATIC)
    before = key(project)
    assert key(project) == before
    write(project, {"data.txt": ""})
    assert key(project) != before


CHANGES_THE_VERSION: dict[str, Change] = {
    "a commit": lambda project: commit(project),
    "a tag": lambda project: git(project, "tag", "v9"),
    "an edit": lambda project: write(project, {"run.sh": "edited"}),
    "an edit beside the project": lambda project: write(project.parent, {"other/file": "edited"}),
}


@pytest.mark.parametrize("change", CHANGES_THE_VERSION.values(), ids=list(CHANGES_THE_VERSION))
def test_where_the_version_comes_from_git_its_state_counts(tmp_path: Path, change: Change) -> None:
    top = write(tmp_path / "top", {"other/file": "x"})
    project = write(top / "p", DYNAMIC)
    make_repository(top, {}, tag="v1")
    before = key(project)
    assert key(project) == before
    change(project)
    assert key(project) != before


PLAIN = '[build-system]\nrequires = ["{}"]\nbuild-backend = "{}"\n[project]\nname = "a"\nversion = "1"\n'
SETUPTOOLS = PLAIN.format("setuptools", "setuptools.build_meta")
ASKS = 'import subprocess\nV = subprocess.check_output(["git", "rev-parse", "HEAD"])\n'
ATTRIBUTE = (
    SETUPTOOLS.replace('version = "1"', 'dynamic = ["version"]') + '[tool.setuptools.dynamic]\nversion.attr = "a.V"\n'
)
HOOK = PLAIN.format("hatchling", "hatchling.build") + '[tool.hatch.build.hooks.custom]\npath = "tools/hook.py"\n'
MAY_ASK_GIT: dict[str, tuple[dict[str, str], bool]] = {
    "a helper of setup.py": ({"setup.py": "from tools.v import V\n", "tools/v.py": ASKS}, True),
    "a setup.py that does not": ({"setup.py": "from setuptools import setup\nsetup()\n"}, False),
    "the module with the version": ({"pyproject.toml": ATTRIBUTE, "src/a/__init__.py": ASKS}, True),
    "a hook": ({"pyproject.toml": HOOK, "tools/hook.py": ASKS}, True),
    "a script": ({"setup.py": "import os; os.system('./v')\n", "v": "git describe\n"}, True),
    "a plugin that nobody knows": ({"pyproject.toml": PLAIN.format("contoso-version", "hatchling.build")}, True),
    "a module that no build runs": ({"pyproject.toml": SETUPTOOLS, "src/a/__init__.py": ASKS}, False),
}


@pytest.mark.parametrize(("files", "counts"), MAY_ASK_GIT.values(), ids=list(MAY_ASK_GIT))
def test_the_commit_counts_where_anything_that_the_build_runs_may_ask_for_it(
    tmp_path: Path, files: dict[str, str], counts: bool
) -> None:
    project = make_repository(tmp_path / "p", {**STATIC, **files})
    before = key(project)
    commit(project)
    assert (key(project) != before) == counts


@pytest.mark.parametrize(("configuration", "counts"), [(ATTRIBUTE, True), (SETUPTOOLS, False)])
def test_a_variable_counts_that_a_module_reads_which_the_build_runs(
    tmp_path: Path, configuration: str, counts: bool
) -> None:
    module = 'import os\nV = "1." + os.environ["BUILD_BUILDID"]\n'
    project = write(tmp_path / "p", {"pyproject.toml": configuration, "src/a/__init__.py": module})
    assert (key(project, BUILD_BUILDID="5") != key(project, BUILD_BUILDID="6")) == counts


@pytest.mark.skipif(os.name != "posix", reason="the folder has another name on Windows")
def test_the_users_settings_of_uv_count(tmp_path: Path) -> None:
    project = write(tmp_path / "p", STATIC)
    before = key(project, XDG_CONFIG_HOME=str(tmp_path / "settings"))
    write(tmp_path / "settings" / "uv", {"uv.toml": 'config-settings = { "--build-option" = "--quiet" }\n'})
    assert key(project, XDG_CONFIG_HOME=str(tmp_path / "settings")) != before
    home = key(project, HOME=str(tmp_path / "home"), XDG_CONFIG_HOME="")
    write(tmp_path / "home" / ".config" / "uv", {"uv.toml": "no-cache = true\n"})
    assert key(project, HOME=str(tmp_path / "home"), XDG_CONFIG_HOME="") != home


def test_a_file_that_is_staged_counts_where_the_build_asks_git(tmp_path: Path) -> None:
    """setuptools-scm packs what is tracked."""
    project = make_repository(tmp_path / "p", DYNAMIC)
    write(project, {"src/a/data.txt": "", "run.sh": "edited"})
    before = key(project)
    git(project, "add", "src")
    assert key(project) != before


LINKED = {"artifacts/m.bin": "1", ".gitignore": "artifacts/\n"}


@pytest.mark.skipif(os.name != "posix", reason="links need a privilege on Windows")
@pytest.mark.parametrize(("link", "aim"), [("m.bin", "../../artifacts/m.bin"), ("data", "../../artifacts")])
def test_a_link_to_what_git_ignores_counts_with_its_content(tmp_path: Path, link: str, aim: str) -> None:
    project = write(tmp_path / "p", {**STATIC, **LINKED})
    (project / "src" / "a" / link).symlink_to(aim)
    make_repository(project, {})
    before = key(project)
    write(project, {"artifacts/m.bin": "2"})
    assert key(project) != before


@pytest.mark.skipif(os.name != "posix", reason="links need a privilege on Windows")
def test_a_link_to_a_folder_that_is_never_copied_has_no_key(tmp_path: Path) -> None:
    project = make_repository(tmp_path / "p", {**STATIC, ".venv/m.bin": "1"})
    (project / "src" / "a" / "data").symlink_to("../../.venv")
    assert Inputs(os.environ, tmp_path / "notes").key(project) is None


def test_of_a_project_too_large_to_copy_only_what_git_tracks_counts(tmp_path: Path) -> None:
    project = make_repository(tmp_path / "p", STATIC)
    (project / "mlruns").mkdir()
    with (project / "mlruns" / "huge").open("wb") as stream:
        stream.truncate(600_000_000)
    before = key(project)
    write(project, {"mlruns/0": "0"})
    assert key(project) == before
    write(project, {"src/a/__init__.py": "x = 2\n"})
    assert key(project) != before


def test_neighbours_in_the_repository_count_only_when_the_configuration_looks_at_them(tmp_path: Path) -> None:
    top = tmp_path / "top"
    alone, curious = write(top / "alone", STATIC), write(top / "curious", STATIC)
    write(curious, {"pyproject.toml": STATIC["pyproject.toml"] + 'readme = "../README.md"\n'})
    make_repository(top, {"README.md": "one", ".gitignore": "*.log\n"})
    before = key(alone), key(curious)
    write(top, {"README.md": "two"})
    assert (key(alone) == before[0], key(curious) == before[1]) == (True, False)
    write(top, {".gitignore": ""})  # hatchling follows those above
    assert key(alone) != before[0]


@pytest.mark.parametrize(
    ("variable", "counts"),
    [
        ("SOURCE_DATE_EPOCH", True),
        ("CFLAGS", True),
        ("SETUPTOOLS_SCM_PRETEND_VERSION_FOR_A", True),
        ("HATCH_BUILD_HOOKS_ENABLE", True),
        ("NAMED_IN_A_SCRIPT", True),
        ("PYTEST_CURRENT_TEST", False),
        ("UV_INDEX_PRIVATE_PASSWORD", False),
    ],
)
def test_the_variables_count_that_a_backend_or_the_project_reads(tmp_path: Path, variable: str, counts: bool) -> None:
    project = write(tmp_path / "p", {**STATIC, "setup.py": 'import os\nos.environ.get("NAMED_IN_A_SCRIPT")\n'})
    before = key(project)
    assert (key(project, **{variable: "1577836800"}) != before) == counts


def test_the_content_of_a_file_counts_that_a_variable_names(tmp_path: Path) -> None:
    project = write(tmp_path / "p", STATIC)
    constraints = tmp_path / "constraints.txt"
    keys = set()
    for text in ("setuptools<80\n", "setuptools<81\n"):
        constraints.write_text(text)
        keys.add(key(project, UV_BUILD_CONSTRAINT=str(constraints)))
    assert len(keys) == 2


def test_another_interpreter_and_another_purpose_give_other_keys(tmp_path: Path) -> None:
    project = write(tmp_path / "p", STATIC)
    inputs = Inputs(os.environ, tmp_path / "notes")
    own = inputs.key(project)
    assert inputs.key(project, python=Path(sys.executable)) == own
    assert inputs.key(project, made_for="manylinux_2_28") != own
    assert inputs.key(project, python=tmp_path / "nothing") is None


@pytest.mark.skipif(os.name != "posix", reason="links need a privilege on Windows")
def test_a_project_that_cannot_be_known_has_no_key(tmp_path: Path) -> None:
    project = write(tmp_path / "p", STATIC)
    (project / "src" / "a" / "shared").symlink_to(tmp_path)
    assert Inputs(os.environ, tmp_path / "notes").key(project) is None


def test_a_large_project_costs_little_when_nothing_has_changed(tmp_path: Path) -> None:
    """5,000 files: clearly less than reading them takes, in one run; the best of a few, since noise only adds."""
    project = write(tmp_path / "p", STATIC)
    for number in range(5000):
        path = project / "src" / "a" / f"m{number}.py"
        path.write_bytes(b"x = 1\n" * 500)
    make_repository(project, {})
    time.sleep(2.1)
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        key(project)
        taken.append(time.perf_counter() - begun)
    assert min(taken[1:]) < taken[0] / 1.5, taken
