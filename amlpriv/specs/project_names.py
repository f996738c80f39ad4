"""The name of a project, from the files that say it; nothing is run."""

from __future__ import annotations

import ast
import configparser

from packaging.utils import canonicalize_name

from amlpriv.errors import InputError
from amlpriv.specs.toml_positions import read_toml

__all__ = ["NAMING_FILES", "project_name"]

NAMING_FILES = ("pyproject.toml", "setup.cfg", "setup.py")
"""Where a name can stand, the one that counts most first."""


def project_name(file: str, text: str) -> str | None:
    """The normalised name that one of ``NAMING_FILES`` says; None when it says none or cannot be read."""
    name = {"pyproject.toml": _pyproject, "setup.cfg": _setup_cfg, "setup.py": _setup_py}[file](text)
    return str(canonicalize_name(name)) if isinstance(name, str) and name.strip() else None


def _pyproject(text: str) -> object:
    try:
        data = read_toml(text.removeprefix("\ufeff"))
    except InputError:
        return None
    for path in (("project",), ("tool", "poetry"), ("tool", "flit", "metadata")):
        table: object = data
        for key in path:
            table = table.get(key) if isinstance(table, dict) else None
        name = (table.get("name") or table.get("dist-name")) if isinstance(table, dict) else None
        if name:
            return name
    return None


def _setup_cfg(text: str) -> str | None:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    return parser.get("metadata", "name", fallback=None)


def _setup_py(text: str) -> object:
    """The literal behind ``name=`` in a call of ``setup``."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    finder = _Setup()
    finder.visit(tree)
    return finder.name


class _Setup(ast.NodeVisitor):
    name: object = None

    def visit_Call(self, node: ast.Call) -> None:
        if getattr(node.func, "id", getattr(node.func, "attr", None)) == "setup":
            for keyword in node.keywords:
                if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                    self.name = keyword.value.value
        self.generic_visit(node)
