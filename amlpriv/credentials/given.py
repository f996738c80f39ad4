"""Tokens that the user hands over: a variable, standard input, the terminal, a file."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TextIO

from amlpriv.credentials.wishes import variable_name
from amlpriv.errors import UsageError
from amlpriv.files import read_text
from amlpriv.secret import Secret

__all__ = ["Opened", "from_file", "from_prompt", "from_stdin", "from_variable", "readable_by_others"]

LONGEST = 64 * 1024
"""Characters: no token is longer, and a wrong file has no end."""


def from_variable(name: str, environ: Mapping[str, str]) -> Secret:
    """The value of an environment variable. Raises UsageError when there is none, or it is empty."""
    value = environ.get(name.upper() if os.name == "nt" else name) or environ.get(name)
    if value:
        return Secret(value)
    shown = variable_name(name)
    if shown is None:
        raise UsageError(
            "--token-from env: names no environment variable that is set (the name is not repeated here).",
            hint="Write the name without a '$': env:MY_TOKEN. If it was the token itself, revoke it: shells keep it.",
        )
    fact = "is empty" if value == "" else "is not set"
    hint = f"Set it for this command, or use --token-from prompt. In a pipeline, map the secret: {shown}: $({shown})."
    raise UsageError(f"The environment variable {shown} {fact}.", hint=hint)


def from_stdin(stdin: TextIO | None) -> Secret:
    """The first line of standard input, without its line end. Raises UsageError for none, and for a terminal."""
    if stdin is None or stdin.closed:
        raise UsageError("There is no standard input to read the token from.", hint="Use --token-from env:VARIABLE.")
    if stdin.isatty():
        raise UsageError(
            "Standard input is a terminal, which would show the token.", hint="Use --token-from prompt, or pipe it in."
        )
    try:
        line = stdin.readline(LONGEST + 1)
    except UnicodeDecodeError:
        raise UsageError("Standard input is no UTF-8 text.", hint="Pipe in the token and nothing else.") from None
    return _checked(line.rstrip("\r\n"), "Standard input")


def from_prompt(prompt: Callable[[str], str] | None, host: str) -> Secret:
    """What a person types, unseen. Raises UsageError where nobody can be asked."""
    ask = prompt or _terminal
    try:
        return _checked(ask(f"Token for {host}: ").strip("\r\n"), "The answer")
    except EOFError:
        raise UsageError("No token was typed.", hint="Use --token-from env:VARIABLE, or stdin.") from None


def from_file(path: Path) -> Secret:
    """The only line of a file. Raises InputError, and UsageError when others may read the file (POSIX)."""
    opened = readable_by_others(path)  # None for what is no file: read_text says what is wrong
    if opened is not None:
        ours = f"Run 'chmod 600 {path}', or give" if opened.ours else "Take a file of your own, or give"
        raise UsageError(
            f"Others on this machine may read {path} (mode {opened.mode:04o}), so the token in it is not taken.",
            hint=f"{ours} it by '--token-from stdin < FILE'.",
        )
    text = read_text(path).rstrip("\r\n")
    if "\n" in text or "\r" in text:
        raise UsageError(f"{path} has more than one line.", hint="Keep the token alone in a file.")
    return _checked(text, str(path))


class Opened(NamedTuple):
    """A file that others than its owner may read."""

    mode: int
    ours: bool
    """Whether the user of amlpriv owns it, and so can close it."""


def readable_by_others(path: Path) -> Opened | None:
    """Whether the group or everybody may read a regular file (POSIX); None elsewhere, and where there is none."""
    opened = None
    if sys.platform != "win32":
        with contextlib.suppress(OSError, ValueError):
            found = path.stat()
            mode = stat.S_IMODE(found.st_mode)
            if stat.S_ISREG(found.st_mode) and mode & 0o044:
                opened = Opened(mode, found.st_uid == os.geteuid())
    return opened


def _terminal(question: str) -> str:
    """getpass, but never the fallback that reads, and shows, whatever standard input is."""
    import getpass

    # In a notebook, ipykernel has put its own there, which asks in the browser.
    if getpass.getpass.__module__ == "getpass" and not _has_terminal():
        raise UsageError(
            "There is no terminal to ask for the token on.", hint="Use --token-from env:VARIABLE, or stdin."
        )
    return getpass.getpass(question)


def _has_terminal() -> bool:
    if os.name == "nt":
        return _is_terminal(sys.stdin) and sys.stdin is sys.__stdin__
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return _is_terminal(sys.stdin)
    return True


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _checked(text: str, what: str) -> Secret:
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise UsageError(f"{what} is empty: there is no token.", hint="Check where it comes from.")
    if len(text) > LONGEST:
        raise UsageError(f"{what} is longer than any token.", hint="Check where it comes from.")
    return Secret(text)
