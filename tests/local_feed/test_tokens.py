"""Tokens of the local feed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from amlpriv.connections.tokens import TokenKind, token_shape
from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.feed.tokens import KINDS, ensure_tokens, load_tokens


def test_they_are_made_once_and_look_like_real_ones(tmp_path: Path) -> None:
    assert load_tokens(tmp_path) is None
    made = ensure_tokens(tmp_path)
    assert {token_shape(made[kind]).kind for kind in KINDS} == {TokenKind.AZURE_DEVOPS}
    assert len({made[kind].reveal() for kind in KINDS}) == len(KINDS)
    assert ensure_tokens(tmp_path) == made == load_tokens(tmp_path)
    assert (made.write, made.read) == (made["write"], made["read"])


def test_nobody_else_can_read_them_and_they_are_not_shown(tmp_path: Path) -> None:
    made = ensure_tokens(tmp_path)
    assert made.write.reveal() not in repr(made)
    if os.name != "nt":
        assert stat.S_IMODE((tmp_path / "feeds" / "tokens.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    ensure_tokens(tmp_path)
    (tmp_path / "feeds" / "tokens.json").write_text(text, encoding="utf-8")
    with pytest.raises(LocalWorkspaceError, match=r"tokens\.json"):
        load_tokens(tmp_path)
