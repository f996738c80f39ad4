"""What the verbs take: an environment file, a conda YAML, a ``pyproject.toml`` or a requirements file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from amlpriv.actions.finding_sources import Seeker
from amlpriv.actions.siblings import Landscape
from amlpriv.errors import InputError, UsageError
from amlpriv.files import open_binary, read_text
from amlpriv.specs.conda import CondaDependency
from amlpriv.specs.environment import EnvironmentFile, read_specification
from amlpriv.specs.from_requirements import read_requirements_environment
from amlpriv.specs.pyproject import Pyproject, read_pyproject
from amlpriv.specs.pyproject.python import refuse_bad_python
from amlpriv.specs.pyproject.uv_sources import SourceEntry
from amlpriv.specs.toml_positions import read_toml
from amlpriv.target import Target

__all__ = ["Specification", "read_file"]

_REQUIREMENTS = (".txt", ".in")
_LONGEST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Specification:
    """A file that was read, with the texts of all that it names."""

    file: EnvironmentFile
    text: str = field(repr=False)
    texts: dict[str, str] = field(repr=False)
    """The other files, by path."""


def read_file(
    path: Path,
    *,
    name: str | None = None,
    image: str | None = None,
    python: str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Specification:
    """Read a specification of any kind; its file name tells which. ``name``, ``image`` and ``python`` override it.

    Raises InputError with file and line, and UsageError for a name, image or Python that cannot be.
    """
    refuse_bad_python(python)
    texts: dict[str, str] = {}

    def load(relative: str) -> str:
        place = path.parent / relative
        texts[str(place)] = read_text(place)
        return texts[str(place)]

    kind = path.suffix.lower()
    _refuse_lock(path)
    if kind in _REQUIREMENTS:
        result = _requirements(path, texts, {"name": name, "image": image, "python": python})
        text = texts.pop(str(path), "")
    elif kind == ".toml":
        text = read_text(path)
        given = {"name": name, "image": image, "python": python}
        result = read_pyproject(text, str(path), load=load, member=partial(_member, path.parent), **given)
    else:
        text = read_text(path)
        file = read_specification(text, str(path), load=load, name=name, image=image)
        result = Pyproject(_with_python(file, python))
    for note in result.notes:
        say(str(note))
    return Specification(result.environment, text, texts)


def _member(folder: Path, entry: SourceEntry) -> str:
    landscape = Landscape()
    declared = landscape.declared(folder)
    return str(Seeker(landscape, folder, (declared and declared.name) or folder.resolve().name, Target()).member(entry))


def _refuse_lock(path: Path) -> None:
    if path.suffix.lower() == ".lock" or (path.name.startswith("pylock") and path.suffix == ".toml"):
        hint = f'Give the pyproject.toml, with lock = "{path.name}" in its [tool.amlpriv].'
        raise InputError("A lock file alone does not say what an environment is.", file=path, line=1, hint=hint)


def _requirements(path: Path, texts: dict[str, str], given: dict[str, str | None]) -> Pyproject:
    def load(name: str) -> bytes:
        with open_binary(Path(name)) as stream:
            data = stream.read(_LONGEST + 1)
        if len(data) > _LONGEST:
            raise InputError("This file has more than 16 MiB: it is no text that somebody wrote.", file=name)
        texts[name] = data.decode("utf-8", errors="replace")
        return data

    beside = path.with_name("pyproject.toml")
    text = read_text(beside) if beside.is_file() else ""
    settings = (
        (text, str(beside)) if "amlpriv" in text and "amlpriv" in read_toml(text, str(beside)).get("tool", {}) else None
    )
    if settings is not None:
        texts[str(beside)] = text
    return read_requirements_environment(str(path), load=load, beside=settings, **given)


def _with_python(file: EnvironmentFile, python: str | None) -> EnvironmentFile:
    """The file with this Python in its conda part."""
    if python is None:
        return file
    if file.conda is None:
        raise UsageError(
            "The environment has no conda part, so its image decides about Python.", hint="Leave --python out."
        )
    kept = tuple(item for item in file.conda.dependencies if item.name != "python")
    old = file.conda.python_dependency
    new = CondaDependency(f"python={python}", "python", f"={python}", old.position if old else None)
    return replace(file, conda=replace(file.conda, dependencies=(new, *kept)))
