"""Addresses of packages that are shipped beside a wheel, taken out of it: ``name @ file:///...`` becomes ``name``.

Poetry writes its path and git dependencies into the wheel so, and Hatch and PDM what their projects say. The address of
a file means something on the machine that built the wheel, or nothing at all after a build in a copy, and differs from
build to build. And pip takes no package from another address than the one that a requirement names. Everything else in
the wheel stays as it is, in its order.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import shutil
import zipfile
from collections.abc import Collection
from typing import BinaryIO

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

__all__ = ["unlink"]

_HEADER = "Requires-Dist:"


def unlink(wheel: BinaryIO, into: BinaryIO, names: Collection[str] = ()) -> dict[str, str]:
    """Write a wheel without the addresses of files, and of packages in ``names`` (normalised).

    Returns what was taken out, by name; nothing is written when that is nothing, nor for what is no wheel at all.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            top = [member for member in archive.namelist() if member.count("/") == 1]
            metadata = next((member for member in top if member.endswith(".dist-info/METADATA")), None)
            if metadata is None:
                return {}
            lines = archive.read(metadata).decode("utf-8").splitlines(keepends=True)
            taken: dict[str, str] = {}
            for number, line in enumerate(lines):
                if not line.strip():  # what follows is prose
                    break
                lines[number] = _unlinked(line, names, taken)
            if taken:
                _rewrite(archive, {metadata: "".join(lines).encode("utf-8")}, into)
            return taken
    except (zipfile.BadZipFile, UnicodeDecodeError):
        return {}


def _unlinked(line: str, names: Collection[str], taken: dict[str, str]) -> str:
    """The line with a plain name in place of an address, which is noted."""
    if not line.startswith(_HEADER):
        return line
    try:
        requirement = Requirement(line[len(_HEADER) :].strip())
    except InvalidRequirement:
        return line
    url, name = requirement.url, str(canonicalize_name(requirement.name))
    if url is None or not (url.lower().startswith("file:") or name in names):
        return line
    taken[name], requirement.url = url, None
    return f"{_HEADER} {requirement}{line[len(line.rstrip()) :]}"


def _rewrite(archive: zipfile.ZipFile, changed: dict[str, bytes], into: BinaryIO) -> None:
    with zipfile.ZipFile(into, "w") as target:
        for info in archive.infolist():
            data = changed.get(info.filename)
            if info.filename.count("/") == 1 and info.filename.endswith(".dist-info/RECORD"):
                data = _record(archive.read(info).decode("utf-8"), changed)
            if data is not None:
                target.writestr(info, data, compress_type=info.compress_type)
                continue
            with archive.open(info) as source, target.open(info, "w") as copy:
                shutil.copyfileobj(source, copy)


def _record(text: str, changed: dict[str, bytes]) -> bytes:
    """The RECORD with new hashes and sizes (PEP 376, PEP 427)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in csv.reader(io.StringIO(text)):
        data = changed.get(row[0]) if row else None
        if data is not None:
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            row = [row[0], f"sha256={digest}", str(len(data))]
        writer.writerow(row)
    return out.getvalue().encode("utf-8")
