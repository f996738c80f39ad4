"""Reading input and writing results."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from amlpriv.errors import InputError, StorageFullError
from amlpriv.files import create_private_directory, move, open_binary, read_text, write_bytes, write_text

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX file modes")
not_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"a\n", "a\n"),
        ("größe\r\nzwei".encode(), "größe\r\nzwei"),
        (b"\xef\xbb\xbfname: x\n", "name: x\n"),
    ],
)
def test_utf8_is_read_as_it_is(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "in.yml"
    path.write_bytes(data)
    assert read_text(path) == text


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        ("name".encode("utf-16"), "This file is UTF-16.", None),
        ("a\nb".encode("utf-16-le"), "NUL byte", 1),
        (b"one\ntwo\xff\n", "The byte 0xff is not UTF-8.", 2),
        ("Gr\xfc\xdfe".encode("latin-1"), "The byte 0xfc is not UTF-8.", 1),
    ],
)
def test_other_encodings_are_named_with_the_line(tmp_path: Path, data: bytes, message: str, line: int | None) -> None:
    path = tmp_path / "in.yml"
    path.write_bytes(data)
    with pytest.raises(InputError, match=message) as caught:
        read_text(path)
    assert (caught.value.file, caught.value.line) == (str(path), line)
    assert "UTF-8" in str(caught.value.hint)


def test_a_missing_file_is_named_with_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "environment.yml").touch()
    with pytest.raises(InputError, match="does not exist") as caught:
        read_text(tmp_path / "environment.yaml")
    assert caught.value.hint == "Did you mean environment.yml?"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere does not exist either"):
        read_text(tmp_path / "nowhere" / "a.yml")


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="This is a folder"):
        read_text(tmp_path)
    with pytest.raises(InputError, match="This is a folder"):
        open_binary(tmp_path)


def test_a_name_that_no_file_can_have_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a file name"):
        read_text(tmp_path / "a\0b")
    with pytest.raises(InputError, match="not a file name"):
        write_text(tmp_path / "a\0b", "")


@posix
@not_root
def test_a_file_of_somebody_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / "in.yml"
    path.touch(mode=0o000)
    with pytest.raises(InputError, match="may not be read"):
        read_text(path)


def test_what_is_written_is_read_again_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "out.yml"
    write_text(path, "größe\r\nzwei\n")
    assert path.read_bytes() == "größe\r\nzwei\n".encode()
    write_bytes(path, b"\x00\r\n")
    assert path.read_bytes() == b"\x00\r\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.yml"]


@posix
def test_private_files_are_for_their_owner_also_over_an_open_one(tmp_path: Path) -> None:
    path = tmp_path / "conda.yml"
    path.write_text("old")
    path.chmod(0o644)
    write_text(path, "new", private=True)
    assert mode(path) == 0o600


@posix
def test_other_files_keep_their_mode(tmp_path: Path) -> None:
    path = tmp_path / "run.sh"
    path.write_text("old")
    path.chmod(0o750)
    write_text(path, "new")
    assert mode(path) == 0o750


@posix
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yml", tmp_path / "link.yml"
    real.write_text("old")
    link.symlink_to(real)
    write_text(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_missing_folder_a_folder_and_a_file_in_the_way_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder does not exist"):
        write_text(tmp_path / "no" / "out.yml", "x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r"folder|may not be written"):
        write_text(tmp_path / "folder", "x")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="a folder is needed"):
        create_private_directory(tmp_path / "file")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]


FULL = """
import os, subprocess, sys
from pathlib import Path
from amlpriv.errors import StorageFullError
from amlpriv.files import write_bytes
folder = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)], check=True)
path = folder / "state.json"
write_bytes(path, b"old")
try:
    write_bytes(path, b"x" * 1_000_000)
except StorageFullError as error:
    print("full", error.exit_code, path.name in str(error), path.read_bytes(), os.listdir(folder))
"""


def test_a_full_disk_keeps_the_old_content_and_leaves_nothing(tmp_path: Path) -> None:
    """On a real file system of 64 kB."""
    if shutil.which("unshare") is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("mounting a small file system needs Linux and root")
    command = ["unshare", "--mount", sys.executable, "-c", FULL, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "mount:" in done.stderr or "unshare:" in done.stderr:
        pytest.skip(f"no mount here: {done.stderr.splitlines()[0]}")
    assert done.stdout == "full 22 True b'old' ['state.json']\n", done.stderr


WRITE_FOR_EVER = """
import sys
from pathlib import Path
from amlpriv.files import write_bytes
path = Path(sys.argv[1])
print("ready", flush=True)
while True:
    write_bytes(path, b"n" * 20_000_000)
"""


@posix
def test_ctrl_c_leaves_the_old_or_the_new_content_and_no_other_file(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(b"old")
    for delay in (0.0, 0.013, 0.03):
        command = [sys.executable, "-c", WRITE_FOR_EVER, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(delay)
            process.send_signal(signal.SIGINT)
            process.wait(20)
        assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]
        assert path.read_bytes() in (b"old", b"n" * 20_000_000)


@posix
def test_a_private_directory_is_for_its_owner_also_when_it_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "home"
    create_private_directory(folder)
    assert mode(folder) == 0o700
    folder.chmod(0o755)
    create_private_directory(folder)
    assert mode(folder) == 0o700


@posix
def test_a_named_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    """So do devices: --out /dev/stdout, or a process substitution of the shell."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_bytes(pipe, b"new")
        assert os.read(reader, 100) == b"new"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert [entry.name for entry in tmp_path.iterdir()] == ["pipe"]


@posix
def test_a_full_device_is_a_named_error_and_stays(tmp_path: Path) -> None:
    device = Path("/dev/full")
    if os.access("/dev", os.W_OK):  # a mistake must not replace the machine's own
        device = tmp_path / "full"
        try:
            os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 7))
            device.open("wb").close()
        except OSError as error:
            pytest.skip(f"no device here: {error}")
    elif not device.exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(StorageFullError):
        write_bytes(device, b"new")
    assert stat.S_ISCHR(device.stat().st_mode)


def named_pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes of POSIX")
@pytest.mark.parametrize("read", [read_text, open_binary])
def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path, read: Callable[[Path], object]) -> None:
    for path in (named_pipe(tmp_path / "pipe"), Path("/dev/zero")):
        with pytest.raises(InputError, match="device or a pipe") as caught:
            read(path)
        assert caught.value.file == str(path)


def test_a_huge_text_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "data.yml").open("wb") as stream:
        stream.truncate(16 * 1024 * 1024 + 1)
    with pytest.raises(InputError, match="more than 16 MiB"):
        read_text(tmp_path / "data.yml")


def test_a_file_is_moved_over_another(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "new").write_bytes(b"new")
    move(tmp_path / "new", tmp_path / "old")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("old", b"new")]
    with pytest.raises(InputError, match="does not exist"):
        move(tmp_path / "old", tmp_path / "nowhere" / "old")


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/shm is another file system")
def test_a_file_is_moved_to_another_disk(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
        source = Path(other, "a.whl")
        source.write_bytes(b"wheel")
        move(source, tmp_path / "a.whl")
        assert not source.exists()
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.whl", b"wheel")]
