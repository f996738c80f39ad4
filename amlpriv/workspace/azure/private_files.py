"""A file in a storage account of the user's own: fetched with the user's own credential, checked, resumed.

Asked in this order: a signature in the address, the environment's variables, Microsoft Entra (only for addresses of
Azure Storage), and last no credential at all, since a container may be public.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amlpriv.errors import AmlprivError, AuthenticationError, InputError, ServiceError, StorageFullError
from amlpriv.files import FULL, rename
from amlpriv.part_files import check_size, forget_parts
from amlpriv.workspace.azure.clouds import Cloud
from amlpriv.workspace.azure.storage_places import StoragePlace
from amlpriv.workspace.azure.storage_refusals import Way, another_may_help, refused
from amlpriv.workspace.azure.storage_variables import StorageLogin, find_login, find_place
from amlpriv.workspace.azure.transport import Connection, CountingTransport
from amlpriv.workspace.ports import RequestCounter

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

__all__ = ["ChangedFileError", "Progress", "fetch_file", "is_storage"]

Progress = Callable[[int, int], None]
"""Called with the bytes that are there, and the size of the file."""

_CHUNK = 8 * 1024 * 1024
_READ = 1024 * 1024
_TOOL_SECONDS = 20
"""For 'az' and its like, which are slow at their first call of the day."""


class ChangedFileError(ServiceError):
    """The bytes at the address are not those that are wanted."""

    def __init__(self, filename: str, where: str, *, expected: str, found: str) -> None:
        super().__init__(
            f"{filename} is not the file that 'sha256' names: {where} has {found}, and {expected} is wanted.",
            hint="Somebody replaced it: find out who and why, then correct the sha256, or put the old file back.",
        )
        self.expected = expected
        self.found = found


def is_storage(url: str, environ: Mapping[str, str]) -> bool:
    """Whether an address is one of Azure Storage, or of the account that AZURE_STORAGE_CONNECTION_STRING names."""
    return find_place(url, environ) is not None


def fetch_file(
    url: str,
    folder: Path,
    filename: str,
    sha256: str,
    *,
    environ: Mapping[str, str],
    credential: TokenCredential | None = None,
    connection: Connection | None = None,
    progress: Progress | None = None,
) -> Path:
    """The blob at ``url`` as ``folder/filename``; what an interrupted call left behind is gone on with.

    ``credential`` stands for DefaultAzureCredential. Raises ChangedFileError for other bytes, InputError for an address
    that is no blob's, AuthenticationError, PermissionDeniedError, NotFoundError, NetworkError, ServiceError,
    StorageFullError.
    """
    place = find_place(url, environ)
    if place is None:
        raise InputError("This is no address of a blob in Azure Storage.")
    target, part = folder / filename, folder / f"{filename}.part"
    conn, login = connection or Connection(), find_login(place, environ)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        forget_parts(folder)
        begun = part.stat().st_size if part.is_file() else 0
        _receive_by(_ways(place, login, credential, conn), place, part, conn, progress)
        if begun and _sha256(part) != sha256:
            part.unlink()  # another file may stand there since it was begun
            _receive_by(_ways(place, login, credential, conn), place, part, conn, progress)
        if (found := _sha256(part)) != sha256:
            part.unlink()
            raise ChangedFileError(filename, place.shown, expected=sha256, found=found)
        rename(part, target)
    except OSError as error:
        if error.errno in FULL:
            raise StorageFullError(f"There is no space left for {target}.", hint="Free some, run it again.") from error
        raise InputError(f"This file cannot be written: {error.strerror or error}.", file=target) from error
    return target


def _ways(
    place: StoragePlace, login: StorageLogin | None, credential: TokenCredential | None, connection: Connection
) -> Iterator[Way]:
    """The credentials to try, in their order. What somebody set expressly is the only one."""
    if login is not None:
        key: Any = {"account_name": place.account, "account_key": login.key.reveal()} if login.key else None
        yield Way(login.origin, key or (login.sas.reveal() if login.sas else None), sas=login.sas, named=True)
        return
    if place.cloud is not None:
        with _signed_in(place.cloud, credential, connection) as signed_in:
            yield Way("Microsoft Entra", signed_in)
    yield Way("", None)


@contextmanager
def _signed_in(cloud: Cloud, credential: TokenCredential | None, connection: Connection) -> Iterator[TokenCredential]:
    if credential is not None:
        yield credential
        return
    from azure.identity import DefaultAzureCredential

    transport = CountingTransport(RequestCounter(), "sign_in", connection)
    with DefaultAzureCredential(authority=cloud.authority, transport=transport, process_timeout=_TOOL_SECONDS) as own:
        yield own


def _receive_by(
    ways: Iterator[Way], place: StoragePlace, part: Path, connection: Connection, progress: Progress | None
) -> None:
    """The first way that opens the file; the refusal of the last that had a credential otherwise."""
    first: AmlprivError | None = None
    for way in ways:
        try:
            _receive(way, place, part, connection, progress)
        except AmlprivError as error:
            if way.named or not another_may_help(error):
                raise
            first = error if first is None else _both(first, error)
        else:
            return
    if first is not None:
        raise first


def _both(first: AmlprivError, last: AmlprivError) -> AmlprivError:
    """What the sign-in said, and what else would help; without a credential storage says only that there is none."""
    signed_in = getattr(first.__cause__, "status_code", None) is not None
    return first if signed_in else AuthenticationError(first.message, hint=last.hint)


def _receive(way: Way, place: StoragePlace, part: Path, connection: Connection, progress: Progress | None) -> None:
    from azure.storage.blob import BlobClient

    begun = part.stat().st_size if part.is_file() else 0
    transport = CountingTransport(RequestCounter(), "storage", connection)
    client = BlobClient(
        place.endpoint,
        place.container,
        place.blob,
        snapshot=place.field("snapshot") or None,
        version_id=place.field("versionid") or None,
        credential=way.credential,
        transport=transport,
        retry_policy=connection.policy(),
        max_single_get_size=_CHUNK,
        max_chunk_get_size=_CHUNK,
        permit_redirects=False,
    )
    with client, refused(place, way):
        # Where everything is there already, a range would begin behind the end (416).
        size = int(client.get_blob_properties().size) if begun else None
        if size is not None and begun >= size:
            if begun > size:
                part.unlink()
                _receive(way, place, part, connection, progress)
            return
        stream = client.download_blob(offset=begun or None, max_concurrency=1)
        _write(stream, part, begun, progress)


def _write(stream: Any, part: Path, begun: int, progress: Progress | None) -> None:
    done, total = begun, begun + int(stream.size)
    check_size(part, total, begun)
    with part.open("ab" if begun else "wb") as file:
        for chunk in stream.chunks():
            file.write(chunk)
            done += len(chunk)
            if progress is not None:
                progress(done, total)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_READ):
            digest.update(chunk)
    return digest.hexdigest()
