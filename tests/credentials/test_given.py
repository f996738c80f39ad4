"""Tokens that the user hands over."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from amlpriv.credentials.given import from_file, from_prompt, from_stdin, from_variable
from amlpriv.errors import InputError, UsageError

SECRET = "s3cr3t-t0ken"


class Terminal(io.StringIO):
    """Standard input that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_variable_has_the_token() -> None:
    assert from_variable("MY_TOKEN", {"MY_TOKEN": SECRET}).reveal() == SECRET


@pytest.mark.parametrize(("environ", "fact"), [({}, "is not set"), ({"MY_TOKEN": ""}, "is empty")])
def test_a_variable_that_is_missing_or_empty_is_named(environ: dict[str, str], fact: str) -> None:
    with pytest.raises(UsageError, match=f"MY_TOKEN {fact}") as caught:
        from_variable("MY_TOKEN", environ)
    assert caught.value.hint


def test_a_token_in_place_of_the_name_is_not_repeated() -> None:
    """The shell has replaced ``env:$TOKEN``."""
    with pytest.raises(UsageError) as caught:
        from_variable(SECRET, {})
    assert SECRET not in str(caught.value)
    assert "without a '$'" in str(caught.value.hint)


@pytest.mark.parametrize("text", [SECRET, f"{SECRET}\n", f"{SECRET}\r\n", f"{SECRET}\nmore\n", f"\ufeff{SECRET}\r\n"])
def test_standard_input_has_the_token_in_its_first_line(text: str) -> None:
    assert from_stdin(io.StringIO(text, newline="")).reveal() == SECRET


@pytest.mark.skipif(os.name != "posix", reason="the folder's rights decide")
def test_nobody_is_told_to_close_what_is_no_file_or_not_theirs(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(InputError) as caught:
        from_file(tmp_path)
    assert "chmod" not in str(caught.value)
    others = Path("/etc/passwd")
    if os.geteuid() == 0:  # who may give a file away
        others = tmp_path / "token"
        others.write_text(SECRET)
        others.chmod(0o644)
        os.chown(others, 12345, 12345)
    with pytest.raises(UsageError, match="mode 0644") as refused:
        from_file(others)
    assert "chmod" not in str(refused.value)
    assert "file of your own" in str(refused.value.hint)


@pytest.mark.parametrize("text", ["", "\n", "  \n", "x" * 70_000])
def test_standard_input_without_a_token_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        from_stdin(io.StringIO(text))


def test_a_terminal_is_not_read_as_standard_input() -> None:
    """It would show what is typed."""
    with pytest.raises(UsageError, match="terminal"):
        from_stdin(Terminal(SECRET))


def test_no_standard_input_is_said() -> None:
    with pytest.raises(UsageError, match="no standard input"):
        from_stdin(None)


def test_standard_input_that_is_no_text_is_refused() -> None:
    with pytest.raises(UsageError, match="UTF-8"):
        from_stdin(io.TextIOWrapper(io.BytesIO(b"\xff\xfe\x00"), encoding="utf-8"))


def test_a_person_is_asked_for_the_host() -> None:
    questions: list[str] = []

    def answer(question: str) -> str:
        questions.append(question)
        return SECRET

    assert from_prompt(answer, "example.org").reveal() == SECRET
    assert questions == ["Token for example.org: "]


def test_an_empty_answer_is_refused() -> None:
    with pytest.raises(UsageError, match="empty"):
        from_prompt(lambda _: "", "example.org")


ASK = """
import sys
from amlpriv.credentials.given import from_prompt
from amlpriv.errors import UsageError
try:
    print("read", len(from_prompt(None, "example.org").reveal()))
except UsageError as error:
    print("refused:", error)
"""


@pytest.mark.skipif(os.name != "posix", reason="there are no pseudo-terminals")
def test_the_terminal_is_asked_and_shows_nothing(tmp_path: Path) -> None:
    """Also while standard input is something else."""
    import pty

    grab = "import fcntl, termios, sys\nfcntl.ioctl(2, termios.TIOCSCTTY, 0)\n"
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", grab + ASK],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown = b""
        while b"Token for example.org: " not in shown:
            shown += os.read(ours, 1024)
        os.write(ours, f"{SECRET}\n".encode())
        assert process.stdout is not None
        said = process.stdout.read().decode()
        with contextlib.suppress(OSError):  # the other end is closed
            shown += os.read(ours, 1024)
        os.close(ours)
    assert said == f"read {len(SECRET)}\n"
    assert SECRET.encode() not in shown


def test_without_a_terminal_nobody_is_asked() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        input=f"{SECRET}\n",
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith("refused: There is no terminal")
    assert done.stderr == ""


def test_a_file_has_the_token_in_its_only_line(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(f"{SECRET}\n", encoding="utf-8")
    path.chmod(0o600)
    assert from_file(path).reveal() == SECRET


@pytest.mark.skipif(os.name != "posix", reason="the folder's rights decide")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "token"
    path.write_text(SECRET, encoding="utf-8")
    path.chmod(mode)
    with pytest.raises(UsageError, match=f"mode {mode:04o}") as caught:
        from_file(path)
    assert "chmod 600" in str(caught.value.hint)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("text", ["", "\n", f"{SECRET}\nmore\n"])
def test_a_file_that_is_not_one_line_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "token"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(UsageError) as caught:
        from_file(path)
    assert SECRET not in str(caught.value)


def test_a_file_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        from_file(tmp_path / "token")
