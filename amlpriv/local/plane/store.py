"""What the local workspace remembers: JSON files that a person can read, with an index in memory.

``workspace.json``, and for every kind of asset ``<kind>/<name>/<version>.json`` with ``_container.json`` beside the
versions. The index is loaded at the start; afterwards files are only written, before the index is changed.
"""

from __future__ import annotations

import json
import logging
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.home import is_temporary, make_private_folder, write_private
from amlpriv.local.plane.filenames import file_name
from amlpriv.local.plane.http import Json
from amlpriv.local.plane.records import wrong_field

__all__ = ["Assets", "Container", "Record", "Store"]

_LOG = logging.getLogger(__name__)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_CONTAINER_FILE = "_container.json"


@dataclass(frozen=True, slots=True)
class Record:
    """One version of an asset, or the asset itself (``version`` None)."""

    name: str
    version: str | None
    created: str
    """Seven digits of fractional seconds, as the service writes them; unique in a store, and sorts as text."""
    modified: str
    properties: Mapping[str, Any]

    def as_json(self) -> Json:
        """The content of its file."""
        return {
            "name": self.name,
            "version": self.version,
            "createdAt": self.created,
            "lastModifiedAt": self.modified,
            "properties": dict(self.properties),
        }


@dataclass(slots=True)
class Container:
    """An asset with its versions, oldest first."""

    record: Record
    versions: dict[str, Record] = field(default_factory=dict)
    highest: int = 0
    """The highest version that is a whole number; 0 when there is none."""

    @property
    def latest(self) -> str | None:
        """The version that was created last."""
        return next(reversed(self.versions), None)

    def add(self, record: Record) -> None:
        """Add or replace a version; a replaced one keeps its place."""
        version = record.version or ""
        self.versions[version] = record
        if version.isascii() and version.isdecimal():
            self.highest = max(self.highest, int(version))


