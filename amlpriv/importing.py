"""Import packages with an environment's own Python: the proof that an environment works."""

from __future__ import annotations

import json
import secrets as random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from amlpriv.errors import BuildError
from amlpriv.processes import run
from amlpriv.secret import Secret

__all__ = ["BESIDES", "import_packages"]

BESIDES = frozenset({"benchmarks", "doc", "docs", "example", "examples", "scripts", "test", "tests", "tools"})
"""Packages that slipped into a wheel beside its own."""

_LIMIT = 600.0
_LAST_WORDS = 8

# Runs under any Python 3.8 or later. A package may print, exit or crash, so every answer is a line that begins with a
# word that it cannot know. Plain words and not JSON: redaction must not break what we read.
_SCRIPT = """
import importlib, importlib.metadata, json, sys, traceback
asked = json.load(sys.stdin)
def say(*words):
    print("\\n" + asked["word"], *words, flush=True)
def modules(package):
    paths = [path.parts for path in importlib.metadata.files(package) or ()]
    names = {parts[:-1] for parts in paths if parts[-1] == "__init__.py"}
    names = {name for name in names if not any(name[:end] in names for end in range(1, len(name)))}
    names |= {(parts[0][:-3],) for parts in paths if len(parts) == 1 and parts[0].endswith(".py")}
    fit = [name for name in names if all(map(str.isidentifier, name)) and name[0].lower() not in asked["besides"]]
    return sorted(map(".".join, fit))
for package, names in asked["imports"].items():
    try:
        version = importlib.metadata.version(package)
        for name in names or modules(package):
            importlib.import_module(name)
        say("works", package, version)
    except importlib.metadata.PackageNotFoundError:
        say("fails", package, "it is not installed")
    except BaseException as error:
        for line in traceback.format_exc().strip().splitlines():
            say("words", package, line)
        say("fails", package, type(error).__name__ + ":", " ".join(str(error).split()))
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

    Of a package without names, all its modules and packages at the top are imported, except what is in ``BESIDES``.

    Raises BuildError that names every package that is not installed or does not import, with its last words.
    """
    if not imports:
        return {}
    heard = _Answers(f"AMLPRIV-{random.token_hex(8)}", on_line)
    asked = {name: list(names) for name, names in imports.items()}
    question = json.dumps({"word": heard.word, "imports": asked, "besides": sorted(BESIDES)})
    completed = run(
        [python, "-I", "-c", _SCRIPT],
        cwd=cwd,
        env=env,
        timeout=_LIMIT,
        on_line=heard.listen,
        secrets=secrets,
        stdin=question.encode("ascii"),
    )
    crashed = next((name for name in imports if name not in heard.works and name not in heard.fails), None)
    if crashed is not None:
        heard.fails[crashed] = f"Python ended with exit code {completed.returncode}"
        heard.words += [line for line in completed.tail if line and not line.startswith(heard.word)]
    if heard.fails:
        what = "; ".join(f"{name}: {error}" for name, error in heard.fails.items())
        raise BuildError(
            f"The environment was installed, but not every private package works in it: {what}.",
            hint="\n".join(heard.words[-_LAST_WORDS:]) or "Check the wheel, its name and its place in the pip section.",
        )
    return heard.works


@dataclass(slots=True)
class _Answers:
    """Tells the script's answers from what the packages print."""

    word: str
    on_line: Callable[[str], None] | None
    works: dict[str, str] = field(default_factory=dict)
    fails: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def listen(self, line: str) -> None:
        if not line.startswith(self.word):
            if line and self.on_line is not None:
                self.on_line(line)
            return
        kind, package, text = [*line.removeprefix(self.word).strip().split(" ", 2), ""][:3]
        if kind == "words":
            self.words.append(text)
        else:
            (self.works if kind == "works" else self.fails)[package] = text
