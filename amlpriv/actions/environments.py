"""environments: where Azure ML documents name or define an environment, and another reference in its place."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from amlpriv.errors import InputError, UsageError
from amlpriv.files import open_binary, read_text, write_bytes
from amlpriv.specs.documents import Document, DocumentKind, EnvironmentUse, read_document
from amlpriv.specs.references import ReferenceKind, parse_environment_reference
from amlpriv.specs.rewriting import replace_environments

__all__ = ["FoundEnvironment", "find_environments", "set_environments"]

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class FoundEnvironment:
    """One environment of a document."""

    document: DocumentKind
    use: EnvironmentUse

    @property
    def path(self) -> str:
        """The keys that lead to it, joined by dots; empty for a document that is an environment itself."""
        return ".".join(map(str, self.use.path))

    @property
    def text(self) -> str:
        """The reference as written; ``(inline)`` for one that is defined on the spot."""
        return self.use.reference.text.strip() if self.use.reference else "(inline)"

    def as_json(self) -> dict[str, object]:
        """One object of what ``environments --json`` prints."""
        place, reference = self.use.position, self.use.reference
        return {
            "file": place.file if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
            "document": self.document.value,
            "path": self.path,
            "kind": reference.kind.value if reference else "inline",
            "reference": reference.text.strip() if reference else None,
            "name": reference.name if reference else None,
            "version": reference.version if reference else None,
            "label": reference.label if reference else None,
        }


def find_environments(files: Iterable[str | os.PathLike[str]]) -> tuple[FoundEnvironment, ...]:
    """The environments in Azure ML YAML files, and in the components, trials and jobs beside them that they refer to.

    Raises InputError with file and line for what cannot be read, a file that is referred to and missing included.
    """
    seen: set[Path] = set()
    return tuple(found for file in files for found in _find(Path(file), seen))


def set_environments(
    files: Iterable[str | os.PathLike[str]], reference: str, *, at: Iterable[str] = ()
) -> dict[Path, int]:
    """Put a reference (``azureml:name:version``) where the documents' environments stand; how many were replaced, by
    file. All files are read before the first is written: after an error none has changed.

    ``at`` are key paths such as ``jobs.train.environment``; without one all of each file are replaced. Nothing else in
    a file changes. Raises UsageError for a text that is no reference, InputError for a path that leads to none.
    """
    kind = parse_environment_reference(reference).kind
    if kind in (ReferenceKind.UNKNOWN, ReferenceKind.FILE):
        raise UsageError(f"{reference!r} is no reference.", hint="Write azureml:name:version or azureml:name@latest.")
    places = tuple(at)
    changed = {path: _replaced(path, reference, places) for path in dict.fromkeys(map(Path, files))}
    for path, (before, after, _) in changed.items():
        if after != before:
            write_bytes(path, after)
    return {path: count for path, (_, _, count) in changed.items()}


def _replaced(path: Path, reference: str, at: tuple[str, ...]) -> tuple[bytes, bytes, int]:
    """The file's bytes before and after, and the number of references between them."""
    with open_binary(path) as stream:
        mark = _BOM if stream.read(len(_BOM)) == _BOM else b""
    text = read_text(path)
    uses = {".".join(map(str, use.path)): use.path for use in read_document(text, str(path)).environments if use.path}
    wanted = at or tuple(uses)
    for name in wanted:
        if name not in uses:
            known = ", ".join(uses) or "none"
            raise InputError(f"No environment stands at {name}.", file=path, hint=f"Environments stand at: {known}.")
    new = replace_environments(text, {uses[name]: reference for name in wanted}, str(path))
    return mark + text.encode("utf-8"), mark + new.encode("utf-8"), len(wanted)


def _find(path: Path, seen: set[Path]) -> Iterator[FoundEnvironment]:
    real = path.resolve()
    if real in seen:
        return
    seen.add(real)
    document: Document = read_document(read_text(path), str(path))
    for use in document.environments:
        yield FoundEnvironment(document.kind, use)
    for reference in document.files:
        place = reference.position
        try:
            yield from _find(path.parent / reference.file, seen)
        except InputError as error:
            if error.line is not None or place is None:
                raise
            raise InputError(error.message, file=path, line=place.line, column=place.column, hint=error.hint) from None
