"""Bare repositories that keep what was fetched, one pair for each address; later fetches bring only what is new."""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from amlpriv.errors import BuildError, LockedError
from amlpriv.files import create_private_directory
from amlpriv.repositories.git import Git

__all__ = ["KEPT", "Store", "name_origin", "open_store"]

KEPT = "refs/amlpriv/kept/"
"""Followed by the commit: what stands there is complete."""

_WAIT = 600.0


@dataclass(frozen=True, slots=True)
class Store:
    """What one address has given so far. No credential is in it."""

    url: str
    content: Path
    """Whole commits, without what was before them."""
    history: Path
    """Commits and tags without files, for versions that are counted from a tag. Kept apart: git takes a commit that it
    has for a whole one, and would not fetch its files again. Not there before ``ensure_history``."""
    wide: bool = False
    """Whether the commits are SHA-256."""

    def ensure_history(self, git: Git) -> None:
        """Make the repository for the history, if it is not there yet. Raises BuildError."""
        _ensure(self, self.history, git)

    def has(self, git: Git, commit: str) -> bool:
        """Whether the commit is here with all its files."""
        name = f"{KEPT}{commit}^{{commit}}"
        return git.call("rev-parse", "--verify", "--quiet", name, cwd=self.content).succeeded


@contextlib.contextmanager
def open_store(cache: Path, url: str, git: Git, *, wide: bool = False) -> Iterator[Store]:
    """The store of an address, below the folder ``cache``; nobody else writes into it meanwhile.

    It is readable for its owner only. ``git`` is one without the network, ``wide`` means SHA-256. Raises LockedError,
    BuildError, and what a disk may say.
    """
    create_private_directory(cache)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", url.rstrip("/").rpartition("/")[2].removesuffix(".git"))[:40]
    folder = cache / f"{name}-{hashlib.sha256(url.encode()).hexdigest()[:16]}{'-sha256' if wide else ''}"
    lock = FileLock(f"{folder}.lock", timeout=_WAIT)
    try:
        lock.acquire()
    except Timeout as error:
        message = f"Another process has been fetching {url} for {_WAIT / 60:g} minutes."
        raise LockedError(message, hint="Wait for it, or end it.") from error
    try:
        create_private_directory(folder)
        store = Store(url, folder / "content.git", folder / "history.git", wide)
        _ensure(store, store.content, git)
        yield store
    finally:
        lock.release()


def _ensure(store: Store, path: Path, git: Git) -> None:
    """A bare repository, made anew when it is damaged; locks of a git that was killed are taken away."""
    if path.exists():
        for left in (*path.glob("*.lock"), *path.glob("refs/**/*.lock"), *path.glob("objects/**/tmp_*")):
            left.unlink(missing_ok=True)
        if git.call("config", "--local", "--get", "remote.origin.url", cwd=path).lines == (store.url,):
            return
        shutil.rmtree(path)
    algorithm = ["--object-format=sha256"] if store.wide else []
    made = git.call("init", "--quiet", "--bare", "--template=", *algorithm, path.name, cwd=path.parent)
    if not made.succeeded:
        raise BuildError(f"git could not make a repository in {path.parent}.", hint="\n".join(made.lines) or None)
    name_origin(path / "config", store.url)


def name_origin(config: Path, url: str) -> None:
    """Write the address down in a repository's settings."""
    quoted = url.replace("\\", "\\\\").replace('"', '\\"')
    with config.open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(f'[remote "origin"]\n\turl = "{quoted}"\n')
