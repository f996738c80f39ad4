"""``--token-from``: where the user says that the token is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from amlpriv.connections.tokens import TokenKind, token_shape
from amlpriv.errors import UsageError
from amlpriv.secret import Secret

__all__ = ["FORMS", "Origin", "Wish", "parse_wish", "variable_name"]


class Origin(Enum):
    """The places that can be wished for, by their word."""

    ENV = "env"
    STDIN = "stdin"
    PROMPT = "prompt"
    KEYRING = "keyring"
    AZURE_CLI = "azure-cli"
    ENTRA = "entra"
    KEY_VAULT = "key-vault"
    NETRC = "netrc"
    FILE = "file"


FORMS: Mapping[Origin, str] = {
    Origin.ENV: "env:VARIABLE",
    Origin.STDIN: "stdin",
    Origin.PROMPT: "prompt",
    Origin.KEYRING: "keyring[:SERVICE[:USER]]",
    Origin.AZURE_CLI: "azure-cli",
    Origin.ENTRA: "entra",
    Origin.KEY_VAULT: "key-vault:https://VAULT/secrets/NAME[/VERSION]",
    Origin.NETRC: "netrc",
    Origin.FILE: "file:PATH",
}
"""How each of them is written."""

_NEEDED = (Origin.ENV, Origin.KEY_VAULT, Origin.FILE)
_OPTIONAL = (Origin.KEYRING,)
_CONVENTIONAL = re.compile(r"[A-Z_][A-Z0-9_]{0,63}|[a-z]+(_[a-z]+){1,8}")


@dataclass(frozen=True, slots=True)
class Wish:
    """A place, and what is behind its colon. That may be a token by mistake, so it does not print."""

    origin: Origin
    argument: Secret

    def __str__(self) -> str:
        return f"--token-from {self.origin.value}"


def parse_wish(text: str) -> Wish:
    """Read a ``--token-from``. Raises UsageError, which never repeats the text: people put the token itself there."""
    word, colon, argument = text.strip().partition(":")
    origin = next((origin for origin in Origin if origin.value == word.lower()), None)
    if origin is None:
        raise UsageError(
            "--token-from names a place where the token is, and this is none (it is not repeated here).",
            hint=f"Write one of: {', '.join(FORMS.values())}. If it was the token itself, revoke it: shells keep it.",
        )
    complete = bool(argument) if colon else origin not in _NEEDED
    if not complete or (colon and origin not in (*_NEEDED, *_OPTIONAL)):
        raise UsageError(
            f"--token-from {origin.value} is not complete, or says too much.", hint=f"Write {FORMS[origin]}."
        )
    return Wish(origin, Secret(argument))


def variable_name(text: str) -> str | None:
    """The name of a variable if it can be shown: ``env:$TOKEN`` has become the token itself when we read it."""
    shown = _CONVENTIONAL.fullmatch(text) is not None and token_shape(Secret(text)).kind is TokenKind.UNKNOWN
    return text if shown else None
