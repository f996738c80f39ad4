"""The distributions that somebody wants to send: found, read and verified before anything goes over the network."""

from __future__ import annotations

import glob
import gzip
import hashlib
import os
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path

from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename
from packaging.version import InvalidVersion, Version

from amlpriv.errors import InputError, UsageError
from amlpriv.files import open_binary
from amlpriv.wheels.read import read_wheel

__all__ = ["Distribution", "find_distributions", "package_info", "read_distribution"]

_WHEEL, _SDIST = ".whl", ".tar.gz"
_OTHERS = (".zip", ".tar.bz2", ".tar.xz", ".tgz", ".egg", ".exe", ".rpm", ".msi")
_LONGEST_HEAD = 4 * 1024 * 1024
"""Bytes of a PKG-INFO; the description is part of it."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Distribution:
    """A wheel or a source archive that is what its name says."""

    path: Path
    filename: str
    name: str
    """Normalised by PEP 503."""
    version: Version
    sha256: str
    size: int
    """Bytes."""

    @property
    def requirement(self) -> str:
        """``name==version``."""
        return f"{self.name}=={self.version}"

    @property
    def is_wheel(self) -> bool:
        """Whether it is a wheel; else it is a source archive."""
        return self.filename.endswith(_WHEEL)


def find_distributions(words: Iterable[str | os.PathLike[str]]) -> tuple[Distribution, ...]:
    """The distributions that the words name, each of them verified.

    A word is a file, a folder (its wheels and ``.tar.gz`` archives), or a pattern such as ``dist/*.whl``: shells of
    Windows pass patterns on as they are. The same file twice counts once. Raises InputError for what is missing or is
    no distribution, WheelError for a wheel that is not what it says, UsageError when nothing is named.
    """
    paths = list(dict.fromkeys(path for word in words for path in _paths(Path(word))))
    if not paths:
        raise UsageError("There is no distribution to send.", hint="Name wheels, .tar.gz archives or their folder.")
    found: dict[str, Distribution] = {}
    for path in paths:
        item = read_distribution(path)
        other = found.setdefault(item.filename, item)
        if other.sha256 != item.sha256:
            raise InputError(
                f"Two files are called {item.filename}, and their contents differ: {other.path} and {item.path}.",
                hint="Name one of them.",
            )
    return tuple(found.values())


def _paths(word: Path) -> Iterator[Path]:
    if word.is_dir():
        inside = sorted(path for path in word.iterdir() if path.name.endswith((_WHEEL, _SDIST)) and path.is_file())
        if not inside:
            raise InputError(
                "This folder has no wheel and no .tar.gz archive.",
                file=word,
                hint="Build one: uv build, python -m build.",
            )
        yield from inside
    elif not word.exists() and glob.has_magic(str(word)):
        # Only distributions: dist/* matches what build tools leave there as well (.gitignore, attestations).
        matched = sorted(Path(path) for path in glob.glob(str(word)) if path.endswith((_WHEEL, _SDIST)))  # noqa: PTH207
        if not matched:
            raise InputError("No wheel and no .tar.gz archive matches this pattern.", file=word)
        yield from matched
    else:
        yield word


def read_distribution(path: Path) -> Distribution:
    """One file, verified. Raises InputError, or WheelError for a wheel."""
    if path.name.endswith(_WHEEL):
        with open_binary(path) as stream:
            wheel = read_wheel(path.name, stream)
        return Distribution(path, path.name, wheel.name, wheel.version, wheel.sha256, wheel.size)
    if path.name.endswith(_SDIST):
        return _read_sdist(path)
    if path.name.endswith(_OTHERS):
        message = "Indexes take wheels and .tar.gz source archives (PEP 427, PEP 625), and this is neither."
        raise InputError(message, file=path, hint="Build both with 'uv build' or 'python -m build'.")
    with open_binary(path):
        pass
    raise InputError("This is no distribution: its name ends neither in .whl nor in .tar.gz.", file=path)


def _read_sdist(path: Path) -> Distribution:
    sha256, size = _hashed(path)
    try:
        name, version = parse_sdist_filename(path.name)
    except (InvalidSdistFilename, InvalidVersion) as error:
        raise InputError(
            "This is not called as a source archive is: name-version.tar.gz (PEP 625).",
            file=path,
            hint="Build it again with a current build tool; do not rename it.",
        ) from error
    head = BytesHeaderParser().parsebytes(package_info(path))
    said_name, said_version = str(head.get("Name", "")), str(head.get("Version", ""))
    if canonicalize_name(said_name) != name or not _same_version(said_version, version):
        raise InputError(
            f"The archive is of {said_name or 'no name'} {said_version or 'without a version'} and its name says"
            f" {name} {version}.",
            file=path,
            hint="Build it again; do not rename it.",
        )
    return Distribution(path, path.name, str(name), version, sha256, size)


def _same_version(text: str, version: Version) -> bool:
    try:
        return Version(text) == version
    except InvalidVersion:
        return False


def package_info(path: Path) -> bytes:
    """The PKG-INFO of a source archive, in its one top folder (PEP 643). Raises InputError."""
    member = f"{path.name.removesuffix(_SDIST)}/PKG-INFO"
    try:
        with open_binary(path) as stream, tarfile.open(fileobj=stream, mode="r:gz") as archive:
            for info in archive:
                if info.name.removeprefix("./") == member and info.isfile() and info.size <= _LONGEST_HEAD:
                    content = archive.extractfile(info)
                    return content.read() if content else b""
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError("This is no .tar.gz archive, or only a part of one.", file=path) from error
    raise InputError(
        f"This is no source archive of a Python package: it has no {member}.",
        file=path,
        hint="Build it with 'uv build --sdist' or 'python -m build --sdist'.",
    )


def _hashed(path: Path) -> tuple[str, int]:
    sha256, size = hashlib.sha256(), 0
    with open_binary(path) as stream:
        while chunk := stream.read(_CHUNK):
            sha256.update(chunk)
            size += len(chunk)
    return sha256.hexdigest(), size
