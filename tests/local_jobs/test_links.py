"""Paths that a command line can have."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest

from amlpriv.local.jobs.links import is_plain, plain_name, reachable, sweep_links


def links() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("amlpriv-job-*"))


def test_a_plain_path_is_used_as_it_is(tmp_path: Path) -> None:
    before = links()
    with reachable(tmp_path) as seen:
        assert seen == tmp_path
        assert links() == before


@pytest.mark.parametrize("name", ["a b", "a'b", "a$b", "a;b", "a&b", "a*b", "a\nb", "(a)"])
def test_any_other_gets_a_link_that_is_only_ours_and_goes_again(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "kept").write_text("x")
    before = links()
    with reachable(folder) as seen:
        assert is_plain(seen)
        assert (seen / "kept").read_text() == "x"
        if os.name == "posix":
            assert stat.S_IMODE(seen.parent.stat().st_mode) == 0o700
    assert links() == before
    assert (folder / "kept").exists()


def test_what_a_killed_workspace_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    jobs = tmp_path / "my jobs"
    (jobs / "one").mkdir(parents=True)
    left, other = reachable(jobs / "one"), reachable(jobs)
    seen, of_another = left.__enter__(), other.__enter__()
    sweep_links(jobs)
    assert not seen.parent.exists()
    assert of_another.exists()
    other.__exit__(None, None, None)
    left.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("name", "plain"), [("a.csv", "a.csv"), ("ä b.csv", "ä_b.csv"), ("-rf", "_rf"), ("a;$(x)", "a___x_"), ("", "_")]
)
def test_names_of_files_become_plain(name: str, plain: str) -> None:
    assert plain_name(name) == plain
