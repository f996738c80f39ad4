"""The result on standard output, messages on standard error, colours on terminals; full and closed outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from amlpriv.cli.main import COMMANDS, cli, main
from tests.cli.conftest import Amlpriv, Ended

posix = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell, pipe or terminal")
AMLPRIV = [sys.executable, "-m", "amlpriv"]


def walk(command: click.Command, name: str = "amlpriv") -> list[tuple[str, click.Command]]:
    """All commands below a group, by their words."""
    if not isinstance(command, click.Group):
        return [(name, command)]
    context = click.Context(command)
    inner = [(word, command.get_command(context, word)) for word in command.list_commands(context)]
    return [(name, command), *(pair for word, each in inner if each for pair in walk(each, f"{name} {word}"))]


@pytest.mark.parametrize(("words", "command"), walk(cli))
def test_every_command_and_option_says_what_it_is_for(amlpriv: Amlpriv, words: str, command: click.Command) -> None:
    ended = amlpriv(*words.split()[1:], "--help")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"Usage: {words} ")
    assert command.help
    assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_every_command_can_print_json_and_show_a_traceback() -> None:
    for words, command in walk(cli):
        if not isinstance(command, click.Group):
            names = {name for option in command.params for name in option.opts}
            assert {"--json", "--debug"} <= names, words


def test_without_words_it_shows_the_help(amlpriv: Amlpriv) -> None:
    ended = amlpriv()
    assert ended.code == 2
    assert all(name in ended.err for name in COMMANDS)


def test_the_version(amlpriv: Amlpriv) -> None:
    assert amlpriv("--version").out.startswith("amlpriv ")


def test_the_result_and_nothing_else_is_on_standard_output(project: Path, process: Callable[..., Ended]) -> None:
    ended = process("render", "good.yml")
    assert ended.code == 0
    assert ended.out.startswith("# Preview")
    assert ended.err == ""
    assert "\x1b" not in ended.out


def test_where_no_terminal_is_nothing_is_coloured(project: Path, process: Callable[..., Ended]) -> None:
    (project / "bad.yml").write_text("name: x\nimagee: y\n", encoding="utf-8")
    ended = process("publish", "bad.yml")
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith("Error: bad.yml:2")
    assert "\x1b" not in ended.err


def on_terminal(*words: str, environ: dict[str, str]) -> str:
    """What the command writes to a terminal, standard output and standard error together."""
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen([*AMLPRIV, *words], stdin=theirs, stdout=theirs, stderr=theirs, env=environ) as process:
        os.close(theirs)
        seen = b""
        try:
            while chunk := os.read(ours, 4096):
                seen += chunk
        except OSError:  # Linux says so when the other end is closed
            pass
        process.wait()
    os.close(ours)
    return seen.decode()


@posix
def test_colours_are_for_terminals_and_go_with_no_color(project: Path) -> None:
    environ = {**os.environ, "TERM": "xterm-256color"}
    assert "\x1b[" in on_terminal("publish", "nowhere.yml", environ=environ)
    plain = on_terminal("publish", "nowhere.yml", environ={**environ, "NO_COLOR": "1"})
    assert plain.startswith("Error: nowhere.yml")
    assert "\x1b" not in plain


@posix
@pytest.mark.parametrize("words", ["render good.yml", "--help", "wheel inspect wheels/*.whl --json"])
def test_a_reader_that_leaves_early_is_no_error(project: Path, words: str) -> None:
    line = f"'{sys.executable}' -m amlpriv {words} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def full_device(folder: Path) -> Path:
    """A device that is always full: of our own where we could replace the machine's by mistake."""
    device = Path("/dev/full")
    if os.access("/dev", os.W_OK):
        device = folder / "full"
        try:
            os.mknod(device, 0o020666, os.makedev(1, 7))
            device.open("wb").close()
        except OSError as error:
            pytest.skip(f"no device here: {error}")
    elif not device.exists():
        pytest.skip("this system has no /dev/full")
    return device


