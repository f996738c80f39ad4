"""wheel inspect: verify a wheel and say what it is."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from amlpriv.errors import InputError, WheelError
from amlpriv.files import open_binary
from amlpriv.wheels.filename import parse_filename
from amlpriv.wheels.read import read_wheel
from amlpriv.wheels.wheel import Wheel

__all__ = ["inspect_wheel", "wheel_as_json", "wheel_filename"]


def inspect_wheel(file: str | os.PathLike[str]) -> Wheel:
    """Read and verify a wheel file. Raises WheelError, or InputError for what is no file."""
    path = Path(file)
    if path.is_dir():
        raise InputError("This is a folder, not a wheel.", file=path, hint="Build the wheel first: uv build --wheel.")
    with open_binary(path) as stream:
        return read_wheel(wheel_filename(path), stream)


def wheel_filename(path: Path) -> str:
    """What the wheel is called: its own name, or of a link such as ``latest.whl`` the name of the file it leads to."""
    with contextlib.suppress(WheelError):
        parse_filename(path.name)
        return path.name
    with contextlib.suppress(OSError, RuntimeError, ValueError, WheelError):
        resolved = path.resolve().name if path.is_symlink() else path.name
        parse_filename(resolved)
        return resolved
    return path.name


def wheel_as_json(wheel: Wheel) -> dict[str, object]:
    """The object that ``wheel inspect --json`` prints."""
    return {
        "filename": wheel.filename,
        "name": wheel.name,
        "display_name": wheel.display_name,
        "version": str(wheel.version),
        "tags": sorted(map(str, wheel.tags)),
        "requires_python": str(wheel.requires_python) if wheel.requires_python is not None else None,
        "requires_dist": [str(item) for item in wheel.requires_dist],
        "provides_extra": list(wheel.provides_extra),
        "import_names": list(wheel.import_names),
        "size": wheel.size,
        "sha256": wheel.sha256,
        "content_hash": wheel.content_hash,
        "notes": [*wheel.tag_notes, *wheel.metadata_notes],
    }
