"""The package index that this user has: as pip would take it, else as uv would, else the tools' own default.

No address is written here: the tools are asked. uv's settings are read by uv itself, which prints the result, so its
files, variables and named indexes count as they do for ``uv pip install``.
"""

from __future__ import annotations

import re
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from amlpriv.connections.addresses import Credentials, read_address, take_credentials
from amlpriv.errors import AmlprivError, UnsupportedError
from amlpriv.interpreters import uv_program
from amlpriv.pip_config import pip_option
from amlpriv.processes import run

__all__ = ["DefaultIndex", "ExtraIndex", "built_in_index", "default_index"]

_LIMIT = 60.0
_LINE = re.compile(r"^--(index-url|extra-index-url)[ =](\S+)", re.MULTILINE)
_UV_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL")


@dataclass(frozen=True, slots=True)
class ExtraIndex:
    """An index that the user's pip or uv asks besides the first one: it can answer for a private name too."""

    url: str
    """Without credentials; may be a ``file:`` address."""
    credentials: Credentials | None
    origin: str


@dataclass(frozen=True, slots=True)
class DefaultIndex:
    """The index that a plain ``pip install`` of this user asks first."""

    url: str
    """Root of the simple pages, without credentials and without a slash at the end."""
    credentials: Credentials | None
    origin: str
    """Where it is set, in words: a variable, a file, uv's settings, or the default."""
    extras: tuple[ExtraIndex, ...] = field(default=())
    is_built_in: bool = False
    """Whether nothing is set, and the tools use their own default."""

    def __str__(self) -> str:
        return f"{self.url} ({self.origin})"


def default_index(environ: Mapping[str, str], *, folder: Path | None = None) -> DefaultIndex:
    """The user's index; the first answer for these settings is kept as long as the process runs.

    ``folder`` is where uv looks for a project's settings (default: the working directory). Raises UnsupportedError when
    nothing is set and uv does not answer.
    """
    key = (*sorted((name, value) for name, value in environ.items() if _matters(name)), ("", str(folder)))
    with _asking:
        if key not in _answers:
            _answers[key] = _find(environ, folder)
        return _answers[key]


def built_in_index(environ: Mapping[str, str]) -> DefaultIndex:
    """The index of a machine on which nothing is set: the image builder's. Raises UnsupportedError."""
    with _asking:
        if () not in _answers:
            first, _ = _ask_uv(_without_settings(environ), Path(tempfile.gettempdir()))
            _answers[()] = _index(first, "the default of pip and uv", (), built_in=True)
        return _answers[()]


_answers: dict[tuple[tuple[str, str], ...], DefaultIndex] = {}
_asking = threading.Lock()


def _matters(name: str) -> bool:
    return name.startswith(("PIP_", "UV_", "XDG_")) or name in ("HOME", "USERPROFILE", "APPDATA", "PROGRAMDATA", "PATH")


def _find(environ: Mapping[str, str], folder: Path | None) -> DefaultIndex:
    pip = pip_option(environ, "index-url")
    more = pip_option(environ, "extra-index-url")
    of_pip = [_extra(url, more[1]) for url in more[0].split()] if more else []
    try:
        first, others = _ask_uv(environ, folder)
    except AmlprivError:
        if pip is None:
            raise
        first, others = pip[0], []
    of_uv = [_extra(url, "uv's settings") for url in others]
    extras = tuple({extra.url: extra for extra in (*of_uv, *of_pip)}.values())
    if pip is not None:
        return _index(pip[0].split()[0], pip[1], extras)
    plain, _ = _ask_uv(_without_settings(environ), Path(tempfile.gettempdir()))
    named = next((name for name in _UV_VARIABLES if environ.get(name)), None)
    if named is None and first == plain:
        return _index(first, "the default of pip and uv", extras, built_in=True)
    return _index(first, named or "uv's settings", extras)


def _without_settings(environ: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in environ.items() if not name.startswith("UV_") or name == "UV_CACHE_DIR"}
    return {**kept, "UV_NO_CONFIG": "1"}


def _ask_uv(environ: Mapping[str, str], folder: Path | None) -> tuple[str, list[str]]:
    """The first index and the others, with credentials; nothing is resolved and no network touched."""
    # A file of ours and not the output: that comes redacted.
    with tempfile.TemporaryDirectory(prefix="amlpriv-index-") as work:
        output = Path(work, "out.txt")
        command = (
            uv_program(environ),
            "pip",
            "compile",
            "-",
            "--emit-index-url",
            "--no-header",
            "--offline",
            "--quiet",
        )
        place = ("--python", sys.executable, "--output-file", output)
        completed = run([*command, *place], cwd=folder, env=environ, timeout=_LIMIT)
        text = output.read_text("utf-8") if output.is_file() else ""
    found = _LINE.findall(text)
    first = next((url for option, url in found if option == "index-url"), None)
    if not completed.succeeded or first is None:
        raise UnsupportedError(
            "uv does not say which package index is the default one: " + " ".join(completed.tail)[:300],
            hint="Set PIP_INDEX_URL to your package index.",
        )
    return first, [url for option, url in found if option == "extra-index-url"]


def _index(text: str, origin: str, extras: Iterable[ExtraIndex], *, built_in: bool = False) -> DefaultIndex:
    one = _extra(text, origin)
    return DefaultIndex(
        one.url, one.credentials, origin, tuple(extra for extra in extras if extra.url != one.url), built_in
    )


def _extra(text: str, origin: str) -> ExtraIndex:
    return ExtraIndex(take_credentials(text)[0].rstrip("/"), read_address(text).credentials, origin)
