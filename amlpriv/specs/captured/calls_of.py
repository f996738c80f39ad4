"""The calls in Python code that import a module or run a file, by whatever names the functions go."""

from __future__ import annotations

import ast
import getopt
import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

__all__ = ["Called", "Names", "call_of", "run_line"]

_IMPORTING = {
    "importlib.import_module": "name",
    "importlib.__import__": "name",
    "import_module": "name",
    "__import__": "name",
    "builtins.__import__": "name",
    "pkgutil.resolve_name": "name",
    "runpy.run_module": "mod_name",
}
"""And the keyword of the first argument."""

_RUNNING = {
    "runpy.run_path": (0, "path_name"),
    "importlib.util.spec_from_file_location": (1, "location"),
    "importlib.machinery.SourceFileLoader": (1, "path"),
}
"""Where the file's path stands, and by which keyword."""

_RUN_OPTIONS = "nidtN:b:pD:l:rs:T:em:G"
"""Of IPython's ``%run`` (``IPython.core.magics.execution``), in the manner of getopt."""

_READING = {"open", "Path", "PurePath", "str", "fspath"}
_COMPILING = {"compile", "builtins.compile"}
_DEEP = 10
"""How many names and calls are followed to a value."""


@dataclass(frozen=True, slots=True)
class Called:
    """What a call imports or runs; all empty: it cannot be told."""

    module: str | None = None
    """With its dots, when it is relative."""
    file: str | None = None
    code: str | None = None
    """Python code."""
    runs: bool = False
    """It runs something, and does not import a module by its name."""


@dataclass(slots=True)
class Names:
    """What the names in one text stand for."""

    imported: dict[str, str] = field(default_factory=dict)
    """A name, and the dotted one of what was imported as it."""
    values: dict[str, ast.expr] = field(default_factory=dict)
    """Names that get a value in one place alone."""

    @classmethod
    def of(cls, tree: ast.AST, known: Mapping[str, str]) -> Names:
        """Those of a tree; ``known`` are the imports of the texts before."""
        names = cls(dict(known))
        bound: Counter[str] = Counter()
        for node in ast.walk(tree):
            names.imported.update(_imported(node))
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                bound[node.id] += 1
            elif isinstance(node, ast.arg):
                bound[node.arg] += 1
            for name, value in _bound(node):
                names.values[name] = value
        names.values = {name: value for name, value in names.values.items() if bound[name] == 1}
        for name, value in names.values.items():
            if (dotted := names.dotted(value)) in _IMPORTING or dotted in _RUNNING:
                names.imported.setdefault(name, dotted)
        return names

    def dotted(self, node: ast.expr) -> str:
        """``il.import_module`` as ``importlib.import_module``; nothing for what is no name."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self.imported.get(node.id, node.id), *reversed(parts)])


def call_of(node: ast.Call, names: Names) -> Called | None:
    """What a call imports or runs; None for one that does neither."""
    name = names.dotted(node.func)
    if keyword := _IMPORTING.get(name):
        return Called(_module(node, keyword)) if node.args or node.keywords else None
    if place := _RUNNING.get(name):
        return Called(file=_file(_argument(node, *place), names), runs=True)
    if name in ("exec", "builtins.exec", "execfile") and node.args:
        return _executed(node.args[0], names)
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("run_line_magic", "magic") and node.args:
        words = [arg.value if isinstance(arg, ast.Constant) else None for arg in node.args]
        line = " ".join(str(word) for word in words)
        if line == "run" or line.startswith("run "):
            return run_line(line.removeprefix("run")) if None not in words else Called(runs=True)
    return None


def run_line(line: str) -> Called:
    """What stands behind IPython's ``%run``: options, and a file or (``-m``) a module."""
    try:
        words = [word[1:-1] if word[:1] in "'\"" and word[-1:] == word[:1] else word for word in _words(line)]
        options, rest = getopt.getopt(words, _RUN_OPTIONS)
    except getopt.GetoptError:
        return Called(runs=True)
    named = [value for option, value in options if option == "-m"] or rest
    if not named or not named[0] or re.search(r"[{}$]", named[0]):  # IPython puts variables in
        return Called(runs=True)
    return Called(named[0]) if "-m" in dict(options) else Called(file=named[0], runs=True)


def _words(line: str) -> list[str]:
    """A backslash is part of a path on Windows, and not there to quote."""
    try:
        return shlex.split(line, posix=False)
    except ValueError:  # a lone apostrophe
        return line.split()


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            first = alias.name.partition(".")[0]
            yield (alias.asname, alias.name) if alias.asname else (first, first)
    elif isinstance(node, ast.ImportFrom) and node.level == 0:
        for alias in node.names:
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _bound(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Names with what they are set to."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        yield node.targets[0].id, node.value
    elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
        yield node.optional_vars.id, node.context_expr


def _argument(node: ast.Call, at: int, keyword: str) -> ast.expr | None:
    if len(node.args) > at:
        return node.args[at]
    return next((one.value for one in node.keywords if one.arg == keyword), None)


def _module(node: ast.Call, keyword: str) -> str | None:
    name = _text(_argument(node, 0, keyword))
    if name is None or not name.strip("."):
        return None
    package = _text(_argument(node, 1, "package"))
    if name.startswith(".") and package and keyword == "name":  # importlib.import_module: relative to that package
        up = len(name) - len(name.lstrip(".")) - 1
        parts = package.split(".")
        return ".".join([*parts[: len(parts) - up], name.lstrip(".")])
    return name.replace(":", ".")


def _executed(node: ast.expr, names: Names) -> Called:
    for _ in range(_DEEP):
        if isinstance(node, ast.Name) and node.id in names.values:
            node = names.values[node.id]
        elif isinstance(node, ast.Call) and names.dotted(node.func) in _COMPILING and node.args:
            node = node.args[0]
    code = _text(node)
    return Called(code=code, runs=True) if code is not None else Called(file=_file(node, names), runs=True)


def _file(node: ast.expr | None, names: Names, depth: int = 0) -> str | None:
    """The path in ``open('a.py').read()``, ``Path('a.py').read_text()``, or of a name that was given one."""
    if node is None or depth > _DEEP:  # a name may stand for itself
        return None
    if isinstance(node, ast.Name) and node.id in names.values:
        return _file(names.values[node.id], names, depth + 1)
    if not isinstance(node, ast.Call):
        return _text(node)
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("read", "read_text", "read_bytes", "decode", "open"):
        inner = node.func.value
        if isinstance(inner, ast.Call | ast.Name) and names.dotted(node.func) not in ("io.open", "tokenize.open"):
            return _file(inner, names, depth + 1)
    if names.dotted(node.func).rpartition(".")[2] in _READING and node.args:
        return _file(node.args[0], names, depth + 1) if len(node.args) == 1 or not _is_path(node, names) else None
    return None


def _is_path(node: ast.Call, names: Names) -> bool:
    """``Path`` joins all of its arguments."""
    return names.dotted(node.func).rpartition(".")[2] in ("Path", "PurePath")


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
