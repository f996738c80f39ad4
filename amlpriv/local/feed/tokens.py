"""The personal access tokens of the local feed: one for each way in which a real one can be good or bad."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.home import make_private_folder, write_private
from amlpriv.secret import Secret

__all__ = ["KINDS", "FeedTokens", "ensure_tokens", "load_tokens"]

KINDS = ("write", "read", "expired", "norole", "listonly", "isolated")
"""``write``: Packaging (read and write). ``read``: Packaging (read). ``expired``: was good once. ``norole``: of
somebody who has no role on the feed. ``listonly``: may read pages, not files, which are authorised separately.
``isolated``: as ``write``, but for it the feed asks no upstream."""

_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class FeedTokens:
    """The tokens of one local workspace. They open nothing else."""

    by_kind: Mapping[str, Secret] = field(repr=False)

    def __getitem__(self, kind: str) -> Secret:
        """The token of this kind, one of ``KINDS``; KeyError for another one."""
        return self.by_kind[kind]

    @property
    def write(self) -> Secret:
        """Packaging (read and write)."""
        return self["write"]

    @property
    def read(self) -> Secret:
        """Packaging (read)."""
        return self["read"]


def ensure_tokens(root: Path) -> FeedTokens:
    """The tokens of the workspace in ``root`` (AMLPRIV_HOME), made at the first call. For the supervisor: two
    processes must not make them at the same time. Raises LocalWorkspaceError."""
    known = load_tokens(root)
    if known is not None:
        return known
    make_private_folder(_file(root).parent)
    made = {kind: _make() for kind in KINDS}
    write_private(_file(root), json.dumps(made, indent=2) + "\n")
    return FeedTokens({kind: Secret(text) for kind, text in made.items()})


def load_tokens(root: Path) -> FeedTokens | None:
    """The tokens of the workspace in ``root``; None when none were made (it never ran, or is of an older version).

    Raises LocalWorkspaceError for a file that cannot be understood.
    """
    try:
        stored = json.loads(_file(root).read_text(encoding="utf-8"))
        return FeedTokens({kind: Secret(str(stored[kind])) for kind in KINDS})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LocalWorkspaceError(
            f"{_file(root)} cannot be read or understood.", hint="Delete that file: the next start makes new tokens."
        ) from error


def _file(root: Path) -> Path:
    return root / "feeds" / "tokens.json"


def _make() -> str:
    """84 characters with ``AZDO`` from the 77th on, the shape of an Azure DevOps token since 2024 (Microsoft Purview,
    "Azure DevOps personal access token")."""
    body = "".join(secrets.choice(_LETTERS) for _ in range(76))
    return f"{body}AZDO{''.join(secrets.choice(_LETTERS) for _ in range(4))}"
