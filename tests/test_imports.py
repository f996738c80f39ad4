"""What is imported when, what is public, and what the wheel holds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import click
import pytest

import amlpriv
from amlpriv.cli.main import COMMANDS, cli
from amlpriv.interpreters import uv_program

ROOT = Path(__file__).parents[1]

HEAVY = ("IPython", "azure", "cryptography", "mlflow", "numpy", "pandas", "requests", "rich", "yaml")

LOADED = f"""
import sys
def heavy():
    return sorted({{name.partition(".")[0] for name in sys.modules}} & set({HEAVY!r}))
"""

HELPS = """
import contextlib, io
from amlpriv.cli.main import main
for words in (["--help"], ["--version"], *({commands!r})):
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        assert main(words) == 0, words
    assert shown.getvalue(), words
    print(" ".join(words), heavy())
"""


def python(code: str, **options: str) -> str:
    environ = {**os.environ, **options}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_amlpriv_loads_nothing_heavy_and_nothing_of_its_own() -> None:
    code = LOADED + "import amlpriv\nprint(heavy(), sorted(n for n in sys.modules if n.startswith('amlpriv')))"
    assert python(code) == "[] ['amlpriv']\n"


def test_no_help_loads_anything_heavy() -> None:
    commands = [[*words.split(), "--help"] for words in _words(cli, "")]
    assert len(commands) > len(COMMANDS)
    shown = python(LOADED + HELPS.format(commands=commands)).splitlines()
    assert len(shown) == len(commands) + 2
    assert [line for line in shown if not line.endswith(" []")] == []


def _words(group: click.Group, before: str) -> list[str]:
    context = click.Context(group)
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        found.append(f"{before}{name}")
        found += _words(command, f"{before}{name} ") if isinstance(command, click.Group) else []
    return found


def test_checking_a_wheel_loads_no_azure(tmp_path: Path) -> None:
    """What needs no workspace needs no SDK."""
    from tests.wheelhouse import build_wheel

    wheel = build_wheel(tmp_path)
    code = f"import sys, amlpriv\namlpriv.inspect_wheel({str(wheel)!r})\nprint('azure' in sys.modules)"
    assert python(code) == "False\n"


def test_the_public_names_are_sorted_and_complete() -> None:
    assert amlpriv.__all__ == sorted(amlpriv.__all__, key=_as_ruff)
    assert set(amlpriv.__all__) == {*amlpriv._PLACES, "__version__"}
    assert dir(amlpriv) == sorted(amlpriv.__all__)


def _as_ruff(name: str) -> tuple[bool, bool, str]:
    """Constants, classes, the rest: RUF022's isort-style order; within them by letter."""
    return not name.isupper(), not name[0].isupper(), name


@pytest.mark.parametrize("name", amlpriv.__all__)
def test_a_public_name_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(amlpriv, name)
    assert isinstance(value, str) or value.__doc__
    if name in amlpriv._PLACES:
        assert value.__module__ == amlpriv._PLACES[name]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'publich'"):
        _ = amlpriv.publich  # type: ignore[attr-defined]
    with pytest.raises(ImportError):
        from amlpriv import publich  # type: ignore[attr-defined]  # noqa: F401


@pytest.mark.parametrize("path", sorted((ROOT / "amlpriv").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_the_exported_names_of_every_module_are_sorted(path: Path) -> None:
    match = re.search(r"^__all__ = \[(.*?)\]", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    if match is not None:
        names = re.findall(r'"(\w+)"', match[1])
        assert names == sorted(set(names), key=_as_ruff)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """amlpriv's own wheel, built from this checkout."""
    if not (ROOT / "amlpriv" / "__init__.py").is_file():
        pytest.skip("not a checkout: the tests run against an installed amlpriv")
    out = tmp_path_factory.mktemp("dist")
    # Built as CI does it, though without the network: the backend is among the tests' dependencies.
    command = [
        str(uv_program(os.environ)),
        "build",
        "--wheel",
        "--no-build-isolation",
        "-q",
        "--python",
        sys.executable,
    ]
    done = subprocess.run([*command, "--out-dir", str(out), str(ROOT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = out.glob("*.whl")
    return made


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"amlpriv", f"amlpriv-{amlpriv.__version__}.dist-info"}
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".lock"))]
    wanted = {
        "amlpriv/example/churn-train.yml",
        "amlpriv/example/packages/contoso-features/pyproject.toml",
        "amlpriv/example/packages/contoso-features/src/contoso_features/__init__.py",
        "amlpriv/facts/images.toml",
        "amlpriv/local/azurite/package.json",
        "amlpriv/py.typed",
        "amlpriv/specs/environment.schema.json",
    }
    assert wanted - names == set()
    everything = (path for path in (ROOT / "amlpriv").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert {path.relative_to(ROOT).as_posix() for path in everything} <= names


def test_an_installed_amlpriv_finds_its_example(wheel: Path, tmp_path: Path) -> None:
    """And its own files: without them neither the checks nor the local workspace would start."""
    site = tmp_path / "site"
    command = [
        str(uv_program(os.environ)),
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--offline",
        "--python",
        sys.executable,
    ]
    done = subprocess.run([*command, "--target", str(site), str(wheel)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    code = (
        "import amlpriv\nfrom amlpriv.actions.quickstart import example_file\n"
        "print(amlpriv.__file__)\nprint(example_file())\nprint(amlpriv.render(example_file()))"
    )
    environ = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environ, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    package, example, *rendered = done.stdout.splitlines()
    assert Path(package).is_relative_to(site)
    assert Path(example) == site / "amlpriv" / "example" / "churn-train.yml"
    assert "name: churn-train" in rendered
