"""The cache of bare repositories."""

from __future__ import annotations

import os
from pathlib import Path

from amlpriv.repositories.checkout import plain_git
from amlpriv.repositories.stores import open_store

URL = "https://git.example.org/team/x.git"


def test_each_address_has_its_own_and_keeps_it(tmp_path: Path, scrubbed: dict[str, str]) -> None:
    git = plain_git(scrubbed, tmp_path)
    with open_store(tmp_path / "cache", URL, git) as one, open_store(tmp_path / "cache", URL + "2", git) as other:
        assert one != other
        (one.content / "mark").touch()
    with open_store(tmp_path / "cache", URL, git) as again:
        assert again == one
        assert (again.content / "mark").exists()
        assert not again.has(git, "0" * 40)


def test_names_say_what_is_in_it_and_hold_no_path(tmp_path: Path, scrubbed: dict[str, str]) -> None:
    with open_store(
        tmp_path / "cache", "https://git.example.org/a/%2e%2e%2fevil?x", plain_git(scrubbed, tmp_path)
    ) as s:
        assert s.content.parent.parent == tmp_path / "cache"
        assert s.content.parent.name.startswith("-2e-2e-2fevil-x-")
        if os.name == "posix":
            assert s.content.parent.stat().st_mode & 0o077 == 0


def test_what_is_damaged_is_made_anew(tmp_path: Path, scrubbed: dict[str, str]) -> None:
    git = plain_git(scrubbed, tmp_path)
    with open_store(tmp_path / "cache", URL, git) as store:
        (store.content / "mark").touch()
        (store.content / "HEAD").unlink()
    with open_store(tmp_path / "cache", URL, git) as store:
        assert (store.content / "HEAD").is_file()
        assert not (store.content / "mark").exists()
