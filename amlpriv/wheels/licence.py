"""Under which licence a package says it is (core metadata: License-Expression, License, Classifier)."""

from __future__ import annotations

from email.parser import HeaderParser
from typing import BinaryIO

from amlpriv.wheels.archive import DEFAULT_LIMITS, Limits, open_archive

__all__ = ["licence_of", "read_licence"]

_LONGEST = 100
"""Characters; some put the whole text there."""
_CLASSIFIER = "License :: "


def licence_of(metadata: str) -> str:
    """What METADATA or PKG-INFO says, the SPDX expression first (PEP 639); empty when it says nothing."""
    headers = HeaderParser().parsestr(metadata)
    if expression := _first_line(headers.get("License-Expression")):
        return expression
    said = _first_line(headers.get("License"))
    named = [line.rpartition(" :: ")[2] for line in headers.get_all("Classifier", []) if line.startswith(_CLASSIFIER)]
    classified = ", ".join(dict.fromkeys(named))
    # A licence's whole text begins with its title or a copyright: the classifier is the better name then.
    whole_text = "\n" in str(headers.get("License", "")).strip()
    return classified if classified and (not said or whole_text or said == "UNKNOWN") else said


def read_licence(filename: str, stream: BinaryIO, *, limits: Limits = DEFAULT_LIMITS) -> str:
    """The licence in a wheel's METADATA; empty when there is none. Raises a subclass of ``WheelFault``."""
    archive = open_archive(filename, stream, stream.seek(0, 2), limits)
    member = next((file for file in archive.files if file.path.endswith(".dist-info/METADATA")), None)
    return licence_of(archive.read(member).decode("utf-8", "replace")) if member is not None else ""


def _first_line(value: object) -> str:
    line = next((part.strip() for part in str(value or "").splitlines() if part.strip()), "")
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."
