"""Imports of files and of the local modules that they read."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlpriv.actions.capture_imports import Found, find_imports


def found(folder: Path, first: str, **files: str) -> Found:
    """The imports of ``main.py``; ``files`` are local modules, ``a__b`` is ``a/b.py``."""
    for name, text in {"main": first, **files}.items():
        path = folder / f"{name.replace('__', '/').replace('INIT', '__init__')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return find_imports([folder / "main.py"])


def needed(result: Found) -> set[str]:
    return set(result.names) - result.optional


def test_local_modules_are_followed_and_are_not_asked_of_the_environment(tmp_path: Path) -> None:
    result = found(
        tmp_path, "import a\nimport yaml", a="from b import c\nimport numpy", b="import pandas", unused="import no"
    )
    assert needed(result) == {"yaml", "numpy", "pandas"}
    assert result.names["pandas"] == f"{tmp_path / 'b.py'}:1"
    assert result.files == 3


def test_modules_that_import_each_other_end(tmp_path: Path) -> None:
    assert needed(found(tmp_path, "import a", a="import b, x", b="import a, y")) == {"x", "y"}


def test_a_package_is_followed_along_the_dots(tmp_path: Path) -> None:
    files = {"p__INIT": "import x", "p__deep__INIT": "from ..other import z", "p__deep__m": "from . import n"}
    files |= {"p__deep__n": "import y", "p__other": "import w", "p__never": "import no"}
    assert needed(found(tmp_path, "from p.deep import m", **files)) == {"x", "y", "w"}


def test_a_namespace_package_and_a_src_folder_are_local_too(tmp_path: Path) -> None:
    result = found(tmp_path, "import space.one\nimport two", space__one="import x", src__two="import y")
    assert needed(result) == {"x", "y"}


def test_a_local_name_that_is_installed_as_well_is_looked_for_without_complaint(tmp_path: Path) -> None:
    result = found(tmp_path, "import contoso", contoso="import x")
    assert "contoso" in result.names
    assert "contoso" in result.optional


def test_what_is_needed_anywhere_is_not_optional(tmp_path: Path) -> None:
    first = "try:\n    import cupy, numba\nexcept ImportError:\n    pass\nimport a"
    result = found(tmp_path, first, a="import numba")
    assert result.optional & {"cupy", "numba"} == {"cupy"}


@pytest.mark.parametrize("text", ["def f(:\nimport x\n", "print 'old'\nimport x\n"])
def test_what_cannot_be_parsed_is_said_and_read_all_the_same(tmp_path: Path, text: str) -> None:
    result = found(tmp_path, text)
    assert needed(result) == {"x"}
    assert result.notes == [f"{tmp_path / 'main.py'} cannot be parsed; its imports were told by the look of its lines."]


def test_a_computed_name_is_said_with_its_line(tmp_path: Path) -> None:
    (note,) = found(tmp_path, "import importlib\nimportlib.import_module(name)").notes
    assert "line 2" in note
