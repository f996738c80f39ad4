"""The pure part of amlpriv asks its caller for everything: no file, clock, variable, network, process or print.

What needs an import is the business of ``.importlinter``; much of it needs none, and is looked for here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import amlpriv

PACKAGE = Path(amlpriv.__file__).parent

PURE = (
    "connections",
    "errors",
    "facts",
    "findings",
    "migrate",
    "pip_errors",
    "plans",
    "preflight",
    "remote",
    "secret",
    "specs",
    "target",
    "wheels",
)

BUILTINS = {"breakpoint", "compile", "eval", "exec", "input", "open", "print", "__import__"}

CLOCK = {"now", "today", "utcnow", "monotonic", "perf_counter", "sleep", "time_ns"}

FILES = {
    "chmod",
    "cwd",
    "exists",
    "expanduser",
    "glob",
    "hardlink_to",
    "home",
    "is_dir",
    "is_file",
    "is_symlink",
    "iterdir",
    "lstat",
    "mkdir",
    "open",
    "read_bytes",
    "read_text",
    "readlink",
    "rename",
    "resolve",
    "rglob",
    "rmdir",
    "samefile",
    "stat",
    "symlink_to",
    "touch",
    "unlink",
    "walk",
    "write_bytes",
    "write_text",
}

MODULES = {
    "asyncio",
    "concurrent",
    "ctypes",
    "fileinput",
    "getpass",
    "glob",
    "http",
    "linecache",
    "locale",
    "multiprocessing",
    "os",
    "platform",
    "random",
    "requests",
    "runpy",
    "secrets",
    "shutil",
    "signal",
    "site",
    "socket",
    "ssl",
    "subprocess",
    "sysconfig",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
    "uuid",
    "webbrowser",
}

HOST = {"argv", "executable", "exit", "maxsize", "path", "platform", "prefix", "stderr", "stdin", "stdout"}
"""Of ``sys``: what belongs to the machine or the process. ``version_info`` may choose our own parser."""

HOST_PYTHON = {"default_environment", "interpreter_name", "interpreter_version", "platform_tags", "sys_tags"}
"""Of ``packaging``: answers about the Python that runs, where ours are about the target."""


def breaches(source: str, module: str) -> list[tuple[int, str]]:
    """Line and name of everything in the source of ``module`` (path from the package) that asks the machine."""
    found = [
        (getattr(node, "lineno", 0), breach)
        for node in ast.walk(ast.parse(source))
        for breach in _breaches(node)
        if not _reads_own_table(node, module, breach)
    ]
    return sorted(found)


def _breaches(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (f"import {each.name}" for each in names if _forbidden(each.name))
        case ast.ImportFrom(module=str(origin), names=names):
            for each in names:
                if _forbidden(origin) or _forbidden(f"{origin}.{each.name}"):
                    yield f"import {origin}.{each.name}"
                elif origin.startswith("packaging") and each.name in HOST_PYTHON:
                    yield each.name
        case ast.Call(func=ast.Name(id=name)) if name in BUILTINS | {"files"}:
            yield f"{name}()"
        case ast.Call(func=ast.Attribute(attr="evaluate"), args=[], keywords=[]):
            yield ".evaluate()"  # a marker, judged for the Python that runs
        case ast.Call(func=ast.Attribute(attr="cpython_tags") | ast.Name(id="cpython_tags"), keywords=keywords) if {
            keyword.arg for keyword in keywords
        }.isdisjoint({"abis"}):
            yield "cpython_tags()"
        case ast.Attribute(value=ast.Name(id="os")):
            yield f"os.{node.attr}"
        case ast.Attribute(value=ast.Name(id="sys"), attr=attr) if attr in HOST:
            yield f"sys.{attr}"
        case ast.Attribute(value=ast.Name(id="time"), attr="time"):
            yield "time.time"
        case ast.Call(func=ast.Attribute(value=ast.Name(id="ast"), attr="walk")):
            return  # of a syntax tree, and not of a folder
        case ast.Call(func=ast.Attribute(attr=attr)) if attr in CLOCK | FILES | HOST_PYTHON:
            yield f".{attr}()"


def _forbidden(name: str) -> bool:
    parts = name.split(".")
    return any(".".join(parts[:length]) in MODULES for length in range(1, len(parts) + 1))


def _reads_own_table(node: ast.AST, module: str, breach: str) -> bool:
    """``files("amlpriv.facts")...read_text()`` inside facts: a table that comes along with the code."""
    if not module.startswith("facts/") or breach not in ("files()", ".read_text()", ".read_bytes()"):
        return False
    own = (
        isinstance(call, ast.Call)
        and ast.unparse(call.func) in ("files", "importlib.resources.files")
        and [ast.literal_eval(argument) for argument in call.args] == ["amlpriv.facts"]
        for call in ast.walk(node)
    )
    return any(own)


def pure_modules() -> list[str]:
    """Paths from the package of all pure modules that exist."""
    return sorted(
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).with_suffix("").parts[0] in PURE
    )


@pytest.mark.parametrize("module", pure_modules())
def test_pure_code_asks_its_caller(module: str) -> None:
    """Text, streams and the time come in as arguments."""
    assert breaches((PACKAGE / module).read_text(encoding="utf-8"), module) == []


@pytest.mark.parametrize(
    ("sample", "breach"),
    [
        ("open('x')", "open()"),
        ("print('x')", "print()"),
        ("input()", "input()"),
        ("datetime.now(timezone.utc)", ".now()"),
        ("datetime.datetime.utcnow()", ".utcnow()"),
        ("date.today()", ".today()"),
        ("time.time()", "time.time"),
        ("clock.monotonic()", ".monotonic()"),
        ("time.sleep(1)", ".sleep()"),
        ("import time", "import time"),
        ("from time import sleep", "import time.sleep"),
        ("import os", "import os"),
        ("from os import environ", "import os.environ"),
        ("import os.path", "import os.path"),
        ("os.environ['X']", "os.environ"),
        ("os.getenv('X')", "os.getenv"),
        ("Path('x').open()", ".open()"),
        ("path.read_text()", ".read_text()"),
        ("path.write_bytes(b'')", ".write_bytes()"),
        ("Path('x').exists()", ".exists()"),
        ("path.is_file()", ".is_file()"),
        ("Path.cwd()", ".cwd()"),
        ("Path('~').expanduser()", ".expanduser()"),
        ("import subprocess", "import subprocess"),
        ("from subprocess import run", "import subprocess.run"),
        ("from urllib import request", "import urllib.request"),
        ("import urllib.request", "import urllib.request"),
        ("from http.client import HTTPSConnection", "import http.client.HTTPSConnection"),
        ("import socket", "import socket"),
        ("import uuid", "import uuid"),
        ("def f():\n    import tempfile", "import tempfile"),
        ("sys.stdout.write('x')", "sys.stdout"),
        ("sys.platform == 'win32'", "sys.platform"),
        ("from packaging.tags import sys_tags", "sys_tags"),
        ("from packaging.markers import default_environment", "default_environment"),
        ("tags.sys_tags()", ".sys_tags()"),
        ("cpython_tags((3, 11), platforms=p)", "cpython_tags()"),
        ("marker.evaluate()", ".evaluate()"),
        ("files('amlpriv.specs')", "files()"),
        ("__import__('os')", "__import__()"),
        ("eval('1')", "eval()"),
    ],
)
def test_each_kind_of_breach_is_seen(sample: str, breach: str) -> None:
    """The test above is worth what it can see."""
    assert breach in [name for _, name in breaches(sample, "specs/sample.py")]


@pytest.mark.parametrize(
    "sample",
    [
        "from urllib.parse import quote",
        "import urllib.parse",
        "from pathlib import Path\nname = Path('x').name",
        "marker.evaluate({'extra': ''})",
        "cpython_tags((3, 11), abis=['cp311'], platforms=p)",
        "plan(now=now)",
        "sys.version_info >= (3, 11)",
        "def open_later(open_stream): ...",
        "'print(1)'",
    ],
)
def test_what_asks_nobody_is_left_alone(sample: str) -> None:
    """Names that only look alike are no breach."""
    assert breaches(sample, "specs/sample.py") == []


def test_only_facts_reads_its_own_tables() -> None:
    """The same line is a breach elsewhere, and for another package's files."""
    line = "files('amlpriv.facts').joinpath('x.toml').read_text(encoding='utf-8')"
    assert breaches(line, "facts/sample.py") == []
    assert breaches(line, "plans/sample.py") != []
    assert breaches(line.replace("amlpriv.facts", "amlpriv.specs"), "facts/sample.py") != []
    assert breaches("Path('x.toml').read_text()", "facts/sample.py") != []


def test_the_check_of_an_empty_package_would_be_noticed() -> None:
    """The list of modules is found, not written: it must not come out empty."""
    assert {"errors.py", "wheels/read.py", "specs/conda.py", "plans/publish.py"} <= set(pure_modules())
