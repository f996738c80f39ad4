"""Imports of files and of the local modules that they read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from amlpriv.actions.capture_imports import Found, find_imports
from amlpriv.errors import InputError


def found(folder: Path, first: str, **files: str) -> Found:
    """The imports of ``main.py``; ``files`` are local modules, ``a__b`` is ``a/b.py``."""
    for name, text in {"main": first, **files}.items():
        path = folder / f"{name.replace('__', '/').replace('INIT', '__init__').replace('MAIN', '__main__')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return find_imports([folder / "main.py"])


def write_notebook(path: Path, *cells: str) -> Path:
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]}), encoding="utf-8")
    return path


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


def test_more_files_than_can_be_read_are_refused_and_never_skipped(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.py").write_text(f"import {name}{name}")
    assert needed(find_imports([tmp_path], most=3)) == {"aa", "bb", "cc"}
    with pytest.raises(InputError, match="more than 2 "):
        find_imports([tmp_path], most=2)


def test_what_a_notebook_runs_is_followed(tmp_path: Path) -> None:
    for name in ("helper", "train", "path", "text"):
        (tmp_path / f"{name}.py").write_text(f"import {name}_needs")
    write_notebook(tmp_path / "sub.ipynb", "import sub_needs")
    first = "%run helper.py\n%run -i train\n%run ./sub.ipynb\nimport runpy as r, importlib as il"
    second = "r.run_path('path.py')\nexec(open('text.py').read())\nil.import_module('yaml')"
    result = find_imports([write_notebook(tmp_path / "main.ipynb", first, second)])
    wanted = {"helper_needs", "train_needs", "sub_needs", "path_needs", "text_needs", "yaml", "runpy", "importlib"}
    assert needed(result) == wanted
    assert result.notes == []


def test_a_file_that_is_run_is_looked_for_beside_the_one_that_runs_it_and_at_the_top(tmp_path: Path) -> None:
    result = found(
        tmp_path,
        "import p.a",
        p__a="import runpy\nrunpy.run_path('b.py')\nrunpy.run_path('top.py')\nrunpy.run_path('app')",
        p__b="import x",
        top="import y",
        app__MAIN="import z",
    )
    assert needed(result) == {"x", "y", "z", "runpy"}


@pytest.mark.parametrize("line", ["runpy.run_path('no.py')", "exec(text)", "runpy.run_path('data.zip')"])
def test_what_is_run_and_cannot_be_followed_is_said(tmp_path: Path, line: str) -> None:
    (tmp_path / "data.zip").write_bytes(b"PK\0\0")
    (note,) = found(tmp_path, f"import runpy\n{line}").notes
    assert "not seen" in note


def test_a_file_says_its_own_encoding(tmp_path: Path) -> None:
    file = tmp_path / "main.py"
    file.write_bytes(b"# -*- coding: latin-1 -*-\n# \xe9\nimport x\n")
    assert needed(find_imports([file])) == {"x"}


@pytest.mark.parametrize("head", [b"", b"# coding: ascii\n", b"# coding: hex\n", b"# coding: none-such\n"])
def test_a_file_that_cannot_be_read_is_refused_alone_and_a_note_among_others(tmp_path: Path, head: bytes) -> None:
    bad = tmp_path / "bad.py"
    bad.write_bytes(head + b"# \xe9\nimport no\n")
    (tmp_path / "deep.ipynb").write_text("[" * 100_000)
    (tmp_path / "main.py").write_text("import bad, x")
    with pytest.raises(InputError, match=r"bad\.py"):
        find_imports([bad])
    result = find_imports([tmp_path])
    assert needed(result) == {"x"}
    first, second = result.notes
    assert "bad.py" in first
    assert "deep.ipynb" in second
    assert "not seen" in first
    assert "\n" not in first
    assert len(find_imports([tmp_path / "main.py"]).notes) == 1
