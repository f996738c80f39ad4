"""A wheel at an address of one's own to a file: fetched with the user's own credential, its sha256 checked, kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from amlpriv.actions.credential_sources import credential_sources
from amlpriv.connections.pages import File
from amlpriv.credentials.finding import find_credential
from amlpriv.errors import AmlprivError, AuthenticationError, LockedError, NotFoundError, PermissionDeniedError
from amlpriv.facts.routes import Route
from amlpriv.files import create_private_directory
from amlpriv.indexes.answers import Login
from amlpriv.indexes.client import IndexClient
from amlpriv.indexes.downloads import HashMismatchError
from amlpriv.indexes.routes import find_route
from amlpriv.local.home import Home
from amlpriv.secret import without_query
from amlpriv.specs.environment import EnvironmentFile
from amlpriv.specs.problems import input_error
from amlpriv.specs.sources import UrlSource
from amlpriv.specs.wheel_urls import WheelUrl, read_wheel_url

__all__ = ["direct_urls", "fetched_wheel"]

_REFUSED = (AuthenticationError, PermissionDeniedError, NotFoundError)
"""Servers answer 404 too where a file must not be seen."""
_LOCK_SECONDS = 900
_READ = 1024 * 1024
_PERCENT = 10


def fetched_wheel(
    key: str,
    source: UrlSource,
    *,
    environ: Mapping[str, str],
    say: Callable[[str], None] = lambda _: None,
    credential: object = None,
) -> Path:
    """The wheel of a source, in the cache; nothing is fetched when it is there with the right bytes.

    In Azure Storage: see ``workspace.azure.private_files``; ``credential`` stands for DefaultAzureCredential there.
    Elsewhere: netrc and whatever else amlpriv knows, which gives a token of Entra to Azure DevOps only.

    Raises InputError for an address that cannot be used, or bytes with another sha256 than the file says, and what a
    server's refusal is.
    """
    url = read_wheel_url(source.url, key, source.position)
    folder = Home.find(environ).cache / "wheels-by-hash" / source.sha256[:2] / source.sha256
    target = folder / url.filename
    if _is(target, source.sha256):
        return target
    create_private_directory(folder)
    with _locked(folder, url.filename):
        if _is(target, source.sha256):  # another process may have been quicker
            return target
        say(f"fetching {url.filename} from {without_query(url.plain)}")
        return _fetch(key, source, url, folder, environ, credential, _Teller(url.filename, say))


def direct_urls(file: EnvironmentFile, names: Collection[str]) -> dict[str, str]:
    """The addresses that stay in the specification, by package name: those of ``via: direct``."""
    return {
        name: read_wheel_url(source.url, name, source.position).plain
        for name, source in sorted(file.sources.items())
        if name in names and isinstance(source, UrlSource) and source.via is Route.DIRECT
    }


def _other_bytes(key: str, source: UrlSource, url: WheelUrl, found: str) -> AmlprivError:
    return input_error(
        f"{without_query(url.plain)} is not the wheel that the source of {key} names: its sha256 is {found}, and "
        f"{source.sha256} is wanted.",
        source.position,
        hint="A published wheel never changes: find out who replaced it, then correct the sha256 or put it back.",
    )


def _fetch(
    key: str,
    source: UrlSource,
    url: WheelUrl,
    folder: Path,
    environ: Mapping[str, str],
    credential: object,
    teller: _Teller,
) -> Path:
    from amlpriv.workspace.azure.private_files import ChangedFileError, fetch_file, is_storage

    try:
        if not is_storage(url.plain, environ):
            return _from_server(url, source.sha256, folder, environ, teller)
        connection, own = _way_to_storage(url.plain, environ)
        who: Any = credential if credential is not None else own
        how: dict[str, Any] = {"environ": environ, "credential": who, "connection": connection, "progress": teller}
        return fetch_file(url.plain, folder, url.filename, source.sha256, **how)
    except (ChangedFileError, HashMismatchError) as error:
        raise _other_bytes(key, source, url, error.found) from error


def _way_to_storage(url: str, environ: Mapping[str, str]) -> tuple[Any, object]:
    """How to reach an account, and who signs in: the local workspace has its own."""
    from amlpriv.local.credential import LocalCredential
    from amlpriv.local.lifecycle import status
    from amlpriv.workspace.azure.transport import Connection

    state = status(Home.find(environ))
    if state is not None and urlsplit(url).hostname == urlsplit(state.storage_url).hostname:
        return Connection(proxy=state.proxy_url, ca_bundle=str(state.ca_bundle)), LocalCredential(state.tenant)
    route = find_route(environ)
    # The Azure libraries know these two; what only pip was told is the next best.
    bundle = environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE") or route.bundle
    return Connection(proxy=route.proxy(url), ca_bundle=bundle, own_proxy=False), None


def _from_server(url: WheelUrl, sha256: str, folder: Path, environ: Mapping[str, str], teller: _Teller) -> Path:
    file = File(filename=url.filename, url=url.plain, hashes={"sha256": sha256})
    with IndexClient(environ) as client:
        try:
            return client.download(Login(url.plain), file, folder, progress=teller)
        except _REFUSED:
            found = None
            with suppress(AmlprivError):  # the first answer says more
                found = find_credential(without_query(url.plain), None, credential_sources(environ)).credentials
            if found is None:
                raise
        return client.download(Login(url.plain, found), file, folder, progress=teller)


@dataclass(slots=True)
class _Teller:
    """Says now and then how far a large file is."""

    filename: str
    say: Callable[[str], None]
    told: int = 0

    def __call__(self, done: int, total: int | None) -> None:
        percent = done * 100 // total if total else 0
        if total and total > 64 * _READ and percent >= self.told + _PERCENT:
            self.told = percent - percent % _PERCENT
            self.say(f"fetching {self.filename}: {self.told} % of {total // _READ} MiB")


def _is(path: Path, sha256: str) -> bool:
    """Whether the file is there with these bytes: a cache that somebody changed is no cache."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_READ):
                digest.update(chunk)
    except OSError:
        return False
    return digest.hexdigest() == sha256


@contextmanager
def _locked(folder: Path, filename: str) -> Iterator[None]:
    import filelock

    lock = filelock.FileLock(folder / ".lock", timeout=_LOCK_SECONDS)
    try:
        with lock:
            yield
    except filelock.Timeout as error:
        raise LockedError(
            f"Another process has been fetching {filename} for {_LOCK_SECONDS} seconds.",
            hint="Wait for it, or end it and try again.",
        ) from error
