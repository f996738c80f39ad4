"""What a pyproject.toml says about where the packages that it requires come from."""

from __future__ import annotations

import pytest

from amlpriv.errors import InputError
from amlpriv.specs.declared import Declared, read_declared
from amlpriv.specs.project_names import project_name

ROOT = "file:///home/x/packages/features"


def read(text: str) -> Declared:
    return read_declared(text, "pyproject.toml", root=ROOT)


def kinds(declared: Declared) -> dict[str, list[tuple[str, str]]]:
    """Kind and address of each way to a package."""
    return {
        name: [(entry.kind, str(getattr(entry.fields.get(entry.kind), "value", None))) for entry in entries]
        for name, entries in declared.entries.items()
    }


def test_requirements_with_extras_as_markers() -> None:
    declared = read(
        '[project]\nname = "Contoso.Features"\ndependencies = ["a>=1", "b ; os_name == \'nt\'"]\n'
        "[project.optional-dependencies]\nFast_One = [\"c\", \"d ; os_name == 'nt' or os_name == 'x'\"]\n"
    )
    assert declared.name == "contoso-features"
    assert [str(item) for item in declared.requires or ()] == [
        "a>=1",
        'b; os_name == "nt"',
        'c; extra == "fast-one"',
        'd; (os_name == "nt" or os_name == "x") and extra == "fast-one"',
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        '[project]\nname = "x"\ndynamic = ["dependencies"]\n',
        '[project]\nname = "x"\ndynamic = ["optional-dependencies"]\n',
        '[tool.poetry]\nname = "x"\n',
    ],
)
def test_what_only_a_build_tells_is_not_guessed(text: str) -> None:
    assert read(text).requires is None


def test_uv_poetry_and_addresses_are_sources() -> None:
    declared = read(
        '[project]\nname = "x"\ndependencies = ["d @ {root:uri}/../d", "e @ file:///${PROJECT_ROOT}/../e", "w @ https://h/w"]\n'
        '[project.optional-dependencies]\nmore = ["f @ {root:parent:parent:uri}/f"]\n'
        '[build-system]\nrequires = ["g @ file:///g"]\n'
        '[tool.uv.sources]\na = {workspace = true}\nB_b = [{path = "../b"}, {git = "https://h/b.git"}]\n'
        'd = {path = "own"}\n'
        '[tool.poetry.dependencies]\npython = ">=3.10"\np = {path = "../p", develop = true, extras = ["x"]}\n'
        'q = [{git = "https://h/q.git", tag = "v1", markers = "os_name == \'nt\'"}, {path = "../q"}]\nr = "^1"\n'
        's = {version = "1", optional = true}\n'
    )
    assert kinds(declared) == {
        "a": [("workspace", "True")],
        "b-b": [("path", "../b"), ("git", "https://h/b.git")],
        "d": [("path", "own")],
        "p": [("path", "../p")],
        "q": [("git", "https://h/q.git"), ("path", "../q")],
        "e": [("path", "/home/x/packages/features/../e")],
        "f": [("path", "/home/x/f")],
        "g": [("path", "/g")],
    }
    assert declared.entries["f"][0].extra == "more"
    assert str(declared.entries["q"][0].marker) == 'os_name == "nt"'
    assert [item.name for item in declared.build_requires] == ["g"]


def test_the_workspace_of_a_root() -> None:
    table = read('[tool.uv.workspace]\nmembers = ["a/*"]\nexclude = ["a/b"]\n').workspace
    assert table is not None
    assert (table.members, table.exclude) == (("a/*",), ("a/b",))
    assert read("[tool.uv]\n").workspace is None


def test_a_mistake_in_one_source_waits_until_it_is_needed() -> None:
    declared = read(
        '[tool.uv.sources]\na = {pth = "x"}\nb = {path = "b"}\n[tool.poetry.dependencies]\na = {path = "a"}\n'
    )
    assert list(declared.entries) == ["b"]
    assert declared.mistakes["a"].line == 2


def test_what_is_no_toml_is_told_with_its_line() -> None:
    with pytest.raises(InputError) as it:
        read("[project]\nname = \n")
    assert it.value.line == 2


@pytest.mark.parametrize(
    ("file", "text", "name"),
    [
        ("pyproject.toml", '[project]\nname = "A_b"\n', "a-b"),
        ("pyproject.toml", '[tool.poetry]\nname = "c"\n', "c"),
        ("pyproject.toml", '[tool.flit.metadata]\ndist-name = "d"\n', "d"),
        ("pyproject.toml", "[build-system]\nrequires = []\n", None),
        ("pyproject.toml", "project = 1\n", None),
        ("pyproject.toml", "no toml", None),
        ("setup.cfg", "[metadata]\nname = E.e\n", "e-e"),
        ("setup.cfg", "[metadata\n", None),
        ("setup.py", "import setuptools\nsetuptools.setup(name='f_f', version='1')\n", "f-f"),
        ("setup.py", "from setuptools import setup\nsetup(name=NAME)\n", None),
        ("setup.py", "print 'old'\n", None),
    ],
)
def test_the_name_of_a_project_is_read_and_nothing_is_run(file: str, text: str, name: str | None) -> None:
    assert project_name(file, text) == name
