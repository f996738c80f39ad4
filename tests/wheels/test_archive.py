from __future__ import annotations

import errno
import io
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from amlpriv.wheels.archive import DEFAULT_LIMITS, Archive, Limits, open_archive
from amlpriv.wheels.errors import (
    DamagedWheel,
    DuplicateMember,
    EncryptedWheel,
    NotAZipFile,
    TruncatedWheel,
    UnsupportedCompression,
    WheelFault,
    ZipBomb,
)
from tests.wheelhouse import write_archive

NAME = "a-1-py3-none-any.whl"
CENTRAL = b"PK\x01\x02"
LOCAL = b"PK\x03\x04"


def zipped(tmp_path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    return write_archive(tmp_path / NAME, members, compression=compression).read_bytes()


def opened(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Archive:
    return open_archive(NAME, io.BytesIO(data), len(data), limits)


def patched(data: bytes, signature: bytes, offset: int, value: bytes) -> bytes:
    """``data`` with ``value`` at ``offset`` from the first ``signature``."""
    at = data.index(signature) + offset
    return data[:at] + value + data[at + len(value) :]


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_read_as_they_were_written(tmp_path: Path, compression: int) -> None:
    members = {"a/": b"", "a/empty.py": b"", "a/b.py": b"x = 1\n" * 1000, "a/big.bin": bytes(range(256)) * 20_000}
    archive = opened(zipped(tmp_path, members, compression))
    assert {member.path: archive.read(member) for member in archive.members} == members
    assert [member.path for member in archive.files] == ["a/empty.py", "a/b.py", "a/big.bin"]


def test_two_members_can_be_read_at_once(tmp_path: Path) -> None:
    archive = opened(zipped(tmp_path, {"a": b"a" * 3_000_000, "b": b"b" * 3_000_000}, zipfile.ZIP_STORED))
    pairs = list(zip(*(archive.chunks(member) for member in archive.members), strict=True))
    assert b"".join(first for first, _ in pairs) == b"a" * 3_000_000
    assert b"".join(second for _, second in pairs) == b"b" * 3_000_000


def test_data_before_the_archive_is_left_alone(tmp_path: Path) -> None:
    """pip takes it as well."""
    archive = opened(b"#!/bin/sh\n" + zipped(tmp_path, {"a": b"text"}))
    assert archive.read(archive.members[0]) == b"text"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\n<!DOCTYPE html><html>", "HTML"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"hello", "not a zip archive"),
    ],
)
def test_another_kind_of_file_is_named(data: bytes, words: str) -> None:
    with pytest.raises(NotAZipFile, match=words):
        opened(data)


def test_an_empty_file_is_truncated() -> None:
    with pytest.raises(TruncatedWheel, match="0 bytes"):
        opened(b"")


