"""feed mirror: a whole dependency closure from a public index into a feed, for a network that reaches only the feed."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from packaging.utils import canonicalize_name

from amlpriv.actions.credential_sources import credential_sources
from amlpriv.actions.feed_place import FeedPlace, feed_credential, feed_place
from amlpriv.actions.mirror_closure import Closure, Destination
from amlpriv.actions.mirror_result import Mirrored
from amlpriv.actions.mirror_running import Run, Sides, plan_for
from amlpriv.actions.mirror_wishes import read_wishes
from amlpriv.actions.publish import Quiet
from amlpriv.actions.uploading import Progress
from amlpriv.default_index import default_index
from amlpriv.errors import UsageError
from amlpriv.files import create_private_directory, write_text
from amlpriv.indexes.client import IndexClient, Login
from amlpriv.indexes.upload_problems import check_destination
from amlpriv.local.home import Home
from amlpriv.specs.resolution import lock_text

__all__ = ["JOBS", "feed_mirror"]

JOBS = 6
"""Downloads at once."""


def feed_mirror(
    requirements: str | Sequence[str] = (),
    *,
    to: str | None,
    files: Sequence[str | os.PathLike[str]] = (),
    pythons: Sequence[str] = (),
    platforms: Sequence[str] = (),
    source: str | None = None,
    token_from: str | None = None,
    source_token_from: str | None = None,
    user: str | None = None,
    upload_url: str | None = None,
    allow: Sequence[str] = (),
    include_sdist: bool = False,
    save: bool = False,
    dry_run: bool = False,
    lock: str | os.PathLike[str] | None = None,
    jobs: int = JOBS,
    cache: bool = True,
    workspace: object = None,
    start: bool = True,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Mirrored:
    """Resolve the requirements for each target, and upload what ``to`` lacks of the closure.

    ``requirements`` are as ``pandas>=2``; ``files`` are requirements, conda or environment files. Targets are all pairs
    of ``pythons`` (``3.11``) and ``platforms`` (``manylinux_2_28_x86_64``, ``linux/aarch64``). ``to`` is named as for
    ``feed_push``; None, for a plan or a lock only. ``source`` is the index to take from, by default the user's own
    default index. ``allow`` are names that may be mirrored beside private versions of that name. ``save`` reads what is
    there already through the feed, which makes it save what its upstream gives. Downloads that were finished before an
    interruption are used again, unless ``cache`` is False. ``lock`` is a file for pins with hashes, without addresses.

    What one file alone could not do is in ``failures`` (``raise_if_incomplete``). Raises what resolving raises,
    ConflictError when the feed has other bytes or a private package of a name (nothing is sent then), and
    AuthenticationError, PermissionDeniedError, NetworkError, UnsupportedError, UsageError, InputError.
    """
    began, watcher = time.monotonic(), progress or Quiet()
    surroundings = os.environ if environ is None else environ
    if to is None and not (dry_run or lock):
        raise UsageError(
            "Where the packages go is not said.", hint="Name a feed with --to, or use --dry-run or --lock."
        )
    words = [requirements] if isinstance(requirements, str) else list(requirements)
    paths = [Path(file) for file in files]
    wishes = read_wishes(words, paths, pythons=pythons, platforms=platforms, environ=surroundings, say=watcher.say)
    place = None
    if to is not None:
        here = Path.cwd()
        place = feed_place(to, environ=surroundings, folder=here, workspace=workspace, start=start, say=watcher.say)
        if not dry_run:
            check_destination(place.feed, upload_url)
    login = _login(place, token_from, user, surroundings)
    with _sides(place, login, _source(source, source_token_from, surroundings), surroundings) as sides, _work() as work:
        closure = Closure(sides.source, sides.destination, surroundings, work, lock is not None, include_sdist)
        closure.say = watcher.say
        resolutions = closure.resolve(wishes)
        if lock is not None:
            write_text(Path(lock), lock_text(*resolutions))
        plan = plan_for(resolutions, sides, frozenset(map(canonicalize_name, allow)))
        run = Run(sides, resolutions, plan, upload_url, save, jobs, watcher)
        result = run.nothing() if dry_run or place is None else run.everything(_cache(surroundings, work, kept=cache))
    seconds, notes = time.monotonic() - began, (*wishes.notes, *result.notes)
    return replace(result, seconds=seconds, notes=notes, lock=Path(lock) if lock is not None else None)


def _login(
    place: FeedPlace | None, token_from: str | None, user: str | None, environ: Mapping[str, str]
) -> Login | None:
    if place is None:
        return None
    sources = credential_sources(environ, name=place.name, user=user, stdin=sys.stdin)
    found = feed_credential(place, token_from, sources)
    return Login(place.feed.simple or "", found.credentials)


def _source(word: str | None, token_from: str | None, environ: Mapping[str, str]) -> Login:
    """The index to take from; the public one gets no credential that was not asked for."""
    if word is None:
        usual = default_index(environ)
        return Login(usual.url, usual.credentials)
    if word.startswith("file:"):
        return Login(word, None)
    place = feed_place(word, environ=environ, folder=Path.cwd(), start=False)
    sources = credential_sources(environ, name=place.name, stdin=sys.stdin)
    return Login(place.feed.simple or word, feed_credential(place, token_from, sources).credentials)


@contextmanager
def _sides(place: FeedPlace | None, login: Login | None, source: Login, environ: Mapping[str, str]) -> Iterator[Sides]:
    """Both sides, each with the certificates that it needs."""
    with IndexClient(environ) as reader, IndexClient(place.environ if place else environ) as client:
        destination = Destination(client, login) if login is not None else None
        yield Sides(source, reader, place, destination)


@contextmanager
def _work() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="amlpriv-mirror-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _cache(environ: Mapping[str, str], work: Path, *, kept: bool) -> Path:
    """Where files wait for being sent."""
    folder = Home.find(environ).cache / "mirror" if kept else work / "files"
    create_private_directory(folder)
    return folder
