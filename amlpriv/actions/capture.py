"""capture: a running interpreter as an environment file."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amlpriv.errors import ConflictError, InputError
from amlpriv.facts.images import DEFAULT_IMAGE
from amlpriv.files import write_text
from amlpriv.findings import Report
from amlpriv.installed.interpreter import look_here, look_into
from amlpriv.specs.captured.composing import Composed, Modified, compose
from amlpriv.specs.captured.installed import Installed, read_installed
from amlpriv.specs.captured.leaving import LeftOut
from amlpriv.specs.environment import EnvironmentFile, parse_environment_file, refuse_bad_name

__all__ = ["Captured", "capture"]

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
    """The folder that the paths in the file are relative to."""

    def write(self, path: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Write the file, over an existing one only with ``force``. Paths in it are relative to ``folder``.

        Raises ConflictError when it exists, and InputError when it cannot be written.
        """
        target = Path(path)
        if target.exists() and not force:
            hint = "Name another one, or write over it with --force (in Python: force=True)."
            raise ConflictError(f"{target} exists already.", hint=hint)
        write_text(target, self.text)
        return target

    def as_json(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        return {
            "name": self.file.name,
            "python": self.python,
            "text": self.text,
            "out": str(self.out) if self.out is not None else None,
            "left_out": [{"name": one.name, "version": one.version, "reason": one.reason} for one in self.left_out],
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
        errors = f", {len(self.report.errors)} of them errors" if self.report.errors else ""
        return (
            f"{self.text}\n# {len(self.left_out)} packages left out, {len(self.report)} findings{errors}:"
            " see .left_out, .report and .notes; .write('environment.yml') writes the file"
        )


def capture(
    *,
    name: str | None = None,
    out: str | os.PathLike[str] | None = None,
    image: str | None = None,
    python: str | os.PathLike[str] | None = None,
    every: bool = False,
    force: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Captured:
    """Turn an interpreter into an environment file: this one (a notebook's kernel), or the one at ``python``.

    The file names, with exact versions, what somebody asked for or nothing else brings along; what those packages
    require is resolved anew for the image, because the exact closure of one platform does not install on another. For
    a file that never moves, run ``amlpriv lock`` on it; ``every`` names the whole closure as it is here instead.
    Packages that did not come from an index get a source: folder, wheel, repository at its commit, or address with
    hash. Without ``name`` it is called after its virtual environment's folder, without ``image`` it gets Azure ML's
    newest CPU image. ``out`` is written, never over an existing file without ``force``.

    Findings of severity error (``report.errors``) name packages whose source could not be told; the rest of the file
    is usable. Raises UsageError, InputError, BuildError when the interpreter does not answer, and ConflictError.
    """
    surroundings = os.environ if environ is None else environ
    refuse_bad_name(name)
    target = None if out is None else Path(out)
    if target is not None and target.exists() and not force:
        raise ConflictError(f"{target} exists already.", hint="Name another one, or give --force (force=True).")
    folder = (Path.cwd() if target is None else target.parent).resolve()
    installed = read_installed(look_here() if python is None else look_into(Path(python), surroundings))
    composed = compose(
        installed,
        name=name or _name_of(installed),
        image=image or DEFAULT_IMAGE,
        every=every,
        shown_path=lambda path: _shown(path, folder),
    )
    captured = _captured(composed, installed, folder, target)
    if target is not None:
        captured.write(target, force=force)
    return captured


def _captured(composed: Composed, installed: Installed, folder: Path, out: Path | None) -> Captured:
    return Captured(
        text=composed.text,
        file=parse_environment_file(composed.text, str(out or folder / "environment.yml"), load=_nothing),
        python=installed.executable,
        left_out=composed.left_out,
        modified=composed.modified,
        notes=composed.notes,
        report=Report.of(composed.findings),
        out=out,
        folder=folder,
    )


def _nothing(path: str) -> str:
    raise InputError("A captured file names no other file.", file=path)


def _name_of(installed: Installed) -> str:
    """After the environment's folder; one that says nothing (``.venv``) gives way to the folder around it."""
    folder = Path(installed.prefix)
    named = folder.parent if folder.name.lower() in (".venv", "venv", "env", ".env") else folder
    text = re.sub(r"[^A-Za-z0-9._-]+", "-", named.name).strip("-.").lower()
    return "environment" if not text or text.startswith(("azureml", "microsoft")) else text[:255]


def _shown(path: str, folder: Path) -> str:
    """A path as the file has it: relative to the file's folder, with '/', where it is near."""
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
