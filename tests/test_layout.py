"""The shape of the repository: sizes, names, imports, what lies where, and what may not be written anywhere."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import amlpriv
from amlpriv.cli.main import COMMANDS

PACKAGE = Path(amlpriv.__file__).parent
ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"

LONGEST_MODULE = 300
LONGEST_FUNCTION = 40

LONGER: dict[str, int] = {}
"""What is longer all the same, with its lines. The numbers only go down."""

UNTESTED_BY_NAME = {
    "local/plane/context.py",
    "local/plane/control.py",
    "local/plane/environment_content.py",
    "local/plane/faults.py",
    "local/plane/filenames.py",
    "local/plane/http.py",
    "local/plane/names.py",
    "local/plane/resources.py",
    "local/plane/routing.py",
    "local/plane/settings.py",
    "local/plane/workspaces.py",
}
"""Modules of the control plane that are tested over the wire, with their neighbours. The list only gets shorter."""

TOP_LEVEL = {
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "amlpriv",
    "environments",
    "notebooks",
    "pyproject.toml",
    "tests",
}

# In pieces, so that this file may be looked through as well.
HOSTS = tuple(".".join(pieces) for pieces in (
    ("pypi", "org"),
    ("pypi", "python", "org"),
    ("pythonhosted", "org"),
    ("npmjs", "com"),
    ("npmjs", "org"),
    ("yarnpkg", "com"),
    ("anaconda", "org"),
    ("anaconda", "com"),
))  # fmt: skip

VAGUE = {"base", "common", "core", "helpers", "manager", "misc", "util", "utils"}

PATCHES = tuple("".join(pieces) for pieces in (
    ("monkeypatch.", "setattr"),
    ("mocker.", "patch"),
    ("unittest.", "mock"),
    ("unittest ", "import mock"),
))  # fmt: skip


def modules() -> list[str]:
    """Paths from the package of all modules."""
    return sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if "example" not in path.parts)


@cache
def tree(module: str) -> ast.Module:
    """The parsed module."""
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"))


@cache
def tracked() -> tuple[str, ...]:
    """All files of the checkout that git keeps or would keep; skips the test where there is no checkout."""
    try:
        listed = subprocess.run(
            ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        pytest.skip("not a git checkout")
    return tuple(sorted(name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()))


def lengths() -> Iterator[tuple[str, int, int]]:
    """Name, lines and limit of each module and function."""
    for module in modules():
        yield module, len((PACKAGE / module).read_text(encoding="utf-8").splitlines()), LONGEST_MODULE
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                end = node.end_lineno or node.lineno
                yield f"{module}:{node.name}", end - node.lineno + 1, LONGEST_FUNCTION


def test_modules_and_functions_are_small_enough_to_see() -> None:
    """300 and 40 lines."""
    assert [(name, lines) for name, lines, limit in lengths() if lines > LONGER.get(name, limit)] == []


def test_what_is_small_now_is_no_exception_any_more() -> None:
    """The list of exceptions only shrinks."""
    too_long = {name for name, lines, limit in lengths() if lines > limit}
    assert set(LONGER) - too_long == set()


@pytest.mark.parametrize("module", modules())
def test_imports_are_absolute(module: str) -> None:
    """Also those inside functions."""
    relative = [node.lineno for node in ast.walk(tree(module)) if isinstance(node, ast.ImportFrom) and node.level]
    assert relative == []


@pytest.mark.parametrize("module", modules())
def test_a_module_is_named_after_a_thing(module: str) -> None:
    """Nothing called utils, helpers, common, ..."""
    assert VAGUE.isdisjoint(module.removesuffix(".py").split("/"))


def _defined(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (each.asname or each.name for each in names)
            case ast.If(body=inner) | ast.Try(body=inner):
                yield from _defined(inner)


def _isort_style(name: str) -> tuple[int, list[tuple[bool, int, str]]]:
    """Constants, then classes, then the rest; digits by their value (ruff's RUF022)."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", name)]


@pytest.mark.parametrize("module", modules())
def test_a_module_says_what_is_public(module: str) -> None:
    """``__all__`` is there, sorted, without repetition, and each of its names exists."""
    body = tree(module).body
    own = [node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    listed = [
        ast.literal_eval(node.value)
        for node in body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    if not own or Path(module).name.startswith("_"):
        return
    assert len(listed) == 1, f"{module} has no __all__"
    assert listed[0] == sorted(set(listed[0]), key=_isort_style)
    assert set(listed[0]) - set(_defined(body)) == set()


def test_the_public_names_exist() -> None:
    """``amlpriv.X`` for each X that the package lists, and a plain AttributeError for others."""
    assert amlpriv.__all__ == sorted(amlpriv.__all__, key=_isort_style)
    for name in amlpriv.__all__:
        assert getattr(amlpriv, name) is not None
    assert dir(amlpriv) == sorted(amlpriv.__all__)
    with pytest.raises(AttributeError, match="no attribute 'add_privat_pip_wheel'"):
        _ = amlpriv.add_privat_pip_wheel  # type: ignore[attr-defined]


@pytest.mark.parametrize("module", [name for name in modules() if re.match(r"preflight/rules/ap\d", name)])
def test_each_rule_has_a_test_of_its_name(module: str) -> None:
    """And its code is that of its file name."""
    name = Path(module).stem
    assert (TESTS / "preflight" / "rules" / f"test_{name}.py").is_file()
    codes = [node for node in tree(module).body if isinstance(node, ast.Assign) and ast.unparse(node) == _code(name)]
    assert len(codes) == 1, f"{module} does not say {_code(name)}"


def _code(name: str) -> str:
    return f"CODE = {name[:5].upper()!r}"


def test_each_test_of_a_rule_has_its_rule() -> None:
    """A rule that was renamed takes its test along."""
    tested = {path.stem.removeprefix("test_") for path in (TESTS / "preflight" / "rules").glob("test_ap*.py")}
    assert tested == {Path(module).stem for module in modules() if re.match(r"preflight/rules/ap\d", module)}


def test_each_module_of_the_control_plane_has_a_test_of_its_name() -> None:
    """Except those that are tested over the wire."""
    plane = {name for name in modules() if re.fullmatch(r"local/plane/(?!__init__)\w+\.py", name)}
    without = {name for name in plane if not (TESTS / "local_plane" / f"test_{Path(name).stem}.py").is_file()}
    assert without - UNTESTED_BY_NAME == set()
    assert UNTESTED_BY_NAME - without == set(), "these are tested now: take them off the list"


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_command_is_run_by_a_test_of_the_command_line(command: str) -> None:
    """Its name stands in one of them as a word of its own."""
    texts = [path.read_text(encoding="utf-8") for path in (TESTS / "cli").glob("test_*.py")]
    assert any(f'"{command}"' in text for text in texts)


def test_no_file_names_the_host_of_a_package_registry() -> None:
    """Where packages come from is the user's setting, and theirs alone."""
    found = []
    for name in tracked():
        text = (ROOT / name).read_bytes().decode("utf-8", "replace").lower()
        found += [f"{name}: {host}" for host in HOSTS if host in text]
    assert found == []


def test_no_file_names_the_folder_it_was_written_in() -> None:
    """A path of the machine at hand means nothing anywhere else."""
    if len(ROOT.parts) < 3:
        pytest.skip(f"the checkout's own path, {ROOT}, is too short to be looked for")
    path = re.compile(re.escape(str(ROOT)) + r"(?![\w-])")
    named = [name for name in tracked() if path.search((ROOT / name).read_bytes().decode("utf-8", "replace"))]
    assert named == []


def test_no_test_patches() -> None:
    """Fakes are passed in, or the real local part is used."""
    found = [
        f"{name}: {patch}"
        for name in tracked()
        if name.startswith("tests/") and name.endswith(".py")
        for patch in PATCHES
        if patch in (ROOT / name).read_text(encoding="utf-8")
    ]
    assert found == []


def test_the_top_level_holds_what_it_should() -> None:
    """Four folders, the four files that each project has, and dotfiles."""
    top = {name.partition("/")[0] for name in tracked()}
    assert {name for name in top if not name.startswith(".")} - TOP_LEVEL == set()


def test_the_version_is_that_of_the_newest_change() -> None:
    """pyproject.toml and CHANGELOG.md are changed together."""
    changelog, project = ROOT / "CHANGELOG.md", ROOT / "pyproject.toml"
    if not changelog.is_file() or not project.is_file():
        pytest.skip("not a checkout")
    newest = re.search(r"^## \[?(\d[\w.]*)\]?", changelog.read_text(encoding="utf-8"), re.MULTILINE)
    version = re.search(r'^version = "(.+)"$', project.read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert version is not None
    assert newest[1] == version[1]
