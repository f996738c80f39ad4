"""Imports, told from a text."""

from __future__ import annotations

import sys

import pytest

from amlpriv.specs.captured.imports_of import Import, Run, imports_in


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


@pytest.mark.parametrize(
    "text",
    [
        "import importlib as il\nil.import_module('a.b')",
        "from importlib import import_module as im\nim('a.b')",
        "import importlib\nload = importlib.import_module\nload('a.b')",
        "import importlib\nimportlib.import_module(name='a.b')",
        "import importlib\nimportlib.import_module('.b', package='a')",
        "__import__(name='a.b')",
        "import builtins\nbuiltins.__import__('a.b')",
        "import pkgutil\npkgutil.resolve_name('a:b')",
        "from pkgutil import resolve_name as rn\nrn(name='a.b')",
        "import runpy\nrunpy.run_module('a.b', run_name='__main__')",
        "exec('import a.b')",
        "code = 'import a.b'\nexec(code)",
        "code = compile('import a.b', 'x', 'exec')\nexec(code)",
        "get_ipython().run_line_magic('run', '-m a.b')",
    ],
)
def test_a_module_that_is_named_to_a_function_counts_by_whatever_name_the_function_goes(text: str) -> None:
    imports = imports_in(text)
    assert Import("a.b", text.count("\n") + 1) in imports.found
    assert imports.computed == ()


@pytest.mark.parametrize("text", ["import importlib as il\nil.import_module(name=x)", "\n__import__(**x)", "\nexec(x)"])
def test_what_is_named_by_a_computation_is_told_with_its_line(text: str) -> None:
    imports = imports_in(text)
    assert (imports.computed or tuple(run.line for run in imports.runs)) == (2,)


@pytest.mark.parametrize(
    "text",
    [
        "import runpy\nrunpy.run_path('a.py')",
        "import runpy as r\nr.run_path(path_name='a.py', run_name='__main__')",
        "\nexec(open('a.py').read())",
        "\nexec(compile(open('a.py', 'rb').read(), 'a.py', 'exec'), {})",
        "from pathlib import Path\nexec(Path('a.py').read_text())",
        "\nwith open('a.py') as f: exec(f.read())",
        "text = open('a.py').read()\nexec(text)",
        "from importlib import util\nutil.spec_from_file_location('a', 'a.py')",
        "\nget_ipython().run_line_magic('run', '-i -N 5 a.py --epochs 3')",
        "\nget_ipython().magic('run \"a.py\"')",
    ],
)
def test_a_file_that_is_run_is_told(text: str) -> None:
    assert [(run.path, run.line) for run in imports_in(text).runs] == [("a.py", 2)]


def test_a_name_that_stands_for_itself_ends() -> None:
    assert imports_in("a = b\nb = a\nexec(a)\nexec(open(a).read())").runs == (Run(None, 3), Run(None, 4))


def test_a_name_with_several_values_is_not_taken_for_one_of_them() -> None:
    text = "code = open('a.py').read()\ndef f(code):\n    exec(code)\n"
    assert imports_in(text).runs == (Run(None, 3),)


def test_an_alias_counts_in_the_texts_that_follow() -> None:
    first = imports_in("import importlib as il")
    assert imports_in("il.import_module('a')", first.aliases).found == (Import("a", 1),)


def test_a_tree_that_is_too_deep_is_read_line_by_line() -> None:
    imports = imports_in("import a\nx = " + "+".join(["1"] * 3000))
    assert imports.broken
    assert imports.found == (Import("a", 1),)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="except* is of Python 3.11")
def test_a_group_of_errors_is_caught_like_one() -> None:
    assert imports_in("try:\n    import a\nexcept* ImportError:\n    pass\n").found == (Import("a", 2, optional=True),)
