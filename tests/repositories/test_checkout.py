"""A checkout by itself: what it says, and which git makes it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from amlpriv.errors import BuildError
from amlpriv.repositories.checkout import Checkout, check_out, plain_git
from amlpriv.repositories.refs import RefKind
from amlpriv.repositories.stores import open_store

URL = "https://git.example.org/team/x.git"
FOUND = Checkout(
    Path("/w/x/sub"), Path("/w/x"), URL, "0123456789abcdef" * 2 + "01234567", RefKind.TAG, "v1", "sub", False
)


def test_it_says_what_it_is() -> None:
    assert FOUND.describe == f"{URL} at tag v1 (0123456789ab), sub"
    commit = replace(FOUND, kind=RefKind.COMMIT, name=None, subdirectory=None)
    assert commit.describe == f"{URL} at commit 0123456789ab"
    assert replace(FOUND, kind=RefKind.DEFAULT, name="main", subdirectory=None).describe == (
        f"{URL} at branch main (0123456789ab)"
    )
    assert FOUND.as_json()["commit"] == FOUND.commit


def test_the_git_that_checks_out_knows_nothing_of_the_user(tmp_path: Path) -> None:
    git = plain_git(
        {"PATH": os.environ["PATH"], "HOME": "/home/me", "GIT_CONFIG_GLOBAL": "/x", "GIT_DIR": "/y"}, tmp_path
    )
    assert git.environ["HOME"] == str(tmp_path / "no-home")
    assert not {"GIT_CONFIG_GLOBAL", "GIT_DIR"} & git.environ.keys()
    assert git.environ["GIT_ALLOW_PROTOCOL"] == "none"


def test_a_commit_that_the_store_does_not_have_is_an_error(tmp_path: Path, scrubbed: dict[str, str]) -> None:
    git = plain_git(scrubbed, tmp_path)
    with open_store(tmp_path / "cache", URL, git) as store, pytest.raises(BuildError, match="git checkout failed"):
        check_out(git, store, "0" * 40, tmp_path / "out")