@posix
def test_a_full_standard_output_is_said_and_has_its_exit_code(project: Path) -> None:
    with full_device(project).open("wb") as full:
        done = subprocess.run([*AMLPRIV, "render", "good.yml"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 22, done.stderr
    assert done.stderr.decode().startswith("Error: No space left")
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


@posix
def test_a_full_file_is_said_and_has_its_exit_code(project: Path, process: Callable[..., Ended]) -> None:
    device = full_device(project)
    ended = process("render", "good.yml", "--out", device)
    assert (ended.code, ended.out) == (22, "")
    assert "There is no space left to write" in ended.err
    assert device.is_char_device()


def on_a_tiny_disk(project: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script beside a folder ``tiny`` with 64 KiB of space, where an ordinary user may mount one."""
    (project / "tiny").mkdir()
    mounted = f"mount -t tmpfs -o size=64k none tiny && {script}"
    try:
        done = subprocess.run(["unshare", "-rm", "sh", "-c", mounted], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if "mount:" in done.stderr or "unshare:" in done.stderr:
        pytest.skip(f"no mount here: {done.stderr.splitlines()[0]}")
    return done


@posix
def test_a_full_disk_leaves_the_old_file(project: Path) -> None:
    script = (
        "echo old > tiny/out.yml; head -c 100000 /dev/zero > tiny/fill 2>/dev/null;"
        f" '{sys.executable}' -m amlpriv render good.yml --out tiny/out.yml; echo $?; cat tiny/out.yml; ls -A tiny"
    )
    done = on_a_tiny_disk(project, script)
    assert done.stdout == "22\nold\nfill\nout.yml\n", done.stderr
    assert "no space left to write tiny/out.yml" in done.stderr


@posix
@pytest.mark.parametrize("variable", ["AMLPRIV_HOME", "TMPDIR"])
def test_a_full_disk_under_the_home_or_the_temporary_folder(project: Path, variable: str) -> None:
    """The environment file's source is a project here, so that something is built in the temporary folder."""
    example = Path(__file__).parents[2] / "environments" / "churn-train.yml"
    script = (
        "mkdir tiny/own; head -c 100000 /dev/zero > tiny/fill 2>/dev/null;"
        f" {variable}=$PWD/tiny/own '{sys.executable}' -m amlpriv publish '{example}'; echo $?"
    )
    done = on_a_tiny_disk(project, script)
    assert done.stdout.splitlines()[0] == "22", (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert "pace" in done.stderr


def crashing() -> click.Command:
    @click.command()
    @click.option("--debug", is_flag=True)
    def crash(debug: bool) -> None:
        raise ZeroDivisionError("at https://user:geheim@host/x?sig=c2VjcmV0")

    return crash


def test_a_crash_of_our_own_is_told_as_such(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([], group=crashing()) == 70
    said = capfd.readouterr().err
    assert "amlpriv itself failed: ZeroDivisionError" in said
    assert "--debug" in said
    assert "Traceback" not in said
    assert "geheim" not in said
    assert "c2VjcmV0" not in said


def test_debug_shows_where_without_the_secrets(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--debug"], group=crashing()) == 70
    said = capfd.readouterr().err
    assert "Traceback" in said
    assert "geheim" not in said
    assert "c2VjcmV0" not in said


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "latin-1", "ascii", "utf-8"])
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_letters_that_the_streams_encoding_lacks(
    project: Path, process: Callable[..., Ended], encoding: str, more: tuple[str, ...]
) -> None:
    """Windows' output is in cp1252 or cp437 where it is piped."""
    for words in (["plan", "\u4e2d\u6587.yml"], ["wheel", "inspect", "\u4e2d\u6587-1-py3-none-any.whl"], ["\u4e2d"]):
        environ = {**os.environ, "PYTHONIOENCODING": encoding}
        done = subprocess.run([*AMLPRIV, *words, *more], capture_output=True, env=environ, check=False)
        said = done.stdout + done.stderr
        assert done.returncode in (2, 3), said
        assert b"Traceback" not in said
        assert b"4e2d" in said or "\u4e2d".encode() in said
        if more:
            json.loads(done.stdout.decode("ascii"))
