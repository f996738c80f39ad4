"""feed mirror: a whole dependency closure from a public index into a feed, for a network that reaches only the feed."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from amlpriv.actions.credential_sources import credential_sources
from amlpriv.actions.feed_place import FeedPlace, check_upload_url, feed_credential, feed_place
from amlpriv.actions.mirror_closure import Closure, Destination
from amlpriv.actions.mirror_result import Mirrored
from amlpriv.actions.mirror_running import Run, Sides, plan_for
from amlpriv.actions.mirror_wishes import Wishes, read_wishes
from amlpriv.actions.publish import Quiet
from amlpriv.actions.uploading import Progress
from amlpriv.default_index import default_index
from amlpriv.errors import UsageError
from amlpriv.files import create_private_directory, write_text
from amlpriv.indexes.client import IndexClient, Login
from amlpriv.indexes.upload_problems import check_destination
from amlpriv.indexes.upload_publicity import check_publicity
from amlpriv.local.home import Home
from amlpriv.specs.resolution import lock_text

__all__ = ["MirrorOptions", "feed_mirror"]

JOBS = 6


@dataclass(frozen=True, slots=True)
class MirrorOptions:
    """Where to, where from, what for, and how."""

    to: str | None = None
    """A feed's address, a connection of the workspace, or ``"local"``; None only for a plan or a lock."""
    files: Sequence[str | os.PathLike[str]] = ()
    """Requirements, conda and environment files."""
    pythons: Sequence[str] = ()
    """``3.11``. Targets are all pairs with ``platforms``; without them the first file decides, else ``Target()``."""
    platforms: Sequence[str] = ()
    """``manylinux_2_28_x86_64``, ``linux/aarch64``, ..."""
    source: str | None = None
    """The index to take from; None: the user's own default index."""
    token_from: str | None = None
    source_token_from: str | None = None
    user: str | None = None
    """The user that goes with the feed's token."""
    source_user: str | None = None
    upload_url: str | None = None
    """For a feed whose address for uploads cannot be derived."""
    public: bool = False
    """Whether the destination may be the public index."""
    allow: Sequence[str] = ()
    """Names that may be mirrored though the feed has a package of its own of that name."""
    include_sdist: bool = False
    """Take a source archive where there is no wheel. uv may run its build backend here, to learn what it requires."""
    save: bool = False
    """Read what is there already through the feed: it saves then what its upstream gives."""
    dry_run: bool = False
    lock: str | os.PathLike[str] | None = None
    """A file for the pins with hashes, without addresses."""
    jobs: int = JOBS
    """Downloads at once."""
    cache: bool = True
    """Whether downloads outlive an interruption, for a second try; what was sent is deleted."""


def feed_mirror(
    requirements: str | Sequence[str] = (),
    options: MirrorOptions | None = None,
    *,
    workspace: object = None,
    start: bool = True,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Mirrored:
    """Resolve the requirements (``pandas>=2``) for each target, and upload what the feed lacks of the closure.

    What one file alone could not do is in the result's ``failures`` (``raise_if_incomplete``). Raises what resolving
    raises (`amlpriv.resolving`); ConflictError when the feed has other bytes or a package of its own of a name (nothing
    is sent then); AuthenticationError, PermissionDeniedError, NetworkError, UnsupportedError, UsageError, InputError.
    """
    asked, began, watcher = options or MirrorOptions(), time.monotonic(), progress or Quiet()
    surroundings = os.environ if environ is None else environ
    if asked.to is None and not (asked.dry_run or asked.lock):
        raise UsageError(
            "Where the packages go is not said.", hint="Name a feed with --to, or use --dry-run or --lock."
        )
    _allowed(asked.allow)  # before anything is resolved
    words = [requirements] if isinstance(requirements, str) else list(requirements)
    paths = [Path(file) for file in asked.files]
    bounds = {"pythons": asked.pythons, "platforms": asked.platforms}
    wishes = read_wishes(words, paths, **bounds, environ=surroundings, say=watcher.say)
    place = None
    if asked.to is not None:
        at = partial(feed_place, asked.to, environ=surroundings, folder=Path.cwd())
        place = at(workspace=workspace, start=start, say=watcher.say)
        check_publicity(place.feed, asked.upload_url, (), environ=surroundings, public=asked.public)
    with _sides(place, asked, surroundings) as sides:
        result = _mirrored(wishes, asked, sides, surroundings, watcher)
    seconds, notes = time.monotonic() - began, (*wishes.notes, *result.notes)
    return replace(result, seconds=seconds, notes=notes, lock=Path(asked.lock) if asked.lock is not None else None)


def _mirrored(
    wishes: Wishes, asked: MirrorOptions, sides: Sides, environ: Mapping[str, str], watcher: Progress
) -> Mirrored:
    if sides.place is not None and not asked.dry_run:
        check_destination(sides.place.feed, asked.upload_url)
    with tempfile.TemporaryDirectory(prefix="amlpriv-mirror-", ignore_cleanup_errors=True) as folder:
        work, hashes = Path(folder), asked.lock is not None
        closure = Closure(
            sides.source, sides.destination, sides.environ, work, hashes, asked.include_sdist, watcher.say
        )
        resolutions = closure.resolve(wishes)
        if asked.lock is not None:
            write_text(Path(asked.lock), lock_text(*resolutions))
        plan = plan_for(resolutions, sides, _allowed(asked.allow))
        run = Run(sides, resolutions, plan, asked.upload_url, asked.public, asked.save, asked.jobs, watcher)
        if asked.dry_run or sides.place is None:
            return run.nothing()
        return run.everything(_cache(environ, work, kept=asked.cache))


@contextmanager
def _sides(place: FeedPlace | None, asked: MirrorOptions, environ: Mapping[str, str]) -> Iterator[Sides]:
    """Both sides, each with the certificates and the credential that it needs."""
    source, around = _source(asked, environ)
    with IndexClient(around) as reader, IndexClient(place.environ if place else environ) as client:
        if place is None:
            yield Sides(source, reader, around, None, None)
            return
        sources = credential_sources(environ, name=place.name, user=asked.user, stdin=sys.stdin)
        found = feed_credential(place, asked.token_from, sources)
        if asked.token_from is None:
            check_upload_url(place, asked.upload_url, found)
        login = Login(place.feed.simple or "", found.credentials)
        yield Sides(source, reader, around, place, Destination(client, login))


def _source(asked: MirrorOptions, environ: Mapping[str, str]) -> tuple[Login, Mapping[str, str]]:
    """The index to take from, and the environment for tools that ask it."""
    if asked.source is None:
        usual = default_index(environ)
        return Login(usual.url, usual.credentials), environ
    place = feed_place(asked.source, environ=environ, folder=Path.cwd(), start=False)
    sources = credential_sources(environ, name=place.name, user=asked.source_user, stdin=sys.stdin)
    found = feed_credential(place, asked.source_token_from, sources)
    return Login(place.feed.simple or asked.source, found.credentials), place.environ


def _allowed(names: Sequence[str]) -> frozenset[NormalizedName]:
    for name in names:
        try:
            canonicalize_name(name, validate=True)
        except InvalidName:
            raise UsageError(
                f"{name!r} is no name of a package.", hint="Give names alone, one with each --allow."
            ) from None
    return frozenset(map(canonicalize_name, names))


def _cache(environ: Mapping[str, str], work: Path, *, kept: bool) -> Path:
    """Where files wait for being sent."""
    folder = Home.find(environ).cache / "mirror" if kept else work / "files"
    create_private_directory(folder)
    return folder
