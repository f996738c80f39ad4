"""The keyring command, as pip and uv use it: by the index's address, then by its host.

With artifacts-keyring installed it also has Azure Artifacts' session tokens, of the user VssSessionToken. The command
is asked, not the library: keyring may be installed elsewhere (pip, "Keyring support"), and can then be given up.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from amlpriv.connections.addresses import Credentials
from amlpriv.credentials.asking import ask
from amlpriv.credentials.found import Sources, Subject
from amlpriv.secret import Secret

__all__ = ["AZURE_USER", "keyring_login", "split_service"]

AZURE_USER = "VssSessionToken"

WISHED_SECONDS = 90.0
"""A keyring that was asked for by name may open a window and wait for its password."""

_OFF = ("keyring.backends.null.Keyring", "keyring.backends.fail.Keyring")


def keyring_login(
    subject: Subject, sources: Sources, service: str = "", *, wished: bool = False
) -> tuple[Credentials | None, str]:
    """What a keyring has for the address, or for ``SERVICE[:USER]``; and where, or why there is nothing.

    Never waits longer than ``sources.keyring_seconds`` (``WISHED_SECONDS`` when wished); standard input stays closed.
    """
    if sources.environ.get("PYTHON_KEYRING_BACKEND") in _OFF:
        return None, "it is switched off by PYTHON_KEYRING_BACKEND"
    if not wished and sources.environ.get("PIP_KEYRING_PROVIDER") == "disabled":
        return None, "it is switched off by PIP_KEYRING_PROVIDER"
    command = _command(sources.environ)
    if command is None:
        return None, "there is no command keyring, and keyring is not installed beside amlpriv"
    named, user = split_service(service)
    user = user or sources.user or subject.user or (AZURE_USER if subject.azure is not None else "")
    deadline = time.monotonic() + (WISHED_SECONDS if wished else sources.keyring_seconds)
    services = [named] if named else _services(subject)
    for each in services:
        found = _look_up(command, each, user, _environ(sources.environ, wished), deadline, talk=wished)
        if isinstance(found, Credentials):
            return found, f"the keyring, for {each}"
        if found:
            return None, found
    return None, f"it has nothing for {' or '.join(services)}{f' and the user {user}' if user else ''}"


def split_service(text: str) -> tuple[str, str]:
    """``SERVICE[:USER]`` in its two parts. The colons of an address (``https:``, a port) are no separator."""
    service, colon, user = text.rpartition(":")
    if not colon or "/" in user or user.isdigit() or not user:
        return text, ""
    return service, user


def _services(subject: Subject) -> list[str]:
    """As pip: what it has as index, which may have no slash at its end, then the host (with a port that is unusual)."""
    host = subject.address.origin.partition("://")[2]
    names = (subject.simple, subject.simple.rstrip("/"), host)
    return list(dict.fromkeys(name for name in names if name))


def _command(environ: Mapping[str, str]) -> list[str] | None:
    found = shutil.which("keyring", path=environ.get("PATH", ""))
    if found is not None:
        return [found]
    return [sys.executable, "-m", "keyring"] if sys.executable and find_spec("keyring") is not None else None


def _environ(environ: Mapping[str, str], wished: bool) -> dict[str, str]:
    quiet = {} if wished else {"ARTIFACTS_KEYRING_NONINTERACTIVE_MODE": "true"}
    return {**environ, "PYTHONIOENCODING": "utf-8", **quiet}


def _look_up(
    command: list[str], service: str, user: str, environ: Mapping[str, str], deadline: float, *, talk: bool
) -> Credentials | str:
    """A credential; else why the keyring is of no use at all, or an empty text when it only has nothing."""
    # `python -m` would take a keyring.py of the folder that we are in.
    folder = Path(command[0]).parent
    words = [*command, "--mode=creds", "--output=json", "get", service, *([user] if user else [])]
    answer = ask(words, environ, deadline - time.monotonic(), folder=folder, talk=talk)
    if answer is not None and answer.returncode == 2 and user:  # before keyring 25.2.1: it does not know --mode
        answer = ask([*command, "get", service, user], environ, deadline - time.monotonic(), folder=folder, talk=talk)
        if answer is not None and answer.returncode == 0 and (password := answer.output.reveal().rstrip("\r\n")):
            return Credentials(Secret(user), Secret(password))
    if answer is None:
        return "it gave no answer in time; it may have waited for a password in a window (--token-from keyring waits)"
    return _read(answer.output, user) if answer.returncode == 0 else ""


def _read(output: Secret, user: str) -> Credentials | str:
    try:
        answer = json.loads(output.reveal())
        found, password = answer.get("username") or user, answer["password"]
    except (ValueError, KeyError, AttributeError, TypeError):
        return "its answer cannot be understood"
    if not isinstance(password, str) or not password:
        return ""
    return Credentials(Secret(str(found)) if found else None, Secret(password))
