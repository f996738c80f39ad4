"""Names of assets as file names that every file system keeps apart."""

from __future__ import annotations

import hashlib
import re

__all__ = ["file_name"]

_KEPT = re.compile(r"[a-z0-9._-]")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)")
_LONGEST = 72


def file_name(name: str) -> str:
    """``name`` as a file name (without a suffix), percent-encoded where it must be.

    Capital letters are encoded, so that names which differ only in case stay apart on Windows and macOS; so are device
    names of Windows, and dots and underscores at the start. A long name is cut and gets a hash; the whole name stands
    in the file.
    """
    encoded = "".join(char if _KEPT.match(char) else _percent(char) for char in name)
    if encoded[:1] in (".", "_") or _RESERVED.match(encoded):
        encoded = _percent(encoded[0]) + encoded[1:]
    if encoded.endswith("."):
        encoded = encoded[:-1] + _percent(".")
    if len(encoded) > _LONGEST:
        digest = hashlib.sha256(_bytes(name)).hexdigest()[:16]
        encoded = f"{encoded[:40].rstrip('.')}~{digest}"
    return encoded


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in _bytes(text))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
