"""Packages are imported in a Python of their own."""

from __future__ import annotations

import os
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from amlpriv.errors import BuildError
from amlpriv.importing import import_packages
from amlpriv.prefixes import python_of
from amlpriv.secret import SasUrl

Install = Callable[[str, str], Path]


@pytest.fixture
def environment(tmp_path: Path) -> tuple[Path, Install]:
    """An interpreter, and a way to put a module into it as if it had been installed."""
    prefix = tmp_path / "env"
    venv.EnvBuilder(with_pip=False, symlinks=os.name == "posix").create(prefix)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(prefix)}))

    def install(name: str, code: str) -> Path:
        info = site / f"{name}-1.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n")
        module = site / f"{name}.py"
        module.write_text(code)
        return module

    return python_of(prefix, "venv"), install


def test_versions_come_back_and_what_a_package_prints_goes_on(
    environment: tuple[Path, Install], tmp_path: Path
) -> None:
    python, install = environment
    install("one", "print('no line end', end='')")
    install("two", "import logging, sys; sys.stderr.write('to stderr')")
    (tmp_path / "two.py").write_text("raise SystemExit('the current folder must not count')")
    lines: list[str] = []
    imports = {"one": ("one",), "two": ("two", "json")}
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    assert import_packages(python, imports, env=env, cwd=tmp_path, on_line=lines.append) == {"one": "1.5", "two": "1.5"}
    assert lines == ["no line end", "to stderr"]


def test_nothing_to_import_starts_nothing(tmp_path: Path) -> None:
    assert import_packages(tmp_path / "no-python", {}, env={}, cwd=tmp_path) == {}


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import nowhere", "bad: ModuleNotFoundError: No module named 'nowhere'"),
        ("import sys; sys.exit('not today')", "bad: SystemExit: not today"),
        ("def f(:", r"bad: SyntaxError: invalid syntax"),
        ("import os; os._exit(3)", "bad: Python ended with exit code 3"),
        ("raise KeyError('two\\nlines')", "bad: KeyError: "),
    ],
)
def test_every_way_to_fail_is_named(environment: tuple[Path, Install], tmp_path: Path, code: str, error: str) -> None:
    python, install = environment
    install("good", "")
    install("bad", code)
    with pytest.raises(BuildError) as caught:
        import_packages(python, {"good": ("good",), "bad": ("bad",)}, env=dict(os.environ), cwd=tmp_path)
    assert error in caught.value.message
    assert "good" not in caught.value.message


def test_a_package_that_shows_a_secret_shows_it_redacted(environment: tuple[Path, Install], tmp_path: Path) -> None:
    python, install = environment
    url = SasUrl('https://a.example/w.whl?sig=abc"def')
    install("bad", f"raise RuntimeError({url.reveal()!r} + chr(10) + 'next')")
    with pytest.raises(BuildError) as caught:
        import_packages(python, {"bad": ("bad",)}, env=dict(os.environ), cwd=tmp_path, secrets=[url])
    assert "abc" not in str(caught.value)
    assert "RuntimeError: https://a.example/w.whl?sig=***" in caught.value.message


def test_a_package_that_is_not_there_is_named(environment: tuple[Path, Install], tmp_path: Path) -> None:
    python, _ = environment
    with pytest.raises(BuildError, match="gone: it is not installed"):
        import_packages(python, {"gone": ("json",)}, env=dict(os.environ), cwd=tmp_path)


def test_of_a_package_without_names_its_own_modules_are_imported(
    environment: tuple[Path, Install], tmp_path: Path
) -> None:
    """As for one that an index served; tests that slipped into it are left alone, parts of a namespace are not."""
    python, install = environment
    site = install("flat", "").parent
    for folder, code in (("space/inner", ""), ("space/inner/deep", "1/0"), ("tests", "1/0")):
        (site / folder).mkdir(parents=True)
        (site / folder / "__init__.py").write_text(code)
    record = "flat.py,,\nspace/inner/__init__.py,,\nspace/inner/deep/__init__.py,,\ntests/__init__.py,,\n"
    (site / "flat-1.5.dist-info" / "RECORD").write_text(record)
    assert import_packages(python, {"flat": ()}, env=os.environ, cwd=tmp_path) == {"flat": "1.5"}
    (site / "space/inner/__init__.py").write_text("1/0")
    with pytest.raises(BuildError, match="flat: ZeroDivisionError"):
        import_packages(python, {"flat": ()}, env=os.environ, cwd=tmp_path)
