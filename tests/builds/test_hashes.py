"""Content hashes of files, and when a file is read again."""

from __future__ import annotations

import os
import time
from hashlib import sha256
from pathlib import Path

import pytest

from amlpriv.builds.hashes import FileHashes, hash_file

LONG_AGO = time.time() - 1000


def settled(path: Path, text: str) -> Path:
    """A file that was changed some time ago; its inode as well, for it is made elsewhere and waited for."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def test_kind_and_content_are_told(tmp_path: Path) -> None:
    plain, program = tmp_path / "plain", tmp_path / "program"
    for path in (plain, program):
        path.write_bytes(b"content")
    program.chmod(0o755)
    hashes = FileHashes(tmp_path, tmp_path / "notes")
    digest = sha256(b"content").hexdigest()
    assert hashes.of("plain") == ("-", digest)
    assert hashes.of("program") == ("x" if os.name == "posix" else "-", digest)
    assert hash_file(plain) == digest


def test_a_fresh_file_is_read_every_time_so_that_an_edit_in_the_same_moment_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    status = path.stat()
    hashes = FileHashes(tmp_path, tmp_path / "notes")
    first = hashes.of("a")
    path.write_text("two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert hashes.of("a") != first
    hashes.keep()
    assert not (tmp_path / "notes").exists()


@pytest.mark.skipif(os.name != "posix", reason="the time of a change of the inode is POSIX")
def test_an_untouched_file_is_read_once_also_by_the_next_process(tmp_path: Path) -> None:
    """Shown by a file that may not be read any more... and by what the notes say about it."""
    path = settled(tmp_path / "a", "one")
    time.sleep(2.2)  # until its inode has settled too
    hashes = FileHashes(tmp_path, tmp_path / "notes")
    first = hashes.of("a")
    hashes.keep()
    (notes,) = (tmp_path / "notes").iterdir()
    text = notes.read_text(encoding="utf-8")
    assert first[1] in text
    assert notes.stat().st_mode & 0o077 == 0
    notes.write_text(text.replace(first[1], "0" * 64))
    assert FileHashes(tmp_path, tmp_path / "notes").of("a") == ("-", "0" * 64)
    settled(path, "two")  # same size, same time of its content: the inode tells
    assert FileHashes(tmp_path, tmp_path / "notes").of("a") == ("-", sha256(b"two").hexdigest())


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1, "files": {"a": [1, 2]}}', '{"schema": 9, "files": {}}'])
def test_damaged_notes_are_none(tmp_path: Path, text: str) -> None:
    settled(tmp_path / "a", "one")
    hashes = FileHashes(tmp_path, tmp_path / "notes")
    name = sha256(os.fsencode(tmp_path)).hexdigest()[:32]
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / f"{name}.json").write_text(text)
    assert FileHashes(tmp_path, tmp_path / "notes").of("a") == hashes.of("a")


@pytest.mark.skipif(os.name != "posix", reason="links need a privilege on Windows")
def test_a_link_counts_with_what_it_leads_to_in_the_end(tmp_path: Path) -> None:
    whole = tmp_path / "project"
    (whole / "deep").mkdir(parents=True)
    (tmp_path / "outside").write_text("one")
    (whole / "inside").write_text("one")
    links = {"a": "inside", "b": "../outside", "c": "nowhere", "d": "b"}
    for name, aim in links.items():
        (whole / name).symlink_to(aim)
    hashes = FileHashes(whole, tmp_path / "notes")
    before = {name: hashes.of(name) for name in links}
    assert before["c"] == ("l", "nowhere")
    (tmp_path / "outside").write_text("two")
    (whole / "inside").write_text("two")
    assert [name for name in links if hashes.of(name) != before[name]] == ["a", "b", "d"]


@pytest.mark.skipif(os.name != "posix", reason="links need a privilege on Windows")
def test_a_link_to_a_folder_has_no_hash_unless_that_one_is_looked_through(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a").symlink_to("deep")
    hashes = FileHashes(tmp_path, tmp_path / "notes")
    with pytest.raises(ValueError, match="leads to a folder elsewhere"):
        hashes.of("a")
    assert hashes.of("a", lambda folder: folder == tmp_path / "deep") == ("l", "deep")


def test_notes_that_cannot_be_written_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("a file")
    settled(tmp_path / "a", "one")
    hashes = FileHashes(tmp_path, tmp_path / "notes")
    hashes.of("a")
    hashes.keep()
    assert (tmp_path / "notes").read_text() == "a file"
