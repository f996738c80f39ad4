"""Running tools: what comes out, and that nothing stays behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from functools import partial
from pathlib import Path

import pytest

from amlpriv.processes import ToolCancelledError, ToolMissingError, ToolTimeoutError, pass_through, run
from amlpriv.secret import SasUrl, Secret

PYTHON = sys.executable
ENVIRON = dict(os.environ)
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")

# A tool with a child of its own; both write their process ids and then sleep.
FAMILY = """
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()} {child.pid}")
print("ready", flush=True)
time.sleep(60)
"""


def script(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tool.py"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not collected yet does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    try:
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(pids: list[int], seconds: float = 5) -> list[int]:
    """The processes that are still there when the time is over."""
    end = time.monotonic() + seconds
    while (left := [pid for pid in pids if alive(pid)]) and time.monotonic() < end:
        time.sleep(0.02)
    return left


def wait_for(path: Path, seconds: float = 10) -> list[int]:
    end = time.monotonic() + seconds
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.02)
    return [int(word) for word in path.read_text().split()]


def test_every_line_of_both_streams_arrives_in_order(tmp_path: Path) -> None:
    tool = script(
        tmp_path,
        """
        import sys
        print("one", flush=True); print("two", file=sys.stderr, flush=True); print("three ü\\rfour", end="", flush=True)
        sys.exit(3)
        """,
    )
    lines: list[str] = []
    completed = run([PYTHON, "-X", "utf8", tool], env=ENVIRON, timeout=20, on_line=lines.append)
    assert lines == ["one", "two", "three ü", "four"]
    assert completed.tail == tuple(lines)
    assert completed.returncode == 3
    assert not completed.succeeded


def test_only_the_last_forty_lines_are_kept() -> None:
    completed = run([PYTHON, "-c", "for i in range(100): print(i)"], env=ENVIRON, timeout=20)
    assert completed.tail == tuple(str(i) for i in range(60, 100))


def test_standard_input_is_passed_and_is_empty_otherwise() -> None:
    echo = "import sys; print(len(sys.stdin.buffer.read()))"
    assert run([PYTHON, "-c", echo], env=ENVIRON, timeout=20, stdin=b"x" * 200_000).tail == ("200000",)
    assert run([PYTHON, "-c", echo], env=ENVIRON, timeout=20).tail == ("0",)


def test_input_that_the_tool_does_not_want_is_no_error() -> None:
    assert run([PYTHON, "-c", "pass"], env=ENVIRON, timeout=20, stdin=b"x" * 5_000_000).succeeded


def test_secrets_are_taken_out_of_every_line() -> None:
    url = SasUrl("https://a.example/w.whl?se=2030&sig=ab%2Bcd%3D#sha256=00")
    text = f"get {url.reveal()} sign ab+cd= with hunter2 and hunter2%21 and https://me:pw@feed.example/simple/"
    lines: list[str] = []
    completed = run(
        [PYTHON, "-c", "import sys; print(sys.stdin.read())"],
        env=ENVIRON,
        timeout=20,
        on_line=lines.append,
        secrets=[url, Secret("hunter2"), Secret("")],
        stdin=text.encode(),
    )
    shown = "get https://a.example/w.whl?se=2030&sig=***#sha256=00 sign *** with *** and ***%21 and "
    assert lines[0] == shown + "https://***@feed.example/simple/"
    assert completed.tail[0] == lines[0]


def test_bytes_that_are_not_utf8_do_not_stop_it() -> None:
    command = "import sys; sys.stdout.buffer.write(b'a\\xffb\\n')"
    assert run([PYTHON, "-c", command], env=ENVIRON, timeout=20).tail == ("a\ufffdb",)


def test_the_environment_is_the_given_one_and_the_program_is_searched_on_its_path(tmp_path: Path) -> None:
    env = {"PATH": str(Path(PYTHON).parent), "ONLY": "this", "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")}
    command = "import os; print(os.environ['ONLY'], 'HOME' in os.environ, os.getcwd())"
    completed = run([Path(PYTHON).name, "-c", command], env=env, timeout=20, cwd=tmp_path)
    assert completed.tail == (f"this False {tmp_path}",)


def test_a_missing_tool_is_named_with_the_next_step() -> None:
    with pytest.raises(ToolMissingError, match="no-such-tool was not found") as caught:
        run(["no-such-tool"], env=ENVIRON, timeout=5)
    assert caught.value.hint == "Install no-such-tool, or put its folder on PATH."


@posix
def test_a_file_that_is_no_program_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "tool"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o755)
    with pytest.raises(ToolMissingError, match="could not be started"):
        run([broken], env=ENVIRON, timeout=5)


@posix
def test_a_time_out_ends_the_whole_tree_and_shows_the_last_words(tmp_path: Path) -> None:
    tool = script(tmp_path, FAMILY)
    with pytest.raises(ToolTimeoutError, match=r"python.* did not finish within 1 seconds") as caught:
        run([PYTHON, tool, tmp_path / "pids"], env=ENVIRON, timeout=1)
    assert caught.value.tail == ("ready",)
    assert wait_until_gone(wait_for(tmp_path / "pids")) == []


@posix
def test_a_tool_that_nobody_wants_any_more_ends_with_its_whole_tree(tmp_path: Path) -> None:
    tool, file = script(tmp_path, FAMILY), tmp_path / "pids"
    started = time.monotonic()
    with pytest.raises(ToolCancelledError):
        run([PYTHON, tool, file], env=ENVIRON, timeout=60, cancelled=lambda: file.exists() and bool(file.read_text()))
    assert time.monotonic() - started < 10
    assert wait_until_gone(wait_for(file)) == []


def test_a_tool_that_talks_all_the_time_can_be_cancelled_too() -> None:
    heard: list[str] = []
    with pytest.raises(ToolCancelledError):
        run(
            [PYTHON, "-c", "while True: print('on', flush=True)"],
            env=ENVIRON,
            timeout=60,
            on_line=heard.append,
            cancelled=lambda: len(heard) > 20,
        )


def test_a_tool_that_is_wanted_comes_to_its_own_end() -> None:
    assert run([PYTHON, "-c", "print('on')"], env=ENVIRON, timeout=20, cancelled=lambda: False).tail == ("on",)


@posix
def test_an_exception_of_the_listener_ends_the_tree_and_comes_out(tmp_path: Path) -> None:
    def refuse(line: str) -> None:
        raise KeyError(line)

    tool = script(tmp_path, FAMILY)
    with pytest.raises(KeyError, match="ready"):
        run([PYTHON, tool, tmp_path / "pids"], env=ENVIRON, timeout=20, on_line=refuse)
    assert wait_until_gone(wait_for(tmp_path / "pids")) == []


@posix
def test_a_tool_that_ignores_being_asked_is_killed() -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
    )
    started = time.monotonic()
    with pytest.raises(ToolTimeoutError):
        run([PYTHON, "-c", stubborn], env=ENVIRON, timeout=0.5)
    assert time.monotonic() - started < 10


@posix
def test_a_grandchild_that_keeps_the_output_open_does_not_hold_us_up(tmp_path: Path) -> None:
    tool = script(
        tmp_path,
        """
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
        print(child.pid, flush=True)
        """,
    )
    started = time.monotonic()
    completed = run([PYTHON, tool], env=ENVIRON, timeout=30)
    assert time.monotonic() - started < 10
    os.kill(int(completed.tail[0]), signal.SIGKILL)  # it left our group on purpose


OURS = """
import os, sys
from amlpriv.processes import pass_through, run
command = [sys.executable, sys.argv[2], sys.argv[3]]
if sys.argv[1] == "run":
    run(command, env=dict(os.environ), timeout=60)
