"""Files that are being fetched: their size, and those that were abandoned."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from amlpriv.errors import ServiceError, StorageFullError
from amlpriv.part_files import check_size, forget_parts

WEEK = 7 * 24 * 3600


def begun(path: Path, age: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_a_file_that_is_too_large_is_refused_and_its_part_removed(tmp_path: Path) -> None:
    part = begun(tmp_path / "a.whl.part", 0)
    check_size(part, 10, most_bytes=10)
    with pytest.raises(ServiceError, match=r"a\.whl was not fetched: .* 10 bytes"):
        check_size(part, 11, most_bytes=10)
    assert not part.exists()


def test_a_file_that_does_not_fit_on_the_disk_is_refused_beforehand(tmp_path: Path) -> None:
    with pytest.raises(StorageFullError, match=r"a\.whl"):
        check_size(tmp_path / "a.whl.part", 10**18, most_bytes=10**19)


def test_what_was_begun_long_ago_is_removed_and_nothing_else(tmp_path: Path) -> None:
    old, new = begun(tmp_path / "old.whl.part", WEEK + 60), begun(tmp_path / "new.whl.part", WEEK - 60)
    done, below = begun(tmp_path / "a.whl", WEEK + 60), begun(tmp_path / "aa" / "b" / "c.part", WEEK + 60)
    forget_parts(tmp_path)
    assert [path.exists() for path in (old, new, done, below)] == [False, True, True, True]


def test_in_the_cache_of_wheels_those_of_other_wheels_are_removed_too(tmp_path: Path) -> None:
    mine = tmp_path / "ab" / ("ab" * 32)
    old = begun(tmp_path / "cd" / ("cd" * 32) / "b.whl.part", WEEK + 60)
    new = begun(mine / "a.whl.part", 0)
    forget_parts(mine)
    assert (old.exists(), new.exists()) == (False, True)
