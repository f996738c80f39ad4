"""``pyproject.toml`` as an environment: golden files for each table, and each refusal with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from amlpriv.errors import InputError, UsageError
from amlpriv.specs.conda import parse_conda, render_conda
from amlpriv.specs.environment import EnvironmentFile
from amlpriv.specs.pip import PipPath
from amlpriv.specs.pyproject import Pyproject, read_pyproject

GOLDEN = Path(__file__).parents[1] / "golden" / "pyproject"
CASES = sorted(path.relative_to(GOLDEN).with_suffix("").as_posix() for path in GOLDEN.glob("**/*.txt"))

PLAIN = """\
[project]
name = "churn"
version = "1.0"
requires-python = "==3.11.*"
dependencies = ["pandas"]
"""
PACKAGE = PLAIN + "[build-system]\nrequires = []\n"


def read(text: str, folder: Path = GOLDEN, **given: Any) -> Pyproject:
    """The environment, with the files of a folder at hand."""

    def load(name: str) -> str:
        try:
            return (folder / name).read_text("utf-8")
        except OSError:
            raise InputError("This file does not exist.", file=name) from None

    return read_pyproject(text, "pyproject.toml", load=load, **given)


def shown(read: Pyproject) -> str:
    """All that an environment says, with the places."""
    file = read.environment
    lines = [f"name: {file.name}", f"image: {file.image}", f"version: {file.version}", f"via: {file.via}"]
    lines += [f"description: {file.description}", f"tags: {dict(file.tags)}"]
    assert file.conda is not None
    lines += [f"channel: {channel}" for channel in file.conda.channels]
    lines += [f"conda: {item.text}  ({item.position})" for item in file.conda.dependencies]
    lines += [f"pip: {item.text}  ({item.position})" for item in file.conda.pip]
    lines += [f"source: {name} = {_bare(source)}  ({source.position})" for name, source in file.sources.items()]
    lines += [f"index: {index!r}  ({index.position})" for index in file.indexes.values()]
    lines += [f"note: {note}" for note in read.notes]
    return "\n".join(lines) + "\n"


def _bare(source: object) -> str:
    return repr(source).partition(", position=")[0].partition(", via=")[0]


def test_there_are_golden_files() -> None:
    assert len(CASES) >= 9


@pytest.mark.parametrize("case", CASES)
def test_each_construct_reads_as_expected(case: str) -> None:
    path = GOLDEN / f"{case}.toml"
    assert shown(read(path.read_text("utf-8"), path.parent)) == path.with_suffix(".txt").read_text("utf-8")


@pytest.mark.parametrize("case", [case for case in CASES if case != "no-project"])
def test_what_is_emitted_reads_as_the_same(case: str) -> None:
    path = GOLDEN / f"{case}.toml"
    conda = read(path.read_text("utf-8"), path.parent).environment.conda
    assert conda is not None
    again = parse_conda(render_conda(conda))
    assert [line.text for line in again.pip] == [line.text for line in parse_conda(render_conda(again)).pip]
    assert {item.text for item in again.dependencies} == {item.text for item in conda.dependencies}
    assert again.python == conda.python != None  # noqa: E711


def test_line_ends_and_a_byte_order_mark_do_not_count() -> None:
    text = (GOLDEN / "package.toml").read_text("utf-8")
    assert shown(read("\ufeff" + text.replace("\n", "\r\n"))) == shown(read(text))


def test_the_caller_goes_before_the_file() -> None:
    text = PLAIN + '[tool.amlpriv]\nname = "a"\nimage = "one:1"\n'
    file = read(text, name="b", image="two:2", python="3.11.5").environment
    assert (file.name, file.image) == ("b", "two:2")
    assert file.conda is not None
    assert file.conda.python_dependency is not None
    assert file.conda.python_dependency.text == "python=3.11.5"


def names(file: EnvironmentFile) -> list[str]:
    assert file.conda is not None
    return [line.text for line in file.conda.pip]


@pytest.mark.parametrize(
    ("more", "lines"),
    [
        ("", ["churn"]),
        ("[tool.uv]\npackage = false\n", ["pandas"]),
        ("[tool.uv]\npackage = false\n[tool.amlpriv]\npackage = true\n", ["churn"]),
        ("[tool.amlpriv]\npackage = false\n", ["pandas"]),
    ],
)
def test_whether_the_project_itself_is_installed(more: str, lines: list[str]) -> None:
    assert names(read(PACKAGE + more).environment) == lines


def test_uv_can_make_a_package_of_a_project_without_a_build_system() -> None:
    assert names(read(PLAIN + "[tool.uv]\npackage = true\n").environment) == ["churn"]


def test_a_source_that_no_table_names_stays_for_the_private_packages_to_need() -> None:
    file = read(PLAIN + '[tool.uv.sources]\ncontoso-core = {path = "core"}\n').environment
    assert list(file.sources) == ["contoso-core"]


def test_a_project_without_a_table_is_a_path_with_its_extras() -> None:
    text = (GOLDEN / "no-project.toml").read_text("utf-8")
    line = read(text).environment.conda.pip[0]  # type: ignore[union-attr]
    assert isinstance(line, PipPath)


SHA = "#sha256=" + "0" * 64
SOURCES = PLAIN.replace('["pandas"]', '["x"]') + "[tool.uv.sources]\n"
SETTINGS = PLAIN + "[tool.amlpriv]\n"
REFUSED = {
    "no toml": ("a = 1\nb = = 2\n", 2, "not TOML"),
    "nothing": ("", 1, "which Python"),
    "nothing to install": ('[tool.amlpriv]\npython = "3.11"\nname = "a"\n', 1, "what to install"),
    "unknown key": (SETTINGS + 'pyton = "3.11"\n', 7, "Did you mean 'python'?"),
    "no name": ('[project]\nversion = "1"\n', 1, "has no 'name'"),
    "bad name": ('[project]\nname = "a b"\n', 2, "not a package name"),
    "number as a name": ("[project]\nname = 3\n", 2, "a string, not a number"),
    "no table": ("project = 1\n", 1, "must be a table"),
    "no table above": ('tool = "x"\n[project]\nname = "a"\n', 1, "must be a table"),
    "reserved name": (PLAIN.replace('"churn"', '"azureml-x"'), 2, "reserved"),
    "reserved name said": (SETTINGS + 'name = "azureml-x"\n', 7, "reserved"),
    "no requirement": (PLAIN.replace('"pandas"', '"pandas",\n "a=1"'), 6, "'=='"),
    "a path": (PLAIN.replace('"pandas"', '"./x"'), 5, "Not a requirement"),
    "an option": (PLAIN.replace('"pandas"', '"--pre"'), 5, "Not a requirement"),
    "dependencies as text": (PLAIN.replace('["pandas"]', '"pandas"'), 5, "an array, not a string"),
    "a number among them": (PLAIN.replace('["pandas"]', '["a",\n 1]'), 6, "a string, not a number"),
    "extra twice": (PLAIN + "[project.optional-dependencies]\na_b = []\nA-B = []\n", 8, "twice"),
    "no specifier": (PLAIN.replace("==3.11.*", "3.11"), 4, "no version specifier"),
    "several pythons": (PLAIN.replace("==3.11.*", ">=3.10"), 4, "--python"),
    "old patches only": (PLAIN.replace("==3.11.*", ">=3.11,<3.11.5"), 4, "newer patch"),
    "python against it": (SETTINGS + 'python = "3.12"\n', 7, "does not allow"),
    "no python": (SETTINGS + 'python = "3"\n', 7, "no Python version"),
    "two pythons": (SETTINGS + 'python = "3.11"\nconda = ["python=3.11"]\n', 8, "both"),
    "a range in conda": (SETTINGS + 'conda = ["python>=3.11"]\n', 7, "which Python"),
    "broken conda": (SETTINGS + 'conda = [\n"foo=="]\n', 8, "foo"),
    "no version": (PACKAGE.replace('version = "1.0"\n', ""), 1, "has no 'version'"),
    "dynamic": (PLAIN.replace('dependencies = ["pandas"]', 'dynamic = ["dependencies"]'), 5, "dynamic"),
    "unknown extra": (SETTINGS + 'extras = ["x"]\n', 7, "no extra"),
    "unknown group": (SETTINGS + 'groups = ["tset"]\n[dependency-groups]\ntest = []\n', 7, "Did you mean 'test'"),
    "unknown include": (
        SETTINGS + 'groups = ["a"]\n[dependency-groups]\na = [\n"x",\n{include-group = "b"}]\n',
        11,
        "no dependency group 'b'",
    ),
    "group cycle": (
        SETTINGS + 'groups = ["a"]\n[dependency-groups]\na = [{include-group = "B"}]\nb = [{include-group = "a"}]\n',
        10,
        "a -> b -> a",
    ),
    "group twice": (SETTINGS + 'groups = ["a"]\n[dependency-groups]\na = []\nA = []\n', 10, "given twice"),
    "group for another python": (
        SETTINGS + 'groups = ["a"]\n[dependency-groups]\na = []\n[tool.uv.dependency-groups]\na = '
        '{requires-python = ">=3.12"}\n',
        7,
        "is for Python >=3.12",
    ),
    "group for no python": (PLAIN + '[tool.uv.dependency-groups]\na = {requires-python = "x"}\n', 7, "specifier"),
    "no include": (SETTINGS + 'groups = ["a"]\n[dependency-groups]\na = [{x = 1}]\n', 9, "no include"),
    "source key": (SOURCES + 'x = {path = ".", sub = 1}\n', 7, "unknown key 'sub'"),
    "source as text": (SOURCES + 'x = "../x"\n', 7, "must be a table"),
    "two kinds": (SOURCES + 'x = {path = ".", git = "y"}\n', 7, "path and git"),
    "no kind": (SOURCES + "x = {marker = \"os_name == 'posix'\"}\n", 7, "says no place"),
    "key of another kind": (SOURCES + 'x = {path = ".", tag = "y"}\n', 7, "means nothing"),
    "two references": (SOURCES + 'x = {git = "y", tag = "1", rev = "2"}\n', 7, "rev and tag"),
    "twice": (SOURCES + 'x = {path = "."}\nX = {path = "."}\n', 8, "twice"),
    "no hash": (SOURCES + 'x = {url = "https://a.example.org/x-1-py3-none-any.whl"}\n', 7, "without its sha256"),
    "bad marker": (SOURCES + 'x = {path = ".", marker = "nope"}\n', 7, "No marker"),
    "overlap": (SOURCES + 'x = [{path = "a"},\n{path = "b"}]\n', 8, "Several sources"),
    "unknown index": (SOURCES + 'x = {index = "a"}\n', 7, "unknown index"),
    "member": (SOURCES + "x = {workspace = true}\n", 7, "is not found from here"),
    "no member": (SOURCES + "x = {workspace = false}\n", 7, "no place"),
    "not installed": (SOURCES + 'x = {path = ".", package = false}\n', 7, "package = false"),
    "index without url": (PLAIN + '[[tool.uv.index]]\nname = "a"\n', 6, "has no 'url'"),
    "index twice": (
        PLAIN + '[[tool.uv.index]]\nname = "a"\nurl = "b"\n[[tool.uv.index]]\nname = "a"\nurl = "b"\n',
        10,
        "given twice",
    ),
    "connection": (SETTINGS + 'connections = {a = "b"}\n', 7, "no index 'a'"),
    "via": (SETTINGS + 'via = "sass"\n', 7, "Did you mean 'sas'"),
    "package as text": (SETTINGS + 'package = "yes"\n', 7, "true or false"),
    "private in conda": (SOURCES + 'x = {path = "."}\n[tool.amlpriv]\nconda = ["x"]\n', 9, "conda layer"),
    "no lock": (SETTINGS + 'lock = "missing.lock"\n', 7, "missing.lock"),
    "lock as number": (SETTINGS + "lock = 3\n", 7, "must be a path"),
    "constraint with an address": (
        PLAIN + '[tool.uv]\nconstraint-dependencies = ["a @ https://x.example"]\n',
        7,
        "addr",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_refused_with_its_line(case: str) -> None:
    text, line, words = REFUSED[case]
    with pytest.raises(InputError) as caught:
        read(text)
    assert words in str(caught.value)
    assert (caught.value.file, caught.value.line) == ("pyproject.toml", line)


def test_all_mistakes_are_counted() -> None:
    with pytest.raises(InputError, match="2 more problems"):
        read(SETTINGS + "via = 1\nimage = 'a b'\nfoo = 1\n")


@pytest.mark.parametrize("given", [{"name": "azureml"}, {"python": "three"}, {"python": "3.*"}, {"image": "a b"}])
def test_what_the_caller_gives_is_checked(given: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        read(PLAIN, GOLDEN, **given)


def test_no_secret_is_shown() -> None:
    text = SOURCES + 'x = {git = "https://user:hunter2@git.example.org/x.git"}\n'
    text += '[[tool.uv.index]]\nname = "a"\nurl = "https://user:hunter2@a.example.org/simple/"\n'
    assert "hunter2" not in repr(read(text))


@pytest.mark.parametrize(
    ("requires", "python"),
    [
        ("==3.11.*", "3.11"),
        ("~=3.12.1", "3.12"),
        (">=3.10,<3.11", "3.10"),
        (">=3.11.4,<3.12", "3.11"),
        (">3.9.99,<=3.10.99", "3.10"),
        ("==3.13.2", "3.13.2"),
        (">=3.10,!=3.10.*,!=3.11.*,<3.13", "3.12"),
        ("==3.11", None),  # 3.11.0 alone, and no newer patch version
        (">=3.10,<3.12", None),
        (">3.10,<3.12", None),
        ("<3.11", None),
        ("==2.7.*", None),
        ("~=3.9", None),
        ("", None),
    ],
)
def test_requires_python_says_which_python_when_it_leaves_no_choice(requires: str, python: str | None) -> None:
    text = PLAIN.replace("==3.11.*", requires)
    if python is None:
        with pytest.raises(InputError, match="--python"):
            read(text)
    else:
        conda = read(text).environment.conda
        assert conda is not None
        assert conda.dependencies[0].text == f"python={python}"
