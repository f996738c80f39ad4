"""Send distributions to an index. What is there already with the same bytes is done; other bytes are a conflict.

Servers answer a second upload in many ways (409; 400 "already exists"; 403 "already contains"; devpi takes the same
again, and into a volatile index even other bytes), and an answer can be lost. So the index's page is read before a file
is sent, and again when the tool fails: the hash on it decides, not the answer.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import nullcontext
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from pathlib import Path

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)

from amlpriv.connections.addresses import Credentials
from amlpriv.connections.feeds import FeedUrl
from amlpriv.connections.pages import File, Page
from amlpriv.errors import AmlprivError, AuthenticationError, NotFoundError, PermissionDeniedError
from amlpriv.files import open_binary
from amlpriv.indexes.client import IndexClient, Login
from amlpriv.indexes.distributions import Distribution
from amlpriv.indexes.upload_problems import check_destination, check_size, conflict, refusal, unreadable
from amlpriv.indexes.upload_publicity import check_publicity
from amlpriv.indexes.upload_tools import NoAnswer, Reply, Tool, choose_tool, send
from amlpriv.processes import ToolTimeoutError

__all__ = ["Outcome", "Uploaded", "upload"]

_AT_ONCE = 4


class Outcome(Enum):
    """What became of one distribution."""

    SENT = "sent"
    THERE = "already there"
    WOULD_SEND = "would be sent"


@dataclass(frozen=True, slots=True)
class Uploaded:
    """One distribution that the index has now (or, after a dry run, would have)."""

    distribution: Distribution
    outcome: Outcome
    note: str = ""
    """For instance that the server's answer was lost, and the page shows the file nevertheless."""


@dataclass(frozen=True, slots=True)
class _Destination:
    feed: FeedUrl
    url: str
    login: Login
    client: IndexClient
    tool: Tool
    environ: Mapping[str, str]
    work: Path
    stop: threading.Event


def upload(
    distributions: Sequence[Distribution],
    feed: FeedUrl,
    credentials: Credentials | None,
    *,
    environ: Mapping[str, str],
    tool: Tool | None = None,
    upload_url: str | None = None,
    public: bool = False,
    dry_run: bool = False,
    client: IndexClient | None = None,
    done: Callable[[Uploaded], None] = lambda _: None,
) -> tuple[Uploaded, ...]:
    """Send what ``feed`` does not have; the answer is in the order given. ``done`` is called in this thread.

    All pages are read before anything is sent: where one file conflicts, nothing is sent. What was sent before a later
    error stays, and counts as done the next time. ``upload_url`` goes before the address derived from the feed's.
    Nothing goes to the public index unless ``public`` is true.

    Raises UsageError, UnsupportedError (a view, an index that takes no uploads), ConflictError, AuthenticationError,
    PermissionDeniedError, NotFoundError, InputError (too large), NetworkError, ServiceError.
    """
    check_publicity(feed, upload_url, distributions, environ=environ, public=public)
    url, chosen = check_destination(feed, upload_url), choose_tool(tool, environ)
    for item in distributions:
        check_size(item, feed)
    login = Login(feed.simple or "", credentials)
    with (
        nullcontext(client) if client is not None else IndexClient(environ) as reader,
        tempfile.TemporaryDirectory(prefix="amlpriv-push-", ignore_cleanup_errors=True) as folder,
    ):
        there = _Destination(feed, url, login, reader, chosen, environ, Path(folder), threading.Event())
        results = {item: Uploaded(item, Outcome.THERE) for item in _look(distributions, there)}
        for result in results.values():
            done(result)
        missing = [item for item in distributions if item not in results]
        for result in _would_send(missing) if dry_run else _send_all(missing, there):
            results[result.distribution] = result
            done(result)
    return tuple(results[item] for item in distributions)


def _would_send(missing: Iterable[Distribution]) -> Iterable[Uploaded]:
    return [Uploaded(item, Outcome.WOULD_SEND) for item in missing]


def _look(distributions: Sequence[Distribution], there: _Destination) -> set[Distribution]:
    """Those that the index has. Raises ConflictError for all of which it has other bytes."""
    names = sorted({item.name for item in distributions})
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        pages = dict(zip(names, pool.map(lambda name: _page(there, name), names), strict=True))
        hashes = list(pool.map(lambda item: _stored_hash(there, pages[item.name], item), distributions))
    pairs = list(zip(distributions, hashes, strict=True))
    different = [(item, stored) for item, stored in pairs if stored not in (None, item.sha256)]
    if different:
        raise conflict([(item, str(stored)) for item, stored in different], there.feed)
    return {item for item, stored in pairs if stored is not None}


