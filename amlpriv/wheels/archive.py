"""The zip archive under a wheel: its list of members, checked, and their bytes, streamed and checked.

``zipfile`` reads the central directory only. Members are inflated here, because it silently stops at the declared size,
and because an installer that reads the local headers must find the same.
"""

from __future__ import annotations

import errno
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from amlpriv.wheels.errors import (
    DamagedWheel,
    EncryptedWheel,
    NotAZipFile,
    TruncatedWheel,
    UnsupportedCompression,
    WheelFault,
    ZipBomb,
)
from amlpriv.wheels.members import Member, check_members, member_of

__all__ = ["DEFAULT_LIMITS", "Archive", "Limits", "open_archive"]

_CHUNK = 1 << 20
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_LOCAL_SIGNATURE = b"PK\x03\x04"
_UTF8_NAME = 0x800
# What zipfile, zlib and struct raise on damaged bytes, apart from OSError and NotImplementedError.
_DAMAGE = (
    ArithmeticError,
    EOFError,
    LookupError,
    RuntimeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
_NOT_ZIP = {
    b"<": "is an HTML or XML page, mostly the sign-in or error page of the server it was downloaded from.",
    b"version https://git-lfs": "is a Git LFS pointer; fetch the file itself with `git lfs pull`.",
    b"\x1f\x8b": "is a gzip file, mostly a source archive (.tar.gz) with another name.",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a wheel may expand. The defaults leave room for a genuine wheel of many GiB."""

    total: int = 16 << 30
    """Bytes of all members together."""
    ratio: int = 200
    """Bytes of all members per byte of the file; looked at from ``ratio_from`` bytes on. Deflate ends at about 1030."""
    ratio_from: int = 256 << 20
    text: int = 32 << 20
    """Bytes of RECORD, METADATA and WHEEL each: they are read into memory."""
    central_directory: int = 16 << 20
    """Bytes of the list of members: about 100 000 of them."""


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Archive:
    """An open wheel whose list of members is sound. It reads ``stream`` as long as that is open."""

    filename: str
    stream: BinaryIO
    members: tuple[Member, ...]
    """Files and folders, in the order of the archive."""
    limits: Limits

    @property
    def files(self) -> tuple[Member, ...]:
        """The members that are not folders."""
        return tuple(member for member in self.members if not member.is_folder)

    def chunks(self, member: Member) -> Iterator[bytes]:
        """The bytes of ``member``; its size and CRC are checked on the way. Raises WheelFault."""
        crc = size = 0
        with _translated(self.filename, member.path):
            for data in self._expanded(member):
                size += len(data)
                if size > member.size:
                    problem = f"expands beyond the {member.size} bytes that it declares."
                    raise ZipBomb(self.filename, problem, member=member.path)
                crc = zlib.crc32(data, crc)
                yield data
        if size != member.size:
            problem = f"has {size} bytes instead of the {member.size} that the archive declares."
            raise DamagedWheel(self.filename, problem, member=member.path)
        if crc != member.crc:
            raise DamagedWheel(self.filename, "does not have the checksum (CRC) of the archive.", member=member.path)

    def read(self, member: Member) -> bytes:
        """All bytes of ``member``, at most ``limits.text``. Raises WheelFault."""
        if member.size > self.limits.text:
            problem = f"has {member.size} bytes, more than the {self.limits.text} that are read of such a file."
            raise ZipBomb(self.filename, problem, member=member.path)
        return b"".join(self.chunks(member))

    def _expanded(self, member: Member) -> Iterator[bytes]:
        raw = _raw(self.stream, member)
        if member.method == zipfile.ZIP_STORED or (member.compressed == member.size == 0):
            yield from raw
            return
        engine = zlib.decompressobj(-zlib.MAX_WBITS)
        while not engine.eof:
            data = engine.unconsumed_tail or next(raw, b"")
            expanded = engine.decompress(data, _CHUNK)
            if not data and not expanded:
                raise DamagedWheel(self.filename, "ends in the middle of its compressed data.", member=member.path)
            yield expanded
        if engine.unused_data or engine.unconsumed_tail or next(raw, b""):
            raise DamagedWheel(self.filename, "has bytes after its compressed data.", member=member.path)


def open_archive(filename: str, stream: BinaryIO, size: int, limits: Limits = DEFAULT_LIMITS) -> Archive:
    """The members of a wheel of ``size`` bytes, safe to expand one by one. Raises WheelFault."""
    with _translated(filename, None):
        stream.seek(0)
        _check_start(filename, stream.read(32), size)
        try:
            archive = zipfile.ZipFile(_Frugal(filename, stream, limits.central_directory))
        except zipfile.BadZipFile as error:
            raise _unreadable(filename, stream, error) from error
        members = check_members(filename, [member_of(filename, info) for info in archive.infolist()])
        _check_expansion(filename, members, size, limits)
        _check_places(filename, stream, archive)
    return Archive(filename, stream, tuple(members), limits)


class _Frugal:
    """What zipfile reads from: refuses to take a central directory of any size into memory."""

    def __init__(self, filename: str, stream: BinaryIO, most: int) -> None:
        self._filename = filename
        self._stream = stream
        self._most = most

    def read(self, size: int = -1, /) -> bytes:
        if size < 0:  # zipfile asks for the rest of the file, near its end
            place = self._stream.tell()
            size = self._stream.seek(0, 2) - place
            self._stream.seek(place)
        if size > self._most:
            raise ZipBomb(self._filename, f"has a list of members of {size} bytes, more than {self._most}.")
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()


@contextmanager
def _translated(filename: str, member: str | None) -> Iterator[None]:
    """Whatever zipfile, zlib and struct raise on damaged bytes, as a WheelFault."""
    try:
        yield
    except WheelFault:
        raise
    except NotImplementedError as error:
        raise UnsupportedCompression(filename, f"uses a zip feature that is not supported: {error}.") from error
    except OSError as error:
        # A damaged offset makes a seek fail; every other OSError is the disk's and not the wheel's.
        if error.errno not in (errno.EINVAL, errno.EOVERFLOW):
            raise
        raise DamagedWheel(filename, "points outside of the file.", member=member) from error
    except _DAMAGE as error:
        raise DamagedWheel(filename, f"cannot be read: {error}.", member=member) from error


def _check_start(filename: str, start: bytes, size: int) -> None:
    if size == 0:
        raise TruncatedWheel(filename, "is empty (0 bytes).")
    for magic, meaning in _NOT_ZIP.items():
        if start.lstrip().startswith(magic):
            raise NotAZipFile(filename, f"is not a zip archive: it {meaning}")


def _unreadable(filename: str, stream: BinaryIO, error: zipfile.BadZipFile) -> WheelFault:
    stream.seek(0)
    if stream.read(4) != _LOCAL_SIGNATURE:
        return NotAZipFile(filename, "is not a zip archive.")
    if "not a zip file" in str(error):
        return TruncatedWheel(filename, "begins as a zip archive, and its end is missing.")
    return DamagedWheel(filename, f"has a damaged list of members: {error}.")


def _check_expansion(filename: str, members: list[Member], size: int, limits: Limits) -> None:
    total = sum(member.size for member in members)
    if total > limits.total:
        raise ZipBomb(filename, f"expands to {total} bytes, more than the {limits.total} that are allowed.")
    if total >= limits.ratio_from and total > limits.ratio * size:
        problem = f"expands from {size} to {total} bytes, more than {limits.ratio} times its size."
        raise ZipBomb(filename, problem)


def _check_places(filename: str, stream: BinaryIO, archive: zipfile.ZipFile) -> None:
    """The local header of each member says the same as the central directory, and no two members share bytes."""
    end_before = 0
    for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
        member = info.orig_filename
        if info.header_offset < end_before:
            raise ZipBomb(filename, "shares its bytes with another member.", member=member)
        stream.seek(info.header_offset)
        header = stream.read(_LOCAL_HEADER.size)
        if len(header) != _LOCAL_HEADER.size:
            raise TruncatedWheel(filename, "is missing.", member=member)
        signature, _, flags, method, *_, name_size, extra_size = _LOCAL_HEADER.unpack(header)
        name = stream.read(name_size).decode("utf-8" if flags & _UTF8_NAME else "cp437")
        if (signature, method, name) != (_LOCAL_SIGNATURE, info.compress_type, member):
            raise DamagedWheel(filename, "has a header that differs from the archive's list of members.", member=member)
        if flags & 1:
            raise EncryptedWheel(filename, "is encrypted.", member=member)
        end_before = info.header_offset + _LOCAL_HEADER.size + name_size + extra_size + info.compress_size
        if end_before > archive.start_dir:
            raise TruncatedWheel(filename, "ends after the end of the archive's data.", member=member)


def _raw(stream: BinaryIO, member: Member) -> Iterator[bytes]:
    stream.seek(member.offset)
    header = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
    place = member.offset + _LOCAL_HEADER.size + header[-2] + header[-1]
    left = member.compressed
    while left:
        # Sought each time: the caller may read another member between two chunks.
        stream.seek(place)
        data = stream.read(min(_CHUNK, left))
        if not data:
            raise EOFError("the file ends before the member does")
        place += len(data)
        left -= len(data)
        yield data
