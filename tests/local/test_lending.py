"""A file that lies in the user's folder for the time of a run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from amlpriv.local.lending import lent_file

HOLD = """
import sys
from pathlib import Path
from amlpriv.local.lending import lent_file
with lent_file(Path(sys.argv[1]), "content", Path(sys.argv[2])) as ours:
    print(ours, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project" / "config.json"


def test_it_is_there_and_gone_again(path: Path, tmp_path: Path) -> None:
    with lent_file(path, "content\n", tmp_path / "notes") as ours:
        assert ours
        assert path.read_bytes() == b"content\n"
    assert list(path.parent.iterdir()) == []


def test_it_is_gone_after_a_failure_too(path: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), lent_file(path, "content", tmp_path / "notes"):
        raise KeyboardInterrupt
    assert not path.exists()


def test_the_users_own_file_stays_even_when_it_says_the_same(path: Path, tmp_path: Path) -> None:
    path.write_text("content")
    with lent_file(path, "content", tmp_path / "notes") as ours:
        assert not ours
    assert path.read_text() == "content"


def test_a_file_that_was_changed_meanwhile_stays(path: Path, tmp_path: Path) -> None:
    with lent_file(path, "content", tmp_path / "notes"):
        path.write_text("mine now")
    assert path.read_text() == "mine now"
    with lent_file(path, "content", tmp_path / "notes") as ours:
        assert not ours
    assert path.read_text() == "mine now"


def test_a_file_that_was_deleted_meanwhile_is_no_trouble(path: Path, tmp_path: Path) -> None:
    with lent_file(path, "content", tmp_path / "notes"):
        path.unlink()


@pytest.mark.parametrize("first_ends_first", [True, False])
def test_two_runs_share_it_and_the_last_one_takes_it_away(path: Path, tmp_path: Path, first_ends_first: bool) -> None:
    first, second = (lent_file(path, "content", tmp_path / "notes") for _ in range(2))
    assert first.__enter__()
    assert second.__enter__()
    order = (first, second) if first_ends_first else (second, first)
    order[0].__exit__(None, None, None)
    assert path.exists()
    order[1].__exit__(None, None, None)
    assert not path.exists()


def test_what_a_killed_run_left_is_taken_away_by_the_next(path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(path), str(tmp_path / "notes")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as killed:
        assert killed.stdout
        assert killed.stdout.readline().strip() == b"True"
        os.kill(killed.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    assert path.exists()
    with lent_file(path, "content", tmp_path / "notes") as ours:
        assert ours
    assert not path.exists()


def test_another_process_keeps_it_alive(path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(path), str(tmp_path / "notes")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline().strip() == b"True"
        with lent_file(path, "content", tmp_path / "notes") as ours:
            assert ours
        assert path.exists()
        other.communicate()
    assert not path.exists()


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), lent_file(tmp_path / "none" / "x", "content", tmp_path / "notes"):
        pass
