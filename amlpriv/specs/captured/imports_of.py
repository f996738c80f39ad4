"""What Python code imports, told from its text alone."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from amlpriv.specs.captured.calls_of import Called, Names, call_of

__all__ = ["Import", "Imports", "Run", "imports_in", "parse"]

_CATCHING = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
_LOOSE = re.compile(r"^\s*(?:import\s+(?P<names>[\w., ]+)|from\s+(?P<module>\.*[\w.]*)\s+import\s+(?P<of>[\w, ]+|\*))")


@dataclass(frozen=True, slots=True)
class Import:
    """One name that is imported."""

    name: str
    """Dotted. ``from a import b`` is ``a.b``, whether b is a module or not; without the dots of a relative import."""
    line: int
    level: int = 0
    """How many dots a relative import has."""
    optional: bool = False
    """The code goes on without it."""


@dataclass(frozen=True, slots=True)
class Run:
    """A file that is run."""

    path: str | None
    """As written; None when it cannot be told."""
    line: int


@dataclass(frozen=True, slots=True)
class Imports:
    """The imports of one text."""

    found: tuple[Import, ...]
    computed: tuple[int, ...] = ()
    """Lines that import a module whose name is computed."""
    broken: bool = False
    """It is not Python, or of a newer version; it was read line by line."""
    runs: tuple[Run, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    """The names that were imported, and what they stand for."""


def imports_in(text: str, aliases: Mapping[str, str] | None = None) -> Imports:
    """All imports, wherever they stand; not those for type checkers alone. Names given to ``import_module``,
    ``__import__`` and the like as constants count. ``aliases`` are those of the cells before. Never raises."""
    tree = parse(text)
    known = aliases or {}
    if tree is not None:
        try:
            names = Names.of(tree, known)
            collector = _Collector(names)
            collector.visit(tree)
        except RecursionError:
            tree = None
    if tree is None:
        return Imports(tuple(_loosely(text)), broken=True, aliases=known)
    found, runs = tuple(dict.fromkeys(collector.found)), tuple(dict.fromkeys(collector.runs))
    return Imports(found, tuple(dict.fromkeys(collector.computed)), runs=runs, aliases=names.imported)


def parse(text: str) -> ast.Module | None:
    """The syntax tree; None for what is not this Python's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the user's code, which is not ours to judge
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


class _Collector(ast.NodeVisitor):
    def __init__(self, names: Names) -> None:
        self.found: list[Import] = []
        self.computed: list[int] = []
        self.runs: list[Run] = []
        self._names = names
        self._optional = 0

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            parts = [part for part in (node.module, alias.name if alias.name != "*" else None) if part]
            self._add(".".join(parts), node.lineno, node.level)

    def visit_Call(self, node: ast.Call) -> None:
        if called := call_of(node, self._names):
            self._take(called, node.lineno)
        self.generic_visit(node)

    def _take(self, called: Called, line: int) -> None:
        if called.module is not None:
            name = called.module.lstrip(".")
            self._add(name, line, len(called.module) - len(name))
        elif called.code is not None:
            inner = imports_in(called.code, self._names.imported)
            for one in inner.found:
                self.found.append(replace(one, line=line, optional=one.optional or self._optional > 0))
            self.runs += [replace(run, line=line) for run in inner.runs]
            self.computed += [line for _ in inner.computed]
        elif called.runs:
            self.runs.append(Run(called.file, line))
        else:
            self.computed.append(line)

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for statement in node.orelse:
                self.visit(statement)
        else:
            self.generic_visit(node)

    def visit_Try(self, node: ast.Try) -> None:
        caught = any(handler.type is None or _names(handler.type) & _CATCHING for handler in node.handlers)
        self._optional += caught
        for statement in node.body:
            self.visit(statement)
        for handler in node.handlers:  # the second choice is as good as the first
            self.visit(handler)
        self._optional -= caught
        for statement in (*node.orelse, *node.finalbody):
            self.visit(statement)

    def visit_TryStar(self, node: ast.Try) -> None:  # PEP 654
        self.visit_Try(node)

    def _add(self, name: str, line: int, level: int = 0) -> None:
        self.found.append(Import(name, line, level, self._optional > 0))


def _names(node: ast.expr) -> set[str]:
    items = node.elts if isinstance(node, ast.Tuple) else [node]
    return {ast.unparse(item).rpartition(".")[2] for item in items}


def _loosely(text: str) -> Iterator[Import]:
    """By the look of each line, for what cannot be parsed."""
    for number, line in enumerate(text.splitlines(), 1):
        match = _LOOSE.match(line)
        if match is None:
            continue
        if match["names"]:
            for part in match["names"].split(","):
                if name := part.split(" as ")[0].strip():
                    yield Import(name, number)
            continue
        module = match["module"].lstrip(".")
        for part in match["of"].split(","):
            name = part.split(" as ")[0].strip()
            dotted = ".".join(item for item in (module, name if name != "*" else "") if item)
            yield Import(dotted, number, len(match["module"]) - len(module))
