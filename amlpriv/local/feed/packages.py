"""What a feed has: for each package a record and its files, below ``AMLPRIV_HOME/feeds/<feed id>``."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from packaging.utils import canonicalize_version

from amlpriv.errors import InputError, LocalWorkspaceError
from amlpriv.files import rename
from amlpriv.local.home import make_private_folder, write_private

__all__ = ["VIEWS", "Package", "Packages", "StoredFile", "is_name", "normalised", "same_version"]

Origin = Literal["pushed", "upstream"]
VIEWS = ("Local", "Prerelease", "Release")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_LONGEST_NAME = 200


def normalised(name: str) -> str:
    """A project's name by PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_name(name: str) -> bool:
    """Whether a package can be called so (PEP 508), and its folder too: a file system takes 255 characters."""
    return len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) is not None


def same_version(one: str, other: str) -> bool:
    """Whether two spellings mean one version (PEP 440)."""
    return canonicalize_version(one) == canonicalize_version(other)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A distribution that the feed has."""

    filename: str
    version: str
    """Normalised (PEP 440)."""
    sha256: str
    size: int
    """Bytes."""
    origin: Origin
    requires_python: str | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """What is known of a package."""

    name: str
    """Normalised (PEP 503)."""
    files: tuple[StoredFile, ...] = ()
    deleted: tuple[str, ...] = ()
    """Versions that were there and can never be used again."""
    views: tuple[tuple[str, str], ...] = ()
    """Promoted: version and view."""
    allow_external: bool = False
    """Whether versions from upstream may stand beside pushed ones."""

    @property
    def is_pushed(self) -> bool:
        """Whether a version of it was ever pushed: from then on the upstream's are hidden."""
        return any(file.origin == "pushed" for file in self.files) or bool(self.deleted)

    def file(self, filename: str) -> StoredFile | None:
        """The file of this name."""
        return next((file for file in self.files if file.filename.lower() == filename.lower()), None)

    def of_version(self, version: str) -> tuple[StoredFile, ...]:
        """The files of a version, however it is spelt (1.0 is 1)."""
        return tuple(file for file in self.files if same_version(file.version, version))

    def was_deleted(self, version: str) -> bool:
        """Whether a version was there once."""
        return any(same_version(version, each) for each in self.deleted)

    def in_view(self, view: str | None) -> tuple[StoredFile, ...]:
        """The files that a view shows; ``Local`` and no view show all."""
        if view is None or view.lower() == "local":
            return self.files
        shown = {canonicalize_version(version) for version, name in self.views if name.lower() == view.lower()}
        return tuple(file for file in self.files if canonicalize_version(file.version) in shown)


class Packages:
    """The packages of one feed; safe between threads, and never half written."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is made. Raises LocalWorkspaceError when it cannot be used."""
        self.folder = folder
        make_private_folder(folder / "incoming")
        for left in (folder / "incoming").iterdir():  # of a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        self._locks: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
        self._guard = threading.Lock()

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Nobody else changes the package meanwhile."""
        with self._guard:
            lock = self._locks[normalised(name)]
        with lock:
            yield

    def names(self) -> tuple[str, ...]:
        """The packages that have a file, sorted."""
        found = sorted(path.parent.name.removeprefix("p-") for path in self.folder.glob("p-*/package.json"))
        return tuple(name for name in found if self.read(name).files)

    def read(self, name: str) -> Package:
        """What is known of a package; an empty record for an unknown one, or what no package can be called. Raises
        LocalWorkspaceError for a record that cannot be read."""
        name = normalised(name)
        if not is_name(name):
            return Package(name)
        record = self._place(name) / "package.json"
        try:
            stored = json.loads(record.read_text(encoding="utf-8"))
            return Package(
                name,
                tuple(StoredFile(**file) for file in stored["files"]),
                tuple(stored["deleted"]),
                tuple((version, view) for version, view in stored["views"]),
                bool(stored["allow_external"]),
            )
        except FileNotFoundError:
            return Package(name)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LocalWorkspaceError(f"{record} cannot be read or understood.") from error

    @contextmanager
    def incoming(self) -> Iterator[Path]:
        """A folder of its own (0700) on the same disk, for a file that is to be added; it goes with the block."""
        place = Path(tempfile.mkdtemp(dir=self.folder / "incoming"))
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def path(self, name: str, filename: str) -> Path:
        """Where a file lies."""
        return self._place(normalised(name)) / "files" / filename

    def add(self, name: str, file: StoredFile, content: Path) -> Package:
        """Take ``content`` (it is moved) as a file of the package. First the file, then the record: what a crash
        leaves between them is no file of the feed."""
        with self.hold(name):
            target = self.path(name, file.filename)
            make_private_folder(target.parent)
            rename(content, target)
            known = self.read(name)
            others = tuple(one for one in known.files if one.filename.lower() != file.filename.lower())
            return self.save(replace(known, files=(*others, file)))

    def save(self, package: Package) -> Package:
        """Write the record. Raises InputError for what no package can be called, LocalWorkspaceError,
        StorageFullError."""
        if not is_name(package.name):
            raise InputError(f"{package.name[:80]!r} is no name for a package.")
        make_private_folder(self._place(package.name))
        write_private(self._place(package.name) / "package.json", json.dumps(asdict(package), indent=1) + "\n")
        return package

    def delete(self, name: str, version: str) -> int:
        """Forget a version's files for good; its number stays taken. How many files there were."""
        with self.hold(name):
            known = self.read(name)
            gone = known.of_version(version)
            if gone:
                rest = tuple(file for file in known.files if file not in gone)
                views = tuple(pair for pair in known.views if not same_version(pair[0], version))
                self.save(replace(known, files=rest, views=views, deleted=(*known.deleted, version)))
            for file in gone:
                self.path(name, file.filename).unlink(missing_ok=True)
        return len(gone)

    def _place(self, name: str) -> Path:
        return self.folder / f"p-{name}"  # Windows has no folder "con"