def _page(there: _Destination, name: str) -> Page | None:
    try:
        return there.client.project(there.login, name)
    except NotFoundError:
        return None  # no such package yet; a feed that does not exist says so when it is sent to
    except (AuthenticationError, PermissionDeniedError) as error:
        raise unreadable(error, there.feed, signed_in=there.login.credentials is not None) from error


def _stored_hash(there: _Destination, page: Page | None, item: Distribution) -> str | None:
    """SHA-256 of the file of this name on the index; it is downloaded where the page does not say (older servers)."""
    wanted = _identity(item.filename)
    file = next((file for file in page.files if _identity(file.filename) == wanted), None) if page else None
    if file is None:
        return None
    return file.hashes.get("sha256") or _downloaded_hash(there, file)


def _downloaded_hash(there: _Destination, file: File) -> str:
    with tempfile.TemporaryDirectory(dir=there.work, ignore_cleanup_errors=True) as folder:
        path = there.client.download(there.login, file, Path(folder))
        with open_binary(path) as stream:
            sha256 = hashlib.sha256()
            while chunk := stream.read(1 << 20):
                sha256.update(chunk)
        return sha256.hexdigest()


def _identity(filename: str) -> object:
    """What makes two names one distribution: servers normalise names, or do not."""
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)
        return parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename, ValueError):
        return filename


def _send_all(missing: Iterable[Distribution], there: _Destination) -> Iterator[Uploaded]:
    """Several packages at once; the files of one package one after the other, since servers make it at its first.

    After an error nothing more is begun; what is on its way comes to its end, and is in the answer before the error.
    """
    ordered = sorted(missing, key=lambda item: item.name)
    groups = [tuple(group) for _, group in groupby(ordered, key=lambda item: item.name)]
    sent: deque[Uploaded] = deque()
    count, failed = 0, threading.Event()

    def work(group: tuple[Distribution, ...]) -> None:
        for item in group:
            if failed.is_set() or there.stop.is_set():
                return
            try:
                sent.append(_send_one(item, there))
            except BaseException:
                failed.set()
                raise

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        tasks = [pool.submit(work, group) for group in groups]
        try:
            for _ in as_completed(tasks):
                while sent:
                    count += 1
                    yield sent.popleft()
        except BaseException:  # Ctrl-C: what is on its way is stopped
            there.stop.set()
            raise
    error = next((task.exception() for task in tasks if task.exception() is not None), None)
    if isinstance(error, AmlprivError) and count:
        _tell_done(error, count)
    if error is not None:
        raise error


def _tell_done(error: AmlprivError, count: int) -> None:
    words = "1 file was" if count == 1 else f"{count} files were"
    error.hint = f"{error.hint or ''} {words} sent before: run it again, what is there is skipped.".strip()


def _send_one(item: Distribution, there: _Destination) -> Uploaded:
    with tempfile.TemporaryDirectory(dir=there.work, ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        path = _for_tool(item, there.tool, work)
        try:
            reply = send(
                path,
                there.url,
                there.login.credentials,
                tool=there.tool,
                environ=there.environ,
                work=work,
                cancelled=there.stop.is_set,
            )
        except ToolTimeoutError as error:
            reply = Reply(False, None, error.message, NoAnswer.NETWORK)
        if reply.sent:
            return Uploaded(item, Outcome.SENT)
        stored = _after_failure(item, there)
    if stored == item.sha256:
        said = f"the server answered {reply.status}" if reply.status else "no answer came"
        return Uploaded(item, Outcome.THERE, f"{said}; the index has these bytes.")
    if stored is not None:
        raise conflict([(item, stored)], there.feed)
    raise refusal(item, reply, there.feed, there.url, signed_in=there.login.credentials is not None)


def _after_failure(item: Distribution, there: _Destination) -> str | None:
    """What the index has now; None when it cannot be read either: then the failure is what counts."""
    try:
        return _stored_hash(there, _page(there, item.name), item)
    except AmlprivError:
        return None


def _for_tool(item: Distribution, tool: Tool, work: Path) -> Path:
    """The file under the name that the tool takes: uv silently skips one whose name is not normalised (uv 0.13)."""
    if tool is not Tool.UV:
        return item.path
    plain = _normalised(item)
    if plain == item.filename:
        return item.path
    copy = work / plain
    try:
        copy.hardlink_to(item.path)
    except OSError:  # another disk, or a file system without links
        shutil.copyfile(item.path, copy)
    return copy


def _normalised(item: Distribution) -> str:
    name = item.name.replace("-", "_")
    if not item.is_wheel:
        return f"{name}-{item.version}.tar.gz"
    return "-".join([name, str(item.version), *item.filename.split("-")[2:]])
