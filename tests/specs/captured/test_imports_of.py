"""Imports, told from a text."""

from __future__ import annotations

import pytest

from amlpriv.specs.captured.imports_of import Import, imports_in


def names(text: str) -> list[str]:
    return [one.name for one in imports_in(text).found]


def test_each_form_of_an_import_gives_its_dotted_name() -> None:
    text = "import a, b.c as d\nfrom e.f import g, h\nfrom i import *\ndef z():\n    import j\n"
    assert names(text) == ["a", "b.c", "e.f.g", "e.f.h", "i", "j"]


def test_a_relative_import_has_its_dots() -> None:
    found = imports_in("from . import a\nfrom ..b.c import d\n").found
    assert found == (Import("a", 1, 1), Import("b.c.d", 2, 2))


def test_a_constant_name_counts_and_a_computed_one_is_told() -> None:
    text = "import importlib\nfrom importlib import import_module\n"
    text += "importlib.import_module('a.b')\nimport_module('.c', __package__)\n__import__('d')\nimport_module(name)\n"
    imports = imports_in(text)
    assert [(one.name, one.level) for one in imports.found[2:]] == [("a.b", 0), ("c", 1), ("d", 0)]
    assert imports.computed == (6,)


def test_what_the_code_can_do_without_is_optional() -> None:
    text = "try:\n    import a\nexcept (ValueError, ImportError):\n    import b\nelse:\n    import c\n"
    text += "try:\n    import d\nexcept OSError:\n    pass\ntry:\n    import e\nexcept:\n    e = None\n"
    assert {one.name: one.optional for one in imports_in(text).found} == {
        "a": True,
        "b": True,
        "c": False,
        "d": False,
        "e": True,
    }


@pytest.mark.parametrize("guard", ["TYPE_CHECKING", "typing.TYPE_CHECKING"])
def test_an_import_for_type_checkers_alone_does_not_count(guard: str) -> None:
    assert names(f"if {guard}:\n    import a\nelse:\n    import b\n") == ["b"]


@pytest.mark.parametrize("rest", ["print 'two'", "x = (", "def f(:", "\x00"])
def test_what_cannot_be_parsed_is_read_line_by_line(rest: str) -> None:
    imports = imports_in(f"import a as b, c\nfrom d.e import f as g\n  from . import h\n{rest}\n")
    assert imports.broken
    assert [(one.name, one.level) for one in imports.found] == [("a", 0), ("c", 0), ("d.e.f", 0), ("h", 1)]


def test_a_strange_escape_in_the_code_gives_no_warning() -> None:
    assert names("x = '\\d'\nimport a\n") == ["a"]
