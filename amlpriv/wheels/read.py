"""Read a wheel: an open binary stream -> a verified Wheel, or the error that says what is wrong with it."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from amlpriv.wheels.archive import DEFAULT_LIMITS, Archive, Limits, open_archive
from amlpriv.wheels.errors import BadDataFolder, MetadataMismatch, MissingMember, MultipleDistInfo, shown
from amlpriv.wheels.filename import WheelName, parse_filename
from amlpriv.wheels.identity import content_hash
from amlpriv.wheels.imports import import_names
from amlpriv.wheels.members import Member
from amlpriv.wheels.metadata import Metadata, WheelFile, parse_metadata, parse_wheel_file
from amlpriv.wheels.record import parse_record, verify_members
from amlpriv.wheels.wheel import Wheel

__all__ = ["read_requires_python", "read_wheel"]

_CHUNK = 1 << 20
_DIST_INFO = ".dist-info"
# PEP 427: the keys of the install schemes.
_SCHEMES = {"purelib", "platlib", "headers", "scripts", "data"}


def read_wheel(filename: str, stream: BinaryIO, *, limits: Limits = DEFAULT_LIMITS) -> Wheel:
    """Verify the wheel in ``stream`` (seekable, from its start) that is called ``filename`` (no folder before it).

    Every member is read once, in pieces of 1 MiB. Raises a subclass of ``WheelFault`` (``amlpriv.wheels.errors``).
    """
    name = parse_filename(filename)
    sha256, size = _hashed(stream)
    archive = open_archive(filename, stream, size, limits)
    dist_info = _dist_info(archive, name)
    members = {member.path: member for member in archive.files}
    record, metadata_path, wheel_path = (f"{dist_info}/{part}" for part in ("RECORD", "METADATA", "WHEEL"))
    for path in (wheel_path, metadata_path, record):
        if path not in members:
            raise MissingMember(filename, "is missing; every wheel has one (PEP 427).", member=path)
    _check_data_folders(archive)

    entries = parse_record(filename, record, archive.read(members[record]))
    contents = verify_members(archive, record, entries)
    wheel_file = parse_wheel_file(filename, wheel_path, archive.read(members[wheel_path]))
    metadata = parse_metadata(filename, metadata_path, archive.read(members[metadata_path]))
    _check_identity(filename, metadata_path, name, metadata)
    return Wheel(
        filename=filename,
        name=name.name,
        display_name=metadata.name,
        version=metadata.version,
        build=name.build,
        tags=name.tags,
        root_is_purelib=wheel_file.root_is_purelib,
        sha256=sha256,
        content_hash=content_hash(contents, metadata, wheel_file, dist_info),
        size=size,
        requires_python=metadata.requires_python,
        requires_dist=metadata.requires_dist,
        provides_extra=metadata.provides_extra,
        import_names=import_names(members),
        tag_notes=_tag_notes(name, wheel_file),
        metadata_notes=(*metadata.notes, *wheel_file.notes),
    )


def read_requires_python(filename: str, stream: BinaryIO, *, limits: Limits = DEFAULT_LIMITS) -> SpecifierSet | None:
    """The Requires-Python of a wheel, of which nothing else is verified. Raises a subclass of ``WheelFault``."""
    name = parse_filename(filename)
    archive = open_archive(filename, stream, stream.seek(0, 2), limits)
    path = f"{_dist_info(archive, name)}/METADATA"
    member = next((member for member in archive.files if member.path == path), None)
    if member is None:
        raise MissingMember(filename, "is missing; every wheel has one (PEP 427).", member=path)
    return parse_metadata(filename, path, archive.read(member)).requires_python


def _hashed(stream: BinaryIO) -> tuple[str, int]:
    stream.seek(0)
    sha256 = hashlib.sha256()
    size = 0
    while data := stream.read(_CHUNK):
        sha256.update(data)
        size += len(data)
    return sha256.hexdigest(), size


def _top(member: Member) -> str:
    return member.path.partition("/")[0]


def _dist_info(archive: Archive, name: WheelName) -> str:
    """The name of the one ``.dist-info`` folder, which must fit the file name."""
    folders = sorted({_top(member) for member in archive.members if _top(member).endswith(_DIST_INFO)})
    if not folders:
        raise MissingMember(archive.filename, f"holds no {_DIST_INFO} folder.")
    if len(folders) > 1:
        found = ", ".join(shown(folder) for folder in folders)
        raise MultipleDistInfo(archive.filename, f"holds {len(folders)} {_DIST_INFO} folders: {found}.")
    (folder,) = folders
    project, _, version = folder.removesuffix(_DIST_INFO).partition("-")
    if canonicalize_name(project) != name.name or not _fits(version, name.version):
        problem = f"belongs to another package or version than the file name ({name.name} {name.version})."
        raise MetadataMismatch(archive.filename, problem, member=folder)
    return folder


def _fits(text: str, version: Version) -> bool:
    """Whether the folder's version is ``version``; as with pip, one that is no version by PEP 440 fits."""
    try:
        return Version(text) == version
    except (InvalidVersion, ValueError):
        return True


def _check_data_folders(archive: Archive) -> None:
    for member in archive.files:
        parts = member.path.split("/")
        if parts[0].endswith(".data") and len(parts) > 1 and (len(parts) < 3 or parts[1] not in _SCHEMES):
            raise BadDataFolder(archive.filename, "is not in a folder that pip knows.", member=member.path)


def _check_identity(filename: str, member: str, name: WheelName, metadata: Metadata) -> None:
    if canonicalize_name(metadata.name) != name.name:
        problem = f"says Name: {metadata.name}, and the file name says {name.name}."
        raise MetadataMismatch(filename, problem, member=member)
    if metadata.version != name.version:
        problem = f"says Version: {metadata.version}, and the file name says {name.version}."
        raise MetadataMismatch(filename, problem, member=member)


def _tag_notes(name: WheelName, wheel_file: WheelFile) -> tuple[str, ...]:
    inside, outside = set(wheel_file.tags), {str(tag) for tag in name.tags}
    if not inside:
        return ("WHEEL has no Tag line.",)
    notes = []
    if missing := sorted(outside - inside):
        notes.append(f"The file name has tags that WHEEL does not: {', '.join(missing)}.")
    if extra := sorted(inside - outside):
        notes.append(f"WHEEL has tags that the file name does not: {', '.join(map(shown, extra))}.")
    return tuple(notes)
