"""A program that stands in for a container tool: it keeps what it is told, and answers as it is set up.

The folder STAND_IN has ``answers.json`` (by verb: exit code and words) and ``wheels.json`` (the names of the wheels
that a build gives; their content may lie beside it). What it was told goes to ``calls.jsonl``, the script of a build to
``script.sh``, and what is copied in to ``inside``.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path


def _main() -> int:
    state, arguments = Path(os.environ["STAND_IN"]), sys.argv[1:]
    with (state / "calls.jsonl").open("a", encoding="utf-8") as calls:
        calls.write(json.dumps(arguments) + "\n")
    verb = arguments[0]
    if verb in ("start", "run"):
        (state / "script.sh").write_bytes(sys.stdin.buffer.read())
    answers = json.loads((state / "answers.json").read_text("utf-8"))
    code, words = answers.get(verb, (0, "well"))
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()
    if code == 0 and verb in ("cp", "copy"):
        _copy(state, arguments)
    if code == 0 and verb == "run":
        volume = arguments[arguments.index("--volume") + 1]
        _give(state, Path(volume.rpartition(":")[0]))
    return int(code)


def _copy(state: Path, arguments: list[str]) -> None:
    if arguments[0] == "copy":
        shutil.copytree(arguments[-2], state / "inside" / "amlpriv", dirs_exist_ok=True)
    elif arguments[1].endswith(":/amlpriv/out"):
        _give(state, Path(arguments[2]) / "out")
    else:
        shutil.copytree(arguments[1], state / "inside" / Path(arguments[1]).name, dirs_exist_ok=True)


def _give(state: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in json.loads((state / "wheels.json").read_text("utf-8")):
        real = state / name
        (folder / name).write_bytes(real.read_bytes() if real.exists() else b"a wheel")


if __name__ == "__main__":
    sys.exit(_main())
