"""capture: a running interpreter as an environment file.

The file names, with exact versions, what somebody asked for or nothing else brings along. What those packages require
is resolved anew for the image, because the exact closure of one platform does not install on another; for a file that
never moves there is ``amlpriv lock``, and ``every`` (``--all``) names the whole closure as it is here. What a package
imports by itself when it is there (pandas: pyarrow) cannot be seen in the code, and is for ``keep``. A private package
from an index looks like a public one: ``ask_index`` asks the default index about each name without a sign of having
been published.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from packaging.utils import canonicalize_name

from amlpriv.actions.capture_imports import Found, find_imports
from amlpriv.actions.capture_index import not_on_index
from amlpriv.actions.capture_projects import with_projects
from amlpriv.errors import ConflictError, InputError, UsageError
from amlpriv.facts.images import DEFAULT_IMAGE
from amlpriv.files import write_text
from amlpriv.findings import Finding, Report, Severity
from amlpriv.installed.interpreter import interpreter_at, look_here, look_into
from amlpriv.secret import redact
from amlpriv.specs.captured.composing import Modified, Wish, compose
from amlpriv.specs.captured.installed import Installed, read_installed
from amlpriv.specs.captured.leaving import LeftOut
from amlpriv.specs.captured.providing import Provided, provide
from amlpriv.specs.environment import EnvironmentFile, parse_environment_file, refuse_bad_name
from amlpriv.specs.fields import name_complaint
from amlpriv.specs.image_names import IMAGE_HINT, image_complaint
from amlpriv.specs.problems import closest, did_you_mean

__all__ = ["Captured", "capture", "shown_path"]

Places: TypeAlias = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]

_FAR = 4
"""How many folders up a path may lead before it is written from the root."""


@dataclass(frozen=True, slots=True)
class Captured:
    """An interpreter as an environment file."""

    text: str = field(repr=False)
    """The file."""
    file: EnvironmentFile = field(repr=False)
    """What it says."""
    python: str
    """The path of the interpreter."""
    left_out: tuple[LeftOut, ...]
    modified: tuple[Modified, ...]
    """What was changed after it was installed: the environment gets the original."""
    notes: tuple[str, ...]
    report: Report
    out: Path | None = None
    """Where it was written."""
    folder: Path = field(default_factory=Path.cwd)
    """The folder that the paths in ``text`` are relative to."""
    text_for: Callable[[Path], str] | None = field(default=None, repr=False, compare=False)
    """The text with paths relative to another folder."""

    def write(self, path: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Write the file, over an existing one only with ``force``. Paths in it are relative to its own folder.

        Raises ConflictError when it exists, and InputError when it cannot be written.
        """
        target = Path(path)
        _refuse_existing(target, force)
        folder = target.parent.resolve()
        write_text(target, self.text if folder == self.folder or self.text_for is None else self.text_for(folder))
        return target

    def as_json(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        return {
            "name": self.file.name,
            "python": self.python,
            "text": self.text,
            "out": str(self.out) if self.out is not None else None,
            "left_out": [
                {"name": one.name, "version": one.version, "reason": one.reason, "dependency": one.dependency}
                for one in self.left_out
            ],
            "modified": [
                {"name": one.name, "version": one.version, "files": [list(file) for file in one.files]}
                for one in self.modified
            ],
            "notes": list(self.notes),
            "findings": [finding.as_json() for finding in self.report],
        }

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        said = [*map(str, self.report), *(f"note: {note}" for note in self.notes)]
        end = f"{len(self.left_out)} packages left out (.left_out); .write('environment.yml') writes the file"
        return redact("\n".join([self.text, *(f"# {line}" for line in (*said, end))]))


def capture(
    *,
    name: str | None = None,
    out: str | os.PathLike[str] | None = None,
    image: str | None = None,
    python: str | os.PathLike[str] | None = None,
    only_imported: Places = (),
    keep: Sequence[str] = (),
    every: bool = False,
    ask_index: bool = False,
    force: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Captured:
    """Turn an interpreter into an environment file: this one (a notebook's kernel), or the one at ``python`` (its
    path, or its environment's folder).

    ``name`` is its virtual environment's folder by default, ``image`` Azure ML's newest CPU image. ``only_imported``
    (Python files, notebooks, folders) names what that code imports and no more, but for ``keep``; ``every`` names the
    whole closure. See the module for what is named and why. ``out`` is written, over a file only with ``force``.

    Findings of severity error (``report.errors``) are packages whose source could not be told; the rest is usable.
    Raises UsageError, InputError, BuildError when the interpreter does not answer, and ConflictError.
    """
    surroundings = os.environ if environ is None else environ
    refuse_bad_name(name)
    if image is not None and (complaint := image_complaint(image)):
        raise UsageError(f"{image!r} is no image: {complaint}.", hint=IMAGE_HINT)
    target = None if out is None else Path(out)
    if target is not None:
        _refuse_existing(target, force)
    places = _places(only_imported)
    found = find_imports(places) if places else None
    said = look_here() if python is None else look_into(interpreter_at(Path(python)), surroundings)
    installed = with_projects(read_installed(said))
    wish = Wish(name or _name_of(installed), image or DEFAULT_IMAGE, every=every, asked=_asked(keep, installed))
    captured = _compose(installed, found, wish, target, surroundings if ask_index else None)
    if target is not None:
        captured.write(target, force=force)
    return captured


def _compose(
    installed: Installed,
    found: Found | None,
    wish: Wish,
    out: Path | None,
    environ: Mapping[str, str] | None,
) -> Captured:
    """``environ`` is what to ask the default index with; None: not to be asked."""
    folder = (Path.cwd() if out is None else out.parent).resolve()
    provided = None if found is None else provide(found.names, installed)
    if provided is not None:
        wish = replace(wish, imported=provided.distributions, imported_conda=provided.conda)
    composed = compose(installed, wish, partial(shown_path, folder=folder))
    notes = [] if found is None else found.notes
    if environ is not None:
        missing, unasked = not_on_index(composed.suspicious, environ)
        notes, wish = [*notes, *unasked], replace(wish, known_private=missing)
        composed = compose(installed, wish, partial(shown_path, folder=folder))
    elif composed.suspicious:
        notes = [*notes, f"{SUSPICIOUS}{', '.join(composed.suspicious)}."]
    unknown = () if found is None or provided is None else tuple(_missing(found, provided))
    return Captured(
        text=composed.text,
        file=parse_environment_file(composed.text, str(out or folder / "environment.yml"), load=_nothing),
        python=installed.executable,
        left_out=composed.left_out,
        modified=composed.modified,
        notes=tuple(dict.fromkeys((*composed.notes, *notes))),
        report=Report.of((*composed.findings, *unknown)),
        out=out,
        folder=folder,
        text_for=lambda place: compose(installed, wish, partial(shown_path, folder=place)).text,
    )


SUSPICIOUS = (
    "These came from an index and nothing tells whether it is a public one; --ask-index (ask_index=True) asks the"
    " default index about them, by name: "
)


def _places(given: Places) -> tuple[Path, ...]:
    several = (given,) if isinstance(given, str | os.PathLike) else tuple(given)
    if "" in several:
        raise UsageError(
            "The name of the code is empty.", hint="Name a Python file, notebook or folder; '.' is this one."
        )
    return tuple(Path(place) for place in several)


def _asked(names: Sequence[str], installed: Installed) -> frozenset[str]:
    known = {*installed.distributions, *(installed.conda or {})}
    asked = {str(canonicalize_name(name)) if name not in known else name for name in names}
    for name in sorted(asked - known):
        hint = did_you_mean(name, known) if closest(name, known) else "Install it first."
        raise UsageError(f"{name!r} is to be kept, and it is not installed.", hint=hint)
    return frozenset(asked)


def _missing(found: Found, provided: Provided) -> Iterator[Finding]:
    for name in sorted(provided.missing - found.optional):
        message = f"{found.names[name]}: nothing that is installed provides {name!r}."
        yield Finding(
            "AP705", Severity.WARNING, name, message, "Install its package and capture again, or put it into the file."
        )


def _refuse_existing(target: Path, force: bool) -> None:
    if target.exists() and not force:
        hint = "Name another one, or write over it with --force (in Python: force=True)."
        raise ConflictError(f"{target} exists already.", hint=hint)


def _nothing(path: str) -> str:
    raise InputError("A captured file names no other file.", file=path)


def _name_of(installed: Installed) -> str:
    """After the environment's folder; one that says nothing (``.venv``) gives way to the folder around it, and that of
    a whole Python (``usr``, ``3.11.7``, ``miniconda3``) to no name in particular."""
    folder = Path(installed.prefix)
    named = folder.parent if folder.name.lower() in (".venv", "venv", "env", ".env") else folder
    text = re.sub(r"[^A-Za-z0-9._-]+", "-", named.name).strip("-.").lower()
    is_whole = re.fullmatch(
        r"|[\d.]+|usr|local|opt|(?:ana|mini)conda\d*|(?:mini|mamba)forge\d*|c?python[\d.-]*.*", text
    )
    return "environment" if is_whole or name_complaint(text) else text


def shown_path(path: str, folder: Path) -> str:
    """A path as a file in ``folder`` has it: relative to the file's folder, with '/', where it is near."""
    place = Path(os.path.realpath(path))
    try:
        relative = Path(os.path.relpath(place, os.path.realpath(folder)))
    except ValueError:  # another drive
        return place.as_posix()
    up: Sequence[str] = [part for part in relative.parts if part == ".."]
    if len(up) > _FAR or len(up) >= len(folder.parts) - 1:
        return place.as_posix()
    text = relative.as_posix()
    return text if text.startswith("..") else f"./{text}" if text != "." else "."
