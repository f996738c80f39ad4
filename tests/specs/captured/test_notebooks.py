"""The code of notebooks."""

from __future__ import annotations

import json

import pytest

from amlpriv.errors import InputError
from amlpriv.specs.captured.imports_of import imports_in
from amlpriv.specs.captured.notebooks import cells_of


def notebook(*sources: object, **metadata: object) -> str:
    cells = [{"cell_type": "code", "source": source} for source in sources]
    return json.dumps({"cells": [{"cell_type": "markdown", "source": "import no"}, *cells], "metadata": metadata})


def names(*sources: object) -> list[str]:
    cells = cells_of(notebook(*sources), "a.ipynb")
    assert not any(imports_in(cell.code).broken for cell in cells)
    return [one.name for cell in cells for one in imports_in(cell.code).found]


def test_code_cells_are_read_as_text_or_as_lines() -> None:
    assert names("import a", ["import b\n", "import c"]) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "line",
    [
        "%matplotlib inline",
        "!ls -la | grep 'x'",
        "%load_ext amlpriv",
        "?pandas",
        "pandas.read_csv?",
        "files = !ls *.csv",
        "here = %pwd",
        "if True:\n    !echo it is",
        "!pip install x \\\n   --upgrade \\\n   --quiet",
    ],
)
def test_what_only_ipython_understands_does_not_hide_the_imports_beside_it(line: str) -> None:
    assert names(f"import a\n{line}\nimport b") == ["a", "b"]


def test_what_is_timed_is_code() -> None:
    assert names("%%time\nimport a", "%time import b", "%%timeit -n 1\nimport c") == ["a", "b", "c"]


def test_a_cell_in_another_language_is_skipped() -> None:
    assert names("%%bash\nimport no", "%%writefile x.py\nimport no", "%%html\n<b>") == []


def test_a_percent_in_a_text_is_no_magic() -> None:
    assert names('x = """\n%d of\n!them\n"""\nimport a') == ["a"]


@pytest.mark.parametrize(
    "line",
    [
        "%pip install contoso==1.0",
        "!pip3 install -U contoso",
        "!python -m pip install contoso",
        "!{sys.executable} -m pip install contoso",
        "%conda install -y contoso",
        "!uv pip install contoso",
        "out = !pip install contoso",
    ],
)
def test_a_line_that_installs_something_is_told(line: str) -> None:
    (cell,) = cells_of(notebook(f"import a\n{line}"), "a.ipynb")
    assert cell.installs == (line,)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[1]", "[" * 100_000, '{"worksheets": 1, "cells": 1}', '{"cells": 1}', "import a", '{"metadata": {}}'],
)
def test_what_is_no_notebook_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no notebook"):
        cells_of(text, "a.ipynb")


def test_a_notebook_in_another_language_is_refused() -> None:
    with pytest.raises(InputError, match="language is 'r'"):
        cells_of(notebook("library(x)", kernelspec={"language": "R"}), "a.ipynb")


def test_the_older_format_is_read() -> None:
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["import a\n"]}]}], "nbformat": 3}
    (cell,) = cells_of(json.dumps(old), "a.ipynb")
    assert cell.code == "import a\n"


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("%run helper.py", "helper.py"),
        ("if x:\n    %run -i train  --rate 3", "train"),
        ("%run ./sub.ipynb", "./sub.ipynb"),
        ("%time %run helper.py", "helper.py"),
        ("!python helper.py --out x", "helper.py"),
        ("!{sys.executable} -u helper.py", "helper.py"),
        ("%run 'my helper.py'", "my helper.py"),
        ("%run a.py --name it's", "a.py"),
        ("%run {name}.py", None),
        ("%run $name", None),
        ("%run", None),
    ],
)
def test_a_file_that_a_cell_runs_is_told(line: str, path: str | None) -> None:
    (cell,) = cells_of(notebook(f"import a\n{line}"), "a.ipynb")
    imports = imports_in(cell.code)
    assert not imports.broken
    assert [run.path for run in imports.runs] == [path]


@pytest.mark.parametrize("more", [{"worksheets": 5, "cells": []}, {"worksheets": [{"cells": 5}]}])
def test_a_strange_part_of_a_notebook_has_no_cells(more: dict[str, object]) -> None:
    assert cells_of(json.dumps(more), "a.ipynb") == ()
