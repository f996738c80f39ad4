"""Requirements on a local path taken out of a wheel: ``name @ file:///...`` becomes ``name``.

Poetry writes its path dependencies into the wheel so, and Hatch and PDM what their projects say. Such an address means
something on the machine that built the wheel, or nothing at all after a build in a copy; pip refuses it elsewhere, and
it differs from build to build. Everything else in the wheel stays as it is, in its order.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import shutil
import zipfile
from typing import BinaryIO

from packaging.requirements import InvalidRequirement, Requirement

__all__ = ["unlink"]

_HEADER = "Requires-Dist:"


def unlink(wheel: BinaryIO, into: BinaryIO) -> bool:
    """Write a wheel without such requirements; False, and nothing written, when it has none.

    The wheel is one that was built just now: what is no wheel at all is left for those who read it.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.count("/") == 1]
            metadata = next((name for name in names if name.endswith(".dist-info/METADATA")), None)
            if metadata is None:
                return False
            text = archive.read(metadata).decode("utf-8")
            changed = _without_links(text)
            if changed == text:
                return False
            _rewrite(archive, {metadata: changed.encode("utf-8")}, into)
            return True
    except (zipfile.BadZipFile, UnicodeDecodeError):
        return False


def _without_links(text: str) -> str:
    """The metadata with plain names; its body, behind the first blank line, is prose."""
    lines = text.splitlines(keepends=True)
    end = next((number for number, line in enumerate(lines) if not line.strip()), len(lines))
    return "".join([*(_unlinked(line) for line in lines[:end]), *lines[end:]])


def _unlinked(line: str) -> str:
    if not line.startswith(_HEADER):
        return line
    try:
        requirement = Requirement(line[len(_HEADER) :].strip())
    except InvalidRequirement:
        return line
    if not (requirement.url or "").lower().startswith("file:"):
        return line
    requirement.url = None
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
