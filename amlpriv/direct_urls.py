"""Take signatures out of an environment: installers write a wheel's whole URL into ``direct_url.json`` (PEP 610)."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from pathlib import Path
from urllib.parse import urlsplit

from amlpriv.files import open_binary, write_bytes
from amlpriv.secret import without_query

__all__ = ["strip_queries"]


def strip_queries(prefix: Path) -> tuple[str, ...]:
    """Rewrite every ``direct_url.json`` below ``prefix`` that has a query or a user; the names of those packages.

    RECORD is kept true (PEP 376). What cannot be read is removed: it might hold a signature. Raises StorageFullError
    and InputError.
    """
    return tuple(
        path.parent.name.removesuffix(".dist-info")
        for path in sorted(prefix.rglob("*.dist-info/direct_url.json"))
        if _strip(path)
    )


def _strip(path: Path) -> bool:
    with open_binary(path) as stream:
        data = stream.read()
    try:
        content = json.loads(data)
        parts = urlsplit(content["url"])
        user = parts.netloc.rpartition("@")[0]
        secret = bool(parts.query) or user not in ("", "git")
        content["url"] = without_query(content["url"])
        new: bytes | None = json.dumps(content).encode()
    except (ValueError, KeyError, TypeError, AttributeError):
        secret, new = True, None
    if not secret:
        return False
    if new is None:
        path.unlink()
    else:
        write_bytes(path, new)
    _record(path, new)
    return True


def _record(path: Path, data: bytes | None) -> None:
    """Bring the file's line in RECORD up to date, or take it out."""
    record = path.with_name("RECORD")
    if not record.is_file():
        return
    with open_binary(record) as stream:
        text = stream.read().decode("utf-8")
    name = f"{path.parent.name}/{path.name}"
    rows = [row for row in csv.reader(io.StringIO(text)) if row and row[0].replace("\\", "/") != name]
    if data is not None:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append([name, f"sha256={digest}", str(len(data))])
    output = io.StringIO()
    csv.writer(output, lineterminator="\r\n" if "\r\n" in text else "\n").writerows(sorted(rows))
    write_bytes(record, output.getvalue().encode("utf-8"))
