"""What Python code imports, told from its text alone."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Import", "Imports", "imports_in", "parse"]

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
class Imports:
    """The imports of one text."""

    found: tuple[Import, ...]
    computed: tuple[int, ...] = ()
    """Lines that import a module whose name is computed."""
    broken: bool = False
    """It is not Python, or of a newer version; it was read line by line."""


def imports_in(text: str) -> Imports:
    """All imports, wherever they stand; not those for type checkers alone. Names given to ``import_module`` and
    ``__import__`` as constants count. Never raises."""
    tree = parse(text)
    if tree is None:
        return Imports(tuple(_loosely(text)), broken=True)
    collector = _Collector()
    collector.visit(tree)
    return Imports(tuple(dict.fromkeys(collector.found)), tuple(collector.computed))


def parse(text: str) -> ast.Module | None:
    """The syntax tree; None for what is not this Python's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the user's code, which is not ours to judge
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


class _Collector(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found: list[Import] = []
        self.computed: list[int] = []
        self._optional = 0

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            parts = [part for part in (node.module, alias.name if alias.name != "*" else None) if part]
            self._add(".".join(parts), node.lineno, node.level)

    def visit_Call(self, node: ast.Call) -> None:
        if ast.unparse(node.func) in ("importlib.import_module", "import_module", "__import__") and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                name = first.value.lstrip(".")
                if name:
                    self._add(name, node.lineno, len(first.value) - len(name))
            else:
                self.computed.append(node.lineno)
        self.generic_visit(node)

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
