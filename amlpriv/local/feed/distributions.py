"""Whether an uploaded file is what it says it is: a wheel or a source distribution with matching metadata."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

__all__ = ["BadDistribution", "Distribution", "named", "read_distribution"]

_MOST_METADATA = 4 * 1024 * 1024


class BadDistribution(Exception):  # noqa: N818  # it is caught in one place and becomes a 400
    """Why a file is no distribution."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a distribution says of itself."""

    name: str
    """Normalised."""
    version: str
    """Normalised."""
    requires_python: str | None = None


def named(filename: str) -> Distribution:
    """What a file name says. Raises BadDistribution."""
    try:
        if filename.endswith(".whl"):
            name, version = parse_wheel_filename(filename)[:2]
        else:
            name, version = parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion) as error:
        raise BadDistribution(f"'{filename}' is not the name of a wheel or a source distribution: {error}") from None
    if "/" in filename or "\\" in filename or filename.startswith(".") or not filename.isprintable():
        raise BadDistribution(f"'{filename}' is not the name of a wheel or a source distribution.")
    return Distribution(name, str(version))


def read_distribution(filename: str, path: Path) -> Distribution:
    """What the file at ``path``, uploaded as ``filename``, says of itself. Raises BadDistribution when it is no archive
    with metadata, or its metadata is about something else.

    That the service looks into the file is assumed: it shows its metadata on the package's page.
    """
    said = named(filename)
    try:
        text = _wheel(path) if filename.endswith(".whl") else _zip(path) if filename.endswith(".zip") else _tar(path)
    except (OSError, EOFError, zipfile.BadZipFile, tarfile.TarError, zlib.error, ValueError, RuntimeError) as error:
        raise BadDistribution(f"'{filename}' cannot be read as a distribution: {error or 'it is damaged'}") from None
    if text is None:
        raise BadDistribution(f"'{filename}' has no metadata in it.")
    message = HeaderParser().parsestr(text)
    _compare(filename, said, message)
    return Distribution(said.name, said.version, message["Requires-Python"])


def _compare(filename: str, said: Distribution, message: Message) -> None:
    name, version = str(message["Name"] or ""), str(message["Version"] or "")
    try:
        same = canonicalize_name(name) == said.name and Version(version) == Version(said.version)
    except InvalidVersion:
        same = False
    if not same:
        raise BadDistribution(f"'{filename}' has metadata of another package or version: '{name} {version}'.")


def _wheel(path: Path) -> str | None:
    return _member(path, lambda parts: len(parts) == 2 and parts[0].endswith(".dist-info") and parts[1] == "METADATA")


def _zip(path: Path) -> str | None:
    return _member(path, lambda parts: len(parts) == 2 and parts[1] == "PKG-INFO")


def _member(path: Path, is_it: Callable[[list[str]], bool]) -> str | None:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if is_it(info.filename.split("/")) and info.file_size <= _MOST_METADATA:
                return archive.read(info).decode("utf-8", "replace")
    return None


def _tar(path: Path) -> str | None:
    with tarfile.open(path, "r:*") as archive:
        for info in archive:
            parts = info.name.removeprefix("./").split("/")
            if len(parts) == 2 and parts[1] == "PKG-INFO" and info.isreg() and info.size <= _MOST_METADATA:
                stream = archive.extractfile(info)
                return stream.read().decode("utf-8", "replace") if stream else None
    return None
