"""The imports of files, folders and notebooks, with those of the local modules that they import."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from amlpriv.errors import InputError
from amlpriv.files import read_text
from amlpriv.secret import redact
from amlpriv.specs.captured.imports_of import Import, imports_in
from amlpriv.specs.captured.notebooks import cells_of

__all__ = ["Found", "find_imports"]

_NOT_CODE = {"__pycache__", "node_modules", "site-packages", "build", "dist"}
_MOST_FILES = 5000


@dataclass(slots=True)
class Found:
    """What all of the code imports from outside of itself."""

    names: dict[str, str] = field(default_factory=dict)
    """Dotted name, and the place (``file:line``) that has it first."""
    optional: set[str] = field(default_factory=set)
    """Those without which the code goes on, at each place."""
    notes: list[str] = field(default_factory=list)
    files: int = 0


def find_imports(places: Iterable[Path]) -> Found:
    """Read everything; a module that lies beside the code, or in a folder ``src`` below it, is followed.

    Raises InputError for what is missing or no Python code, notebook or folder.
    """
    search = _Search()
    for place in places:
        if place.is_dir():
            roots = (place, place / "src")
            for path in _below(place):
                search.read(path, roots)
        else:
            search.read(place, (place.parent, place.parent / "src"), asked=True)
    found = search.found
    found.files = len(search.seen)
    found.optional -= search.needed
    return found


class _Search:
    def __init__(self) -> None:
        self.found = Found()
        self.seen: set[str] = set()
        self.needed: set[str] = set()

    def read(self, path: Path, roots: tuple[Path, ...], *, asked: bool = False) -> None:
        waiting = [path]
        while waiting:
            file = waiting.pop()
            key = os.path.normcase(os.path.realpath(file))
            if key in self.seen or len(self.seen) >= _MOST_FILES:
                continue
            self.seen.add(key)
            for one, place in self._imports(file, asked=asked and file == path):
                local = list(_local(one, file, roots))
                waiting.extend(local)
                if one.level == 0 and not any(local):
                    self._note(one, place)
                elif one.level == 0:
                    self.found.optional.add(one.name)  # it may be installed as well, and then it is kept
                    self.found.names.setdefault(one.name, place)

    def _note(self, one: Import, place: str) -> None:
        self.found.names.setdefault(one.name, place)
        (self.found.optional if one.optional else self.needed).add(one.name)

    def _imports(self, file: Path, *, asked: bool) -> Iterator[tuple[Import, str]]:
        if file.suffix == ".ipynb":
            for cell in cells_of(read_text(file), str(file)):
                where = f"{file}: cell {cell.number}"
                for line in cell.installs:
                    self.found.notes.append(f"{where} installs packages itself ({redact(line)}): a job has no need to.")
                yield from self._of_text(cell.code, where)
        elif file.suffix in (".py", ".pyw", "") or not asked:
            yield from self._of_text(read_text(file), str(file))
        else:
            raise InputError("This is no Python file, notebook or folder.", file=file)

    def _of_text(self, text: str, where: str) -> Iterator[tuple[Import, str]]:
        imports = imports_in(text)
        if imports.broken:
            self.found.notes.append(f"{where} cannot be parsed; its imports were told by the look of its lines.")
        for line in imports.computed:
            self.found.notes.append(f"{where}: line {line} imports a module whose name is computed; it was not seen.")
        for one in imports.found:
            yield one, f"{where}:{one.line}" if ": cell" not in where else where


def _local(one: Import, file: Path, roots: tuple[Path, ...]) -> Iterator[Path]:
    """The files of the local modules that an import reads."""
    if one.level:
        base = file.parent
        for _ in range(one.level - 1):
            base = base.parent
        yield from _files(base, one.name.split(".") if one.name else [])
        return
    for root in roots:
        parts = one.name.split(".")
        if (root / parts[0]).with_suffix(".py").is_file() or _is_package(root / parts[0]):
            yield from _files(root, parts)
            return


def _is_package(folder: Path) -> bool:
    """With an ``__init__``, or a namespace package that has code at its top."""
    return folder.is_dir() and ((folder / "__init__.py").is_file() or any(folder.glob("*.py")))


def _files(base: Path, parts: list[str]) -> Iterator[Path]:
    place = base
    for part in parts:
        place = place / part
        for file in (place.with_name(f"{part}.py"), place / "__init__.py"):
            if file.is_file():
                yield file


def _below(folder: Path) -> Iterator[Path]:
    """The code in a folder; not virtual environments, hidden folders and what is built."""
    for top, folders, files in os.walk(folder):
        kept = [name for name in folders if not name.startswith(".") and name not in _NOT_CODE]
        folders[:] = sorted(name for name in kept if not Path(top, name, "pyvenv.cfg").exists())
        yield from (Path(top, name) for name in sorted(files) if name.endswith((".py", ".ipynb")))
