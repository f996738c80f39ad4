"""Programs and functions that are asked for a secret, and may not keep us waiting."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from amlpriv.credentials.asking import ask, within

SECRET = "s3cr3t-t0ken"


def python(code: str) -> list[str]:
    """A program."""
    return [sys.executable, "-I", "-c", code]


def test_a_program_answers_with_its_exit_code(tmp_path: Path) -> None:
    answer = ask(python(f"import sys; print({SECRET!r}); sys.exit(3)"), os.environ, 30, folder=tmp_path)
    assert answer is not None
    assert (answer.returncode, answer.output.reveal().strip()) == (3, SECRET)
    assert SECRET not in repr(answer)


def test_a_program_that_asks_back_finds_nobody(tmp_path: Path) -> None:
    answer = ask(python("input('Password: ')"), os.environ, 30, folder=tmp_path)
    assert answer is not None
    assert answer.returncode == 1


def test_a_program_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    child = "import time; time.sleep(1); open('late', 'w').close()"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', {child!r}])"
    started = time.monotonic()
    assert ask(python(code), os.environ, 0.5, folder=tmp_path) is None
    assert time.monotonic() - started < 5
    time.sleep(1.2)
    assert not (tmp_path / "late").exists()


def test_a_program_that_is_not_there_gives_no_answer(tmp_path: Path) -> None:
    assert ask([str(tmp_path / "missing")], os.environ, 30, folder=tmp_path) is None
    assert ask(python("0"), os.environ, 0, folder=tmp_path) is None


def test_what_a_program_says_is_seen_only_where_it_may_talk(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = "import sys; sys.stderr.write('open the page and type the code')"
    ask(python(code), os.environ, 30, folder=tmp_path)
    assert capfd.readouterr().err == ""
    ask(python(code), os.environ, 30, folder=tmp_path, talk=True)
    assert capfd.readouterr().err == "open the page and type the code"


def test_a_function_is_waited_for_no_longer_than_said() -> None:
    started = time.monotonic()
    assert within(0.1, lambda: time.sleep(2)) is None
    assert time.monotonic() - started < 1
    assert within(10, lambda: 7) == 7


def test_what_a_function_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        within(10, lambda: 1 / 0)