def test_a_missing_end_is_truncated(tmp_path: Path) -> None:
    data = zipped(tmp_path, {"a": b"text" * 1000})
    with pytest.raises(TruncatedWheel, match="its end is missing"):
        opened(data[: len(data) // 2])


def test_an_archive_without_members_is_left_to_the_reader(tmp_path: Path) -> None:
    assert opened(b"PK\x05\x06" + bytes(18)).members == ()


def test_bytes_cut_out_of_the_middle_are_noticed(tmp_path: Path) -> None:
    data = zipped(tmp_path, {"a": b"text" * 1000, "b": b"more" * 1000}, zipfile.ZIP_STORED)
    with pytest.raises(WheelFault):
        opened(data[:100] + data[1100:])


def test_a_changed_byte_is_damage(tmp_path: Path) -> None:
    data = zipped(tmp_path, {"a": b"text" * 10}, zipfile.ZIP_STORED)
    archive = opened(data.replace(b"text", b"test", 1))
    with pytest.raises(DamagedWheel, match="checksum"):
        archive.read(archive.members[0])


def test_broken_deflate_data_is_damage(tmp_path: Path) -> None:
    archive = opened(patched(zipped(tmp_path, {"a": b"text" * 1000}), LOCAL, 31, b"\xff\xff\xff\xff"))
    with pytest.raises(DamagedWheel, match="a cannot be read"):
        archive.read(archive.members[0])


@pytest.mark.parametrize("signature", [LOCAL, CENTRAL])
def test_encryption_is_refused(tmp_path: Path, signature: bytes) -> None:
    data = zipped(tmp_path, {"a": b"text"})
    with pytest.raises(EncryptedWheel):
        opened(patched(data, signature, 6 if signature == LOCAL else 8, b"\x01\x00"))


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compression_is_refused(tmp_path: Path, compression: int) -> None:
    with pytest.raises(UnsupportedCompression):
        opened(zipped(tmp_path, {"a": b"text"}, compression))


def test_an_unknown_zip_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedCompression, match="zip feature"):
        opened(patched(zipped(tmp_path, {"a": b"text"}), CENTRAL, 6, b"\xff\x00"))


def test_a_local_name_that_differs_is_damage(tmp_path: Path) -> None:
    """An installer that streams would install another file than the one that was looked at."""
    with pytest.raises(DamagedWheel, match="differs"):
        opened(patched(zipped(tmp_path, {"a.py": b"text"}), LOCAL, 30, b"b"))


def test_a_member_twice_is_refused(tmp_path: Path) -> None:
    data = zipped(tmp_path, {"a.py": b"1", "b.py": b"2"})
    with pytest.raises(DuplicateMember):
        opened(data.replace(b"b.py", b"a.py"))


def test_members_that_share_their_bytes_are_a_bomb(tmp_path: Path) -> None:
    data = zipped(tmp_path, {"a": b"0" * 100, "b": b"0" * 100}, zipfile.ZIP_STORED)
    second = data.index(CENTRAL, data.index(CENTRAL) + 4)
    with pytest.raises(ZipBomb, match="shares its bytes"):
        opened(data[: second + 42] + struct.pack("<L", 0) + data[second + 46 :])


def test_a_declared_total_above_the_limit_is_a_bomb(tmp_path: Path) -> None:
    data = zipped(tmp_path, {"a": bytes(600), "b": bytes(600)})
    assert opened(data, Limits(total=1200)).members
    with pytest.raises(ZipBomb, match="1200 bytes"):
        opened(data, Limits(total=1199))


def test_a_ratio_above_the_limit_is_a_bomb_only_when_it_gets_big(tmp_path: Path) -> None:
    data = zipped(tmp_path, {"a": bytes(1 << 20)})
    assert opened(data).members
    with pytest.raises(ZipBomb, match="200 times"):
        opened(data, Limits(ratio_from=1 << 20))


def test_the_default_limits_allow_a_genuine_large_wheel() -> None:
    assert DEFAULT_LIMITS.total > 8 << 30
    assert DEFAULT_LIMITS.ratio > 100


def test_more_data_than_declared_is_a_bomb_and_reading_stops(tmp_path: Path) -> None:
    real, declared = bytes(50 << 20), 10
    data = zipped(tmp_path, {"a": real})
    for signature, crc in ((LOCAL, 14), (CENTRAL, 16)):
        data = patched(data, signature, crc, struct.pack("<L", zlib.crc32(real[:declared])))
        data = patched(data, signature, crc + 8, struct.pack("<L", declared))
    archive = opened(data)
    chunks = archive.chunks(archive.members[0])
    with pytest.raises(ZipBomb, match="beyond the 10 bytes"):
        next(chunks)


def test_less_data_than_declared_is_damage(tmp_path: Path) -> None:
    archive = opened(patched(zipped(tmp_path, {"a": b"text"}), CENTRAL, 24, struct.pack("<L", 5)))
    with pytest.raises(DamagedWheel, match="4 bytes instead of the 5"):
        archive.read(archive.members[0])


def test_bytes_behind_the_compressed_data_are_damage(tmp_path: Path) -> None:
    archive = opened(zipped(tmp_path, {"a": b"text" * 50, "b": b""}))
    member = archive.members[0]
    with pytest.raises(DamagedWheel, match="after its compressed data"):
        archive.read(replace(member, compressed=member.compressed + 4))
    with pytest.raises(DamagedWheel, match="in the middle"):
        archive.read(replace(member, compressed=member.compressed - 1))


def test_a_text_above_the_limit_is_not_read_into_memory(tmp_path: Path) -> None:
    archive = opened(zipped(tmp_path, {"a": bytes(1000)}), Limits(text=999))
    with pytest.raises(ZipBomb, match="more than the 999"):
        archive.read(archive.members[0])


def test_an_endless_list_of_members_is_not_read_into_memory(tmp_path: Path) -> None:
    data = zipped(tmp_path, {f"folder/member{number}": b"" for number in range(100)})
    with pytest.raises(ZipBomb, match="list of members"):
        opened(data, Limits(central_directory=5000))


def test_a_place_outside_of_the_file_is_damage() -> None:
    """Files answer an impossible seek with EINVAL, where streams in memory raise ValueError."""

    class Strict(io.BytesIO):
        def seek(self, offset: int, whence: int = 0, /) -> int:  # noqa: ARG002
            raise OSError(errno.EINVAL, "Invalid argument")

    with pytest.raises(DamagedWheel, match="outside of the file"):
        open_archive(NAME, Strict(), 100)


def test_a_file_that_gets_shorter_while_it_is_read_is_damage(tmp_path: Path) -> None:
    data = zipped(tmp_path, {"a": b"text" * 100}, zipfile.ZIP_STORED)
    stream = io.BytesIO(data)
    archive = open_archive(NAME, stream, len(data))
    stream.truncate(100)
    with pytest.raises(DamagedWheel, match="ends before the member does"):
        archive.read(archive.members[0])


def test_a_failing_disk_is_not_the_wheel_s_fault() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:  # noqa: ARG002
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        open_archive(NAME, Failing(), 100)