else:
    print("exit", pass_through(command, env=dict(os.environ)))
"""


def start_ours(tmp_path: Path, what: str) -> subprocess.Popen[str]:
    tool = script(tmp_path, FAMILY)
    command = [PYTHON, "-c", OURS, what, str(tool), str(tmp_path / "pids")]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@posix
@pytest.mark.parametrize("what", ["run", "pass_through"])
@pytest.mark.parametrize("signum", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_nothing_outlives_us(tmp_path: Path, what: str, signum: str) -> None:
    """Ctrl-C, being asked to stop, and being killed without a chance to clean up."""
    with start_ours(tmp_path, what) as ours:
        pids = wait_for(tmp_path / "pids")
        ours.send_signal(getattr(signal, signum))
        output, _ = ours.communicate(timeout=20)
    assert wait_until_gone(pids) == []
    if (what, signum) == ("pass_through", "SIGINT"):
        assert output.endswith("exit 130\n")  # the job had the signal, and its exit code is ours


def test_pass_through_gives_the_exit_code_and_the_real_output(capfd: pytest.CaptureFixture[str]) -> None:
    assert pass_through([PYTHON, "-c", "print('out'); raise SystemExit(7)"], env=ENVIRON) == 7
    assert capfd.readouterr().out.splitlines() == ["out"]


@posix
def test_pass_through_counts_signals_as_shells_do() -> None:
    command = [PYTHON, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"]
    assert pass_through(command, env=ENVIRON) == 143


@posix
def test_ctrl_c_on_a_terminal_never_loses_the_exit_code() -> None:
    """The program and we get the signal at the same moment, and the program ends at once."""
    code = "import os, sys, amlpriv.processes as p; print('exit', p.pass_through(sys.argv[1:], env=os.environ))"
    command = [PYTHON, "-c", code, "sh", "-c", "echo ready; sleep 2 & wait"]
    for _ in range(8):
        ours, terminal = os.openpty()
        with subprocess.Popen(
            command, stdin=terminal, stdout=terminal, stderr=terminal, preexec_fn=partial(_own_terminal, terminal)
        ) as process:
            os.close(terminal)
            _read_until(ours, b"ready")
            time.sleep(0.1)
            os.write(ours, b"\x03")
            assert b"exit 130" in _read_until(ours, b"exit 1")
            process.wait(20)
        os.close(ours)


def _own_terminal(terminal: int) -> None:
    import fcntl
    import termios

    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def _read_until(terminal: int, word: bytes) -> bytes:
    seen = b""
    with contextlib.suppress(OSError):  # the other side has closed it
        while word not in seen or not seen.endswith(b"\n"):
            seen += os.read(terminal, 1024)
    return seen


def test_pass_through_names_a_missing_tool() -> None:
    with pytest.raises(ToolMissingError, match="no-such-tool"):
        pass_through(["no-such-tool"], env=ENVIRON)


@posix
def test_the_guard_leaves_a_finished_tool_alone() -> None:
    """Many short runs: no process and no file descriptor is left behind."""
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0  # noqa: PTH208
    for _ in range(10):
        assert run([PYTHON, "-I", "-S", "-c", "pass"], env=ENVIRON, timeout=20).succeeded
    if before:
        assert len(os.listdir("/proc/self/fd")) <= before + 1  # noqa: PTH208


def test_a_pause_is_told_when_everything_was_read(tmp_path: Path) -> None:
    told: list[str] = []
    tool = script(tmp_path, "import time; print('one', flush=True); time.sleep(0.5); print('two')")
    run([PYTHON, tool], env=ENVIRON, timeout=20, on_line=told.append, on_pause=lambda: told.append("-"))
    assert "-" in told[told.index("one") : told.index("two")]
