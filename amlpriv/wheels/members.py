"""Members of a wheel: what the archive's list says about each file, and which lists are refused."""

from __future__ import annotations

import re
import stat
import zipfile
from dataclasses import dataclass

from amlpriv.wheels.errors import (
    DamagedWheel,
    DuplicateMember,
    EncryptedWheel,
    UnsafeMemberPath,
    UnsupportedCompression,
)

__all__ = ["Member", "check_members", "member_of"]

_DRIVE = re.compile(r"[A-Za-z]:")
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_METHOD_NAMES = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ"}


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of the archive's list of members."""

    path: str
    """With forward slashes; a folder's ends in one."""
    size: int
    """Bytes when expanded, as declared."""
    compressed: int
    crc: int
    method: int
    offset: int
    """Of the local header, from the start of the file."""
    executable: bool
    """Whether pip sets the executable bit: a regular file with any of the three."""

    @property
    def is_folder(self) -> bool:
        """Whether it stands for a folder."""
        return self.path.endswith("/")


def member_of(filename: str, info: zipfile.ZipInfo) -> Member:
    """The member of one zipfile entry. Raises WheelFault for what no installer should touch."""
    path = info.orig_filename  # as stored: zipfile changes ``filename`` (NUL, backslashes on Windows)
    if fault := _unsafe(path):
        raise UnsafeMemberPath(filename, fault, member=path)
    if info.filename != path:
        raise DamagedWheel(filename, "has a second, different path in its extra field.", member=path)
    if info.flag_bits & _ENCRYPTED:
        raise EncryptedWheel(filename, "is encrypted.", member=path)
    if info.compress_type not in _METHODS:
        name = _METHOD_NAMES.get(info.compress_type, "an unknown method")
        raise UnsupportedCompression(filename, f"is compressed by {name} (number {info.compress_type}).", member=path)
    if info.header_offset < 0:
        raise DamagedWheel(filename, "begins before the file does.", member=path)
    if path.endswith("/") and info.file_size:
        raise DamagedWheel(filename, "is a folder that holds bytes.", member=path)

    mode = info.external_attr >> 16
    executable = stat.S_ISREG(mode) and bool(mode & 0o111)
    return Member(
        path, info.file_size, info.compress_size, info.CRC, info.compress_type, info.header_offset, executable
    )


def check_members(filename: str, members: list[Member]) -> list[Member]:
    """``members``, no two of which are the same file. Raises DuplicateMember."""
    seen: set[str] = set()
    folders: set[str] = set()
    for member in members:
        if member.path in seen:
            raise DuplicateMember(filename, "is in the archive twice.", member=member.path)
        seen.add(member.path)
        parts = member.path.rstrip("/").split("/")
        folders.update("/".join(parts[:count]) for count in range(1, len(parts) + member.is_folder))
    if both := sorted(seen & folders):
        raise DuplicateMember(filename, "is a file and a folder at once.", member=both[0])
    return members


def _unsafe(path: str) -> str | None:
    if any(ord(character) < 32 or ord(character) == 127 for character in path) or len(path.splitlines()) != 1:
        return "has a control character in its path (or no path at all)."
    if "\\" in path:
        return "has a backslash in its path: a folder on Windows, part of the name elsewhere."
    if path.startswith("/") or _DRIVE.match(path):
        return "has an absolute path."
    parts = path.removesuffix("/").split("/")
    if ".." in parts:
        return "leaves its folder with '..'."
    if "" in parts or "." in parts:
        return "has an empty or '.' part in its path."
    return None
