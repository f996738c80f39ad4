"""Pointers of Git LFS; fetching them is tried in test_fetching."""

from __future__ import annotations

import os
from pathlib import Path

from amlpriv.repositories.git import Git
from amlpriv.repositories.lfs import bring_large_files, pointers

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 5\n"


def test_pointers_are_told_from_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub" / "a.bin").write_text(POINTER)
    (tmp_path / ".git" / "b.bin").write_text(POINTER)
    (tmp_path / "long.txt").write_text(POINTER + "x" * 2000)
    (tmp_path / "code.py").write_text("# version https://git-lfs.github.com/spec/v1")
    (tmp_path / "link").symlink_to(tmp_path / "sub" / "a.bin")
    assert pointers(tmp_path) == (tmp_path / "sub" / "a.bin",)


def test_without_pointers_no_program_is_asked(tmp_path: Path) -> None:
    bring_large_files(Git({"PATH": os.devnull}, (), (), None), tmp_path, tmp_path, "x")