class Store:
    """The folder of the embedded workspace. Hold ``lock`` from looking to writing."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self.folder = folder
        self.lock = threading.RLock()
        self._now = now
        self._last_tick = 0
        self._assets: dict[str, Assets] = {}
        self.workspace_guid, self.created = self._open_workspace()

    def assets(self, kind: str) -> Assets:
        """The assets of a kind, for instance ``environments``; loaded at the first call."""
        with self.lock:
            if kind not in self._assets:
                self._assets[kind] = Assets(self, kind)
            return self._assets[kind]

    def stamp(self) -> str:
        """The time, later than every one given out before, in steps of 100 nanoseconds."""
        with self.lock:
            tick = (self._now() - _EPOCH) // timedelta(microseconds=1) * 10
            self._last_tick = max(tick, self._last_tick + 1)
            return _as_text(self._last_tick)

    def remember(self, stamp: str) -> None:
        """Never give out a time before this one: a clock that was set back does not change the order."""
        self._last_tick = max(self._last_tick, _as_tick(stamp))

    def _open_workspace(self) -> tuple[str, str]:
        path = self.folder / "workspace.json"
        if path.exists():
            try:
                document = _read(path)
                self.remember(document["createdAt"])
                return str(uuid.UUID(document["id"])), document["createdAt"]
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise LocalWorkspaceError(
                    f"{path} cannot be read", hint="Run `amlpriv local reset` to start with an empty workspace."
                ) from error
        guid, created = str(uuid.uuid4()), self.stamp()
        _write(path, {"id": guid, "createdAt": created})
        return guid, created


class Assets:
    """All assets of one kind. Not for use without the store's lock."""

    def __init__(self, store: Store, kind: str) -> None:
        self._store = store
        self._kind = kind
        self._folder = store.folder / kind
        self._containers: dict[str, Container] = {}
        make_private_folder(self._folder)
        self._load()

    def get(self, name: str) -> Container | None:
        """The asset of this name (case matters)."""
        return self._containers.get(name)

    def newest_first(self) -> Iterator[Container]:
        """All assets, the one created last first."""
        return reversed(self._containers.values())

    def put_version(self, name: str, version: str, properties: Mapping[str, Any]) -> Container:
        """Create a version, or give it other properties; the asset is made when there is none."""
        container = self._containers.get(name)
        if container is None:
            container = self.put_container(name, {})

        stamp = self._store.stamp()
        known = container.versions.get(version)
        record = Record(name, version, known.created if known else stamp, stamp, properties)
        _write(self._folder / file_name(name) / f"{file_name(version)}.json", record.as_json())
        container.add(record)
        return container

    def put_container(self, name: str, properties: Mapping[str, Any]) -> Container:
        """Create an asset without versions, or give it other properties."""
        stamp = self._store.stamp()
        known = self._containers.get(name)
        fresh = Record(name, None, stamp, stamp, properties)
        record = replace(fresh, created=known.record.created) if known else fresh
        _write(self._folder / file_name(name) / _CONTAINER_FILE, record.as_json())
        container = self._containers.setdefault(name, Container(record))
        container.record = record
        return container

    def delete(self, name: str) -> bool:
        """Forget an asset with all its versions; False when there is none."""
        if name not in self._containers:
            return False
        shutil.rmtree(self._folder / file_name(name))
        del self._containers[name]
        return True

    def delete_version(self, name: str, version: str) -> bool:
        """Forget a version; the last one takes its asset with it. False when there is none."""
        container = self._containers.get(name)
        if container is None or version not in container.versions:
            return False
        if len(container.versions) == 1:
            return self.delete(name)
        (self._folder / file_name(name) / f"{file_name(version)}.json").unlink()
        del container.versions[version]
        return True

    def _load(self) -> None:
        loaded: list[Container] = []
        for folder in self._folder.iterdir():
            if folder.is_dir() and not folder.name.startswith("."):  # .ipynb_checkpoints, .git: somebody else's
                loaded.extend(self._load_folder(folder))
        for container in sorted(loaded, key=lambda container: container.record.created):
            self._containers[container.record.name] = container

    def _load_folder(self, folder: Path) -> Iterator[Container]:
        records: list[Record] = []
        for path in folder.iterdir():
            if is_temporary(path):
                path.unlink(missing_ok=True)  # left by a process that was killed while writing
            elif path.suffix == ".json" and not path.name.startswith("."):
                records.extend(self._load_file(path))
        versions = sorted((record for record in records if record.version is not None), key=lambda one: one.created)
        head = next((record for record in records if record.version is None), None)
        if head is None and versions:
            head = replace(versions[0], version=None, properties={})
        if head is None:
            return
        container = Container(head)
        for record in versions:
            container.add(record)
        yield container

    def _load_file(self, path: Path) -> Iterator[Record]:
        try:
            yield self._record(path, _read(path))
        except (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            # Somebody edited it. The others still count.
            said = str(error) if isinstance(error, _EditedError) else type(error).__name__
            _LOG.warning("%s cannot be read and is left out: %s", path, said)

    def _record(self, path: Path, document: Json) -> Record:
        record = Record(
            name=document["name"],
            version=document["version"],
            created=document["createdAt"],
            modified=document["lastModifiedAt"],
            properties=dict(document["properties"]),
        )
        file = _CONTAINER_FILE if record.version is None else f"{file_name(record.version)}.json"
        if (path.parent.name, path.name) != (file_name(record.name), file):
            raise _EditedError("it is the record of another name")
        wrong = wrong_field(self._kind, record.version, record.properties)
        if wrong is not None:
            raise _EditedError(f"'{wrong}' is missing or wrong")
        self._store.remember(record.created)
        self._store.remember(record.modified)
        return record


class _EditedError(ValueError):
    """A record that nothing here wrote."""


def _as_text(tick: int) -> str:
    seconds, fraction = divmod(tick, 10_000_000)
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction:07d}+00:00"


def _as_tick(stamp: str) -> int:
    whole, _, fraction = stamp.removesuffix("+00:00").partition(".")
    moment = datetime.fromisoformat(f"{whole}+00:00")
    return (moment - _EPOCH) // timedelta(seconds=1) * 10_000_000 + int(fraction.ljust(7, "0")[:7] or 0)


def _read(path: Path) -> Json:
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")
    return document


def _write(path: Path, document: Json) -> None:
    make_private_folder(path.parent)
    write_private(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
