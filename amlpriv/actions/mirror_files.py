"""Files from the source to this disk: several at a time, each checked, kept for a second try."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock
from urllib.parse import urlsplit
from urllib.request import url2pathname

from amlpriv.actions.uploading import Progress
from amlpriv.connections.pages import File
from amlpriv.errors import (
    AmlprivError,
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    StorageFullError,
)
from amlpriv.files import create_private_directory, open_binary
from amlpriv.indexes.client import IndexClient, Login
from amlpriv.indexes.distributions import Distribution, read_distribution
from amlpriv.plans.mirror import MirrorStep
from amlpriv.wheels.licence import licence_of, read_licence

__all__ = ["Fetched", "fetch_files", "forget_files", "peek"]

_PEEKS_AT_ONCE = 8

_ENDS_ALL = (AuthenticationError, PermissionDeniedError, StorageFullError)
"""What the next file would run into as well."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file on this disk, verified."""

    step: MirrorStep
    distribution: Distribution
    licence: str


class _StoppedError(Exception):
    """Somebody pressed Ctrl-C, or another download ended everything."""


def fetch_files(
    steps: Sequence[MirrorStep],
    client: IndexClient,
    login: Login,
    cache: Path,
    *,
    jobs: int,
    progress: Progress,
) -> tuple[tuple[Fetched, ...], Mapping[str, AmlprivError]]:
    """Download the files of ``steps``: those that are here now, and why the others are not, by file name.

    What is in ``cache`` already, whole or in part, is not downloaded again. Raises AuthenticationError,
    PermissionDeniedError and StorageFullError, which would meet every file.
    """
    found: dict[str, Fetched] = {}
    failed: dict[str, AmlprivError] = {}
    one = _Fetch(client, login, cache, progress, Event(), Lock())
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        tasks = {pool.submit(one.fetch, step): step.file.filename for step in steps}
        try:
            for task in as_completed(tasks):
                try:
                    found[tasks[task]] = task.result()
                except _ENDS_ALL:
                    raise
                except AmlprivError as error:
                    failed[tasks[task]] = error
        except BaseException:
            one.stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return tuple(found[step.file.filename] for step in steps if step.file.filename in found), failed


@dataclass(frozen=True, slots=True)
class _Fetch:
    """One download after another, in several threads."""

    client: IndexClient
    login: Login
    cache: Path
    progress: Progress
    stop: Event
    telling: Lock
    """Whoever shows the progress hears one thread at a time."""

    def fetch(self, step: MirrorStep) -> Fetched:
        name, begun = step.file.filename, False

        def advance(done: int, total: int | None) -> None:
            nonlocal begun
            if self.stop.is_set():
                raise _StoppedError
            with self.telling:
                if not begun:
                    self.progress.begin(name, total or step.file.size or done)
                begun = True
                self.progress.advance(name, done)

        path = _fetch(step, self.client, self.login, self.cache, advance)
        distribution = read_distribution(path)
        if not distribution.is_wheel:
            return Fetched(step, distribution, "")
        with open_binary(path) as stream:
            return Fetched(step, distribution, read_licence(name, stream))


def _fetch(
    step: MirrorStep, client: IndexClient, login: Login, cache: Path, advance: Callable[[int, int | None], None]
) -> Path:
    pinned = step.file
    folder = cache / (pinned.sha256 or "unknown")
    create_private_directory(folder)
    if pinned.is_local:
        source = Path(url2pathname(urlsplit(pinned.url).path))
        return Path(shutil.copyfile(source, folder / pinned.filename))
    hashes = {"sha256": pinned.sha256} if pinned.sha256 else {}
    file = File(pinned.filename, pinned.url, hashes, size=pinned.size)
    try:
        return client.download(login, file, folder, progress=advance)
    except NotFoundError:
        # The address without its query is not enough where files have signed ones: the page has it.
        page = client.project(login, step.name)
        other = next((one for one in page.files if one.filename == pinned.filename and one.url != pinned.url), None)
        if other is None:
            raise
        return client.download(login, other, folder, progress=advance)


def forget_files(fetched: Sequence[Fetched], cache: Path) -> None:
    """Delete what is needed no more."""
    for item in fetched:
        folder = item.distribution.path.parent
        if folder.parent == cache:
            shutil.rmtree(folder, ignore_errors=True)


def peek(steps: Sequence[MirrorStep], client: IndexClient, login: Login) -> Mapping[str, tuple[int | None, str | None]]:
    """Size and licence of files that are not downloaded, by file name, as far as the index tells: the one by the header
    of an answer that is not read on, the other by the metadata beside the file (PEP 658)."""

    def look(step: MirrorStep) -> tuple[int | None, str | None]:
        file = File(step.file.filename, step.file.url)
        size, licence = step.file.size, None
        with contextlib.suppress(AmlprivError):
            if size is None:
                with client.open(login, file) as opened:
                    length = opened.response.headers.get("content-length", "")
                    size = int(length) if length.isdecimal() and opened.response.status_code == 200 else None
            if step.file.is_wheel:
                answer = client.get(login, file.metadata_url, accept="*/*")
                licence = (
                    licence_of(answer.text) if answer.status == 200 and "Metadata-Version" in answer.text else None
                )
        return size, licence

    wanted = [step for step in steps if not step.file.is_local]
    with ThreadPoolExecutor(_PEEKS_AT_ONCE) as pool:
        return dict(zip([step.file.filename for step in wanted], pool.map(look, wanted), strict=True))
