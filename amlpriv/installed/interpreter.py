"""Ask an interpreter, this one or another, what it has installed."""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from amlpriv.errors import BuildError, InputError, UsageError
from amlpriv.installed.script import SECONDS, look
from amlpriv.processes import run

__all__ = ["active_python", "interpreter_at", "look_here", "look_into"]

_MODULES = ("metadata", "changes", "conda_records", "editables", "script")
"""In the order in which they import each other."""

_LIMIT = 120.0
_MARK = "AMLPRIV"
_LINE = 4000

# The answer goes in hexadecimal: what tools print is redacted line by line, and an address without its user is
# another one. Nothing is written to a disk.
_FRAME = """\
import sys
if sys.version_info < (3, 8):
    sys.stdout.write("%(mark)sOLD %%d.%%d\\n" %% sys.version_info[:2])
    sys.exit(0)
import json, types, zlib
for name, text in json.loads(%(sources)r):
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(text, name, "exec"), module.__dict__)
data = zlib.compress(json.dumps(sys.modules["amlpriv.installed.script"].look(%(seconds)r)).encode()).hex()
for at in range(0, len(data), %(line)d):
    sys.stdout.write("%(mark)s" + data[at : at + %(line)d] + "\\n")
"""


def look_here(*, seconds: float = SECONDS) -> dict[str, Any]:
    """What the running interpreter has installed, as ``amlpriv.specs.captured.installed`` reads it.

    ``seconds`` is for reading files again that were hardly changed: they are older than their RECORD.
    """
    return look(seconds)


def look_into(python: Path, environ: Mapping[str, str], *, seconds: float = SECONDS) -> dict[str, Any]:
    """The same of another interpreter, Python 3.8 or newer, which runs for it; nothing is written.

    Raises UsageError for a Python that is too old, and BuildError when it does not run or does not answer.
    """
    received: list[str] = []

    def take(line: str) -> None:
        if line.startswith(_MARK):
            received.append(line[len(_MARK) :].strip())

    # Isolated: the current folder and PYTHONPATH are not what is installed. The text comes on standard input, because
    # Windows has a limit for arguments.
    done = run([python, "-I", "-"], env=environ, timeout=_LIMIT, stdin=_script(seconds), on_line=take)
    if received and received[0].startswith("OLD"):
        raise UsageError(f"{python} is Python {received[0][3:].strip()}: 3.8 is the oldest that can be captured.")
    try:
        answer = json.loads(zlib.decompress(bytes.fromhex("".join(received))))
    except (ValueError, zlib.error):
        answer = None
    if not done.succeeded or not isinstance(answer, dict):
        words = " ".join(line for line in done.tail if not line.startswith(_MARK))[-300:]
        raise BuildError(
            f"{python} did not say what it has installed{': ' if words else '.'}{words}",
            hint="Is it a Python 3.8 or newer? Name another one with --python.",
        )
    return answer


def active_python(environ: Mapping[str, str]) -> Path:
    """The interpreter that ``python`` means in this shell: an activated venv, conda environment, else PATH.

    Raises UsageError when there is none.
    """
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        folder = environ.get(variable)
        if folder and (found := _inside(Path(folder))):
            return found
    for name in ("python", "python3"):
        if on_path := shutil.which(name, path=environ.get("PATH", os.defpath)):
            return Path(on_path)
    raise UsageError("There is no python on PATH.", hint="Activate an environment, or name one: --python PATH.")


def interpreter_at(place: Path) -> Path:
    """The interpreter at a path, or in an environment's folder; a name alone is looked for on PATH when it is run.

    Raises UsageError for a folder without one, and for a path at which nothing is.
    """
    if len(place.parts) > 1 and not place.exists():
        raise UsageError(f"There is nothing at {place}.", hint="Name an environment's folder, or a python.")
    if not place.is_dir():
        return place
    if found := _inside(place):
        return found
    raise UsageError(f"There is no Python in the folder {place}.", hint="Name an environment's folder, or a python.")


def _inside(folder: Path) -> Path | None:
    names = ("Scripts/python.exe", "python.exe") if os.name == "nt" else ("bin/python", "bin/python3")
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _script(seconds: float) -> bytes:
    folder = files("amlpriv.installed")
    try:
        texts = [(f"amlpriv.installed.{name}", folder.joinpath(f"{name}.py").read_text("utf-8")) for name in _MODULES]
    except OSError as error:
        raise InputError(f"amlpriv's own files cannot be read: {error.strerror}.", file=error.filename) from error
    frame = _FRAME % {"mark": _MARK, "sources": json.dumps(texts), "line": _LINE, "seconds": seconds}
    return frame.encode("ascii")
