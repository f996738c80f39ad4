"""RECORD: what every member of a wheel must be (PEP 376, PEP 427)."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

from amlpriv.wheels.archive import Archive
from amlpriv.wheels.errors import BadRecord, MissingMember, RecordMismatch, RecordMissingEntry
from amlpriv.wheels.identity import Content
from amlpriv.wheels.members import Member

__all__ = ["RecordEntry", "parse_record", "verify_members"]

# PEP 427: "sha256 or better".
_ALGORITHMS = {"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512", "blake2b", "blake2s"}
_SIZE = re.compile(r"[0-9]{1,19}")
_SIGNATURES = ("RECORD.jws", "RECORD.p7s")


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """One row of RECORD."""

    algorithm: str
    digest: str
    """URL-safe base64 without padding; empty for RECORD itself."""
    size: int | None


def parse_record(filename: str, member: str, data: bytes) -> dict[str, RecordEntry]:
    """The rows of the RECORD at ``member`` by path. Raises BadRecord, with the line."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRecord(filename, "is not UTF-8.", member=member) from error

    entries: dict[str, RecordEntry] = {}
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            path, entry = _entry(filename, member, row, reader.line_num)
            if entries.setdefault(path, entry) != entry:
                raise BadRecord(filename, f"lists {path!r} twice, with different values.", member=member)
    except csv.Error as error:
        raise BadRecord(filename, f"is not CSV in line {reader.line_num}: {error}.", member=member) from error
    _check_own_rows(filename, member, entries)
    return entries


def verify_members(archive: Archive, record: str, entries: Mapping[str, RecordEntry]) -> list[Content]:
    """Read every member and compare it with RECORD at the path ``record``; what was read. Raises WheelFault."""
    signatures = {f"{record.rpartition('/')[0]}/{name}" for name in _SIGNATURES}
    present = {member.path for member in archive.files}
    for path in entries:
        if path not in present:
            raise MissingMember(archive.filename, "is listed in RECORD and not in the wheel.", member=path)
    for path in sorted(present - signatures):
        if path not in entries:
            raise RecordMissingEntry(archive.filename, "is not listed in RECORD.", member=path)
    return [
        _verify(archive, member, None if member.path in signatures | {record} else entries[member.path])
        for member in archive.files
    ]


def _entry(filename: str, member: str, row: list[str], line: int) -> tuple[str, RecordEntry]:
    if len(row) != 3:
        problem = f"has {len(row)} columns in line {line} instead of path, hash and size."
        raise BadRecord(filename, problem, member=member)
    path, digest, size = row
    if not digest and not size:
        return path, RecordEntry("", "", None)
    algorithm, equals, value = digest.partition("=")
    if not equals or not value:
        raise BadRecord(filename, f"has no hash for {path!r} (line {line}).", member=member)
    if algorithm not in _ALGORITHMS:
        problem = f"uses {algorithm!r} for {path!r} (line {line}); installers want sha256 or better."
        raise BadRecord(filename, problem, member=member)
    if _SIZE.fullmatch(size) is None:
        raise BadRecord(filename, f"has the size {size!r} for {path!r} (line {line}).", member=member)
    return path, RecordEntry(algorithm, value, int(size))


def _check_own_rows(filename: str, record: str, entries: Mapping[str, RecordEntry]) -> None:
    """RECORD cannot hash itself, its signatures come after it, and everything else has a hash."""
    for path, entry in entries.items():
        if path == record and entry.digest:
            raise BadRecord(filename, "has a hash of itself.", member=record)
        if path in {f"{record}{suffix}" for suffix in (".jws", ".p7s")}:
            raise BadRecord(filename, f"lists its own signature {path!r}.", member=record)
        if path != record and not entry.digest:
            raise BadRecord(filename, f"has no hash for {path!r}.", member=record)


def _verify(archive: Archive, member: Member, entry: RecordEntry | None) -> Content:
    sha256 = hashlib.sha256()
    other = hashlib.new(entry.algorithm) if entry is not None and entry.algorithm != "sha256" else None
    for data in archive.chunks(member):
        sha256.update(data)
        if other is not None:
            other.update(data)

    if entry is not None:
        if entry.size != member.size:
            raise RecordMismatch(
                archive.filename, "size", member=member.path, expected=str(entry.size), got=str(member.size)
            )
        got = base64.urlsafe_b64encode((other or sha256).digest()).rstrip(b"=").decode("ascii")
        if entry.digest != got:
            raise RecordMismatch(archive.filename, entry.algorithm, member=member.path, expected=entry.digest, got=got)
    return Content(member.path, sha256.hexdigest(), member.executable)
