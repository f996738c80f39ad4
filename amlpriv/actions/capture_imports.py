"""The imports of files, folders and notebooks, with those of the local modules that they import."""

from __future__ import annotations

import contextlib
import os
import tokenize
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from amlpriv.errors import InputError
from amlpriv.files import open_binary, read_text
from amlpriv.secret import redact
from amlpriv.specs.captured.imports_of import Import, Run, imports_in
from amlpriv.specs.captured.notebooks import cells_of

__all__ = ["Found", "find_imports"]

_NOT_CODE = {"__pycache__", "node_modules", "site-packages", "build", "dist"}
_MOST_FILES = 20_000
_LARGEST = 16 * 1024 * 1024


@dataclass(slots=True)
class Found:
    """What all of the code imports from outside of itself."""

    names: dict[str, str] = field(default_factory=dict)
    """Dotted name, and the place (``file:line``) that has it first."""
    optional: set[str] = field(default_factory=set)
    """Those without which the code goes on, at each place."""
    notes: list[str] = field(default_factory=list)
    files: int = 0


def find_imports(places: Iterable[Path], *, most: int = _MOST_FILES) -> Found:
    """Read everything; a module that lies beside the code, or in a folder ``src`` below it, is followed, and so is a
    file that the code runs. What cannot be read or followed gets a note.

    Raises InputError for what is missing or no Python code, notebook or folder, and for more than ``most`` files.
    """
    search = _Search(most)
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
    def __init__(self, most: int) -> None:
        self.found = Found()
        self.seen: set[str] = set()
        self.needed: set[str] = set()
        self._most = most

    def read(self, path: Path, roots: tuple[Path, ...], *, asked: bool = False) -> None:
        waiting = [path]
        while waiting:
            file = waiting.pop()
            key = os.path.normcase(os.path.realpath(file))
            if key in self.seen:
                continue
            if len(self.seen) >= self._most:
                hint = "Name the files and folders with your own code."
                raise InputError(f"The code has more than {self._most} files.", file=path, hint=hint)
            self.seen.add(key)
            try:
                for one, place in self._imports(file, asked=asked and file == path):
                    waiting.extend(self._follow(one, place, file, roots))
            except InputError as error:
                if asked and file == path:
                    raise
                self.found.notes.append(f"{' '.join(str(error).split())} Its imports were not seen.")

    def _follow(self, one: Import | Run, place: str, file: Path, roots: tuple[Path, ...]) -> list[Path]:
        """The files to read for it."""
        if isinstance(one, Run):
            target = None if one.path is None else _run_file(one.path, file, roots)
            if target is None:
                what = "a file or code that is computed" if one.path is None else f"{redact(one.path)!r}, not found"
                self.found.notes.append(f"{place} runs {what}; what that imports was not seen.")
            return [] if target is None else [target]
        local = list(_local(one, file, roots))
        if one.level == 0 and not any(local):
            self._note(one, place)
        elif one.level == 0:
            self.found.optional.add(one.name)  # it may be installed as well, and then it is kept
            self.found.names.setdefault(one.name, place)
        return local

    def _note(self, one: Import, place: str) -> None:
        self.found.names.setdefault(one.name, place)
        (self.found.optional if one.optional else self.needed).add(one.name)

    def _imports(self, file: Path, *, asked: bool) -> Iterator[tuple[Import | Run, str]]:
        if file.suffix == ".ipynb":
            aliases: Mapping[str, str] = {}
            for cell in cells_of(read_text(file), str(file)):
                where = f"{file}: cell {cell.number}"
                for line in cell.installs:
                    self.found.notes.append(f"{where} installs packages itself ({redact(line)}): a job has no need to.")
                aliases = yield from self._of_text(cell.code, where, aliases)
        elif file.suffix in (".py", ".pyw", "") or not asked:
            yield from self._of_text(_code(file), str(file), {})
        else:
            raise InputError("This is no Python file, notebook or folder.", file=file)

    def _of_text(
        self, text: str, where: str, aliases: Mapping[str, str]
    ) -> Generator[tuple[Import | Run, str], None, Mapping[str, str]]:
        imports = imports_in(text, aliases)
        if imports.broken:
            self.found.notes.append(f"{where} cannot be parsed; its imports were told by the look of its lines.")
        for line in imports.computed:
            self.found.notes.append(f"{where}: line {line} imports a module whose name is computed; it was not seen.")
        everything: tuple[Import | Run, ...] = (*imports.found, *imports.runs)
        for one in everything:
            yield one, f"{where}:{one.line}" if ": cell" not in where else where
        return imports.aliases


def _code(file: Path) -> str:
    """The text of a Python file in the encoding that it says (PEP 263), else UTF-8."""
    with open_binary(file) as stream, contextlib.suppress(SyntaxError, LookupError, ValueError, OSError):
        encoding, _ = tokenize.detect_encoding(lambda: stream.readline(_LARGEST))
        if encoding not in ("utf-8", "utf-8-sig"):
            stream.seek(0)
            if len(data := stream.read(_LARGEST + 1)) <= _LARGEST:
                return data.decode(encoding)
    return read_text(file)


def _run_file(text: str, file: Path, roots: tuple[Path, ...]) -> Path | None:
    """A file that is run: beside the one that runs it, or where the code begins. ``%run`` adds a missing ``.py``, and
    ``run_path`` takes a folder with a ``__main__``."""
    try:
        name = Path(text).expanduser()
        for place in (folder / name for folder in (file.parent, *roots)):
            for path in (place, place.with_name(f"{place.name}.py"), place / "__main__.py"):
                if path.is_file():
                    return path
    except (OSError, RuntimeError, ValueError):  # no path at all, or nobody's home
        pass
    return None


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
