"""Import packages with an environment's own Python: the proof that an environment works."""

from __future__ import annotations

import json
import secrets as random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from amlpriv.errors import BuildError
from amlpriv.processes import run
from amlpriv.secret import Secret

__all__ = ["import_packages"]

_LIMIT = 600.0

# Runs under any Python 3.7 or later. A package may print, exit or crash: every answer is a line that begins with a
# word that it cannot know, and what is being tried is said first.
_SCRIPT = """
import importlib, importlib.metadata, json, sys, traceback
asked = json.load(sys.stdin)
def say(**answer):
    print("\\n" + asked["word"] + json.dumps(answer), flush=True)
for package, names in asked["imports"].items():
    say(trying=package)
    try:
        version = importlib.metadata.version(package)
        for name in names:
            importlib.import_module(name)
        say(package=package, version=version)
    except importlib.metadata.PackageNotFoundError:
        say(package=package, error="it is not installed", lines=[])
    except BaseException as error:
        lines = traceback.format_exc().strip().splitlines()
        say(package=package, error=type(error).__name__ + ": " + str(error), lines=lines[-8:])
"""


def import_packages(
    python: Path,
    imports: Mapping[str, tuple[str, ...]],
    *,
    env: Mapping[str, str],
    cwd: Path,
    on_line: Callable[[str], None] | None = None,
    secrets: Sequence[Secret] = (),
) -> dict[str, str]:
    """Import every package's names in a process of their own (``-I``); the installed versions.

    Raises BuildError that names every package that is not installed or does not import, with its last words.
    """
    if not imports:
        return {}
    word = f"AMLPRIV-{random.token_hex(8)} "
    answers: list[dict[str, str]] = []
    problems: dict[str, list[str]] = {}

    def listen(line: str) -> None:
        if line.startswith(word):
            answer = json.loads(line.removeprefix(word))
            problems.update({answer["package"]: answer["lines"]} if "error" in answer else {})
            answers.append(answer)
        elif line and on_line is not None:
            on_line(line)

    question = json.dumps({"word": word, "imports": {name: list(names) for name, names in imports.items()}})
    completed = run(
        [python, "-I", "-c", _SCRIPT],
        cwd=cwd,
        env=env,
        timeout=_LIMIT,
        on_line=listen,
        secrets=secrets,
        stdin=question.encode("ascii"),
    )
    versions = {answer["package"]: answer["version"] for answer in answers if "version" in answer}
    errors = {answer["package"]: answer["error"] for answer in answers if "error" in answer}
    for name in imports:  # tried at last, or never reached
        if name not in versions and name not in errors:
            errors[name] = f"Python ended with exit code {completed.returncode}"
            problems[name] = [line for line in completed.tail if line and not line.startswith(word)][-8:]
            break
    if errors:
        raise _error(errors, problems)
    return versions


def _error(errors: Mapping[str, str], problems: Mapping[str, list[str]]) -> BuildError:
    what = "; ".join(f"{name}: {error}" for name, error in errors.items())
    words = [line for lines in problems.values() for line in lines]
    return BuildError(
        f"The environment was installed, but not every private package works in it: {what}.",
        hint="\n".join(words) or "Check that the wheel is in the pip section and has the expected import names.",
    )
