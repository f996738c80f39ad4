from __future__ import annotations

import stat
import zipfile

import pytest

from amlpriv.wheels.errors import DamagedWheel, DuplicateMember, UnsafeMemberPath, UnsupportedCompression
from amlpriv.wheels.members import Member, check_members, member_of


def entry(path: str, mode: int = 0o100644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("placeholder")
    info.filename = info.orig_filename = path
    info.external_attr = mode << 16
    info.CRC = info.compress_size = info.file_size = info.header_offset = 0
    return info


def members(*paths: str) -> list[Member]:
    return [member_of("a.whl", entry(path)) for path in paths]


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../a.py",
        "a/../../b.py",
        "a/..",
        "C:/a.py",
        "c:a.py",
        "a\\b.py",
        "\\\\host\\share\\a.py",
        "a.py\x00.txt",
        "a\nb.py",
        "a\u2028b.py",
        "a//b.py",
        "./a.py",
        "a/./b.py",
        "",
        "/",
        "a//",
    ],
)
def test_paths_that_leave_their_folder_are_refused(path: str) -> None:
    with pytest.raises(UnsafeMemberPath):
        members(path)


@pytest.mark.parametrize(
    "path", ["a.py", "a/b..c/d.py", "a/..b", "größe/文.py", "a b/(c).py", "a/b/", "...", "ab:c.py"]
)
def test_other_paths_are_left_alone(path: str) -> None:
    assert members(path)[0].path == path


@pytest.mark.parametrize(
    ("mode", "executable"),
    [
        (stat.S_IFREG | 0o755, True),
        (stat.S_IFREG | 0o654, True),
        (stat.S_IFREG | 0o644, False),
        (0o755, False),
        (stat.S_IFLNK | 0o777, False),
        (0, False),
    ],
)
def test_a_member_is_executable_when_pip_makes_it_so(mode: int, executable: bool) -> None:
    assert member_of("a.whl", entry("a", mode)).executable is executable


@pytest.mark.parametrize("paths", [("a", "a"), ("a", "a/b"), ("a/b/c", "a/b"), ("a", "a/"), ("a/", "a/")])
def test_two_members_that_are_one_file_are_refused(paths: tuple[str, ...]) -> None:
    with pytest.raises(DuplicateMember):
        check_members("a.whl", members(*paths))


def test_folders_beside_their_files_are_left_alone() -> None:
    listed = members("a/", "a/b/", "a/b/c", "a/bc", "ab")
    assert check_members("a.whl", listed) == listed


def test_a_second_path_in_the_extra_field_is_refused() -> None:
    info = entry("a.py")
    info.filename = "b.py"
    with pytest.raises(DamagedWheel, match="second, different path"):
        member_of("a.whl", info)


def test_a_folder_with_bytes_is_refused() -> None:
    info = entry("a/")
    info.file_size = 3
    with pytest.raises(DamagedWheel, match="a folder that holds bytes"):
        member_of("a.whl", info)


@pytest.mark.parametrize(("method", "name"), [(12, "bzip2"), (14, "LZMA"), (93, "Zstandard"), (77, "unknown")])
def test_other_compression_is_refused_by_name(method: int, name: str) -> None:
    info = entry("a.py")
    info.compress_type = method
    with pytest.raises(UnsupportedCompression, match=name):
        member_of("a.whl", info)
