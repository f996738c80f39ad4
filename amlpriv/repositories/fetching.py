"""Fetches one commit of a repository, with its submodules and large files, ready to be built."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from amlpriv.connections.addresses import Credentials
from amlpriv.connections.git_hosts import GitHost, Transport
from amlpriv.connections.git_reading import parse_git_url
from amlpriv.connections.git_urls import GitUrl
from amlpriv.connections.users import GIT_USERS
from amlpriv.errors import InputError, UsageError
from amlpriv.processes import ToolMissingError, ToolTimeoutError
from amlpriv.repositories.answering import origin
from amlpriv.repositories.checkout import Checkout, add_history, check_out, plain_git
from amlpriv.repositories.folders import relative, subfolder
from amlpriv.repositories.git import OLDEST, Git, address, local_repository, make_git
from amlpriv.repositories.lfs import bring_large_files
from amlpriv.repositories.outcomes import Outcome
from amlpriv.repositories.proof import error_for, protocols_for
from amlpriv.repositories.refs import RefKind, Resolved
from amlpriv.repositories.remotes import Remote, Wanted, bring_commit, bring_history, find_version
from amlpriv.repositories.stores import open_store
from amlpriv.repositories.submodules import find_submodules
from amlpriv.repositories.versions import needs_history
from amlpriv.repositories.words import words_and_fix

__all__ = ["fetch"]

_DEEPEST = 8
_USED_ONCE = "The address of {url} had a credential in it. It was used once: take it out, and revoke it."


def fetch(
    git_url: GitUrl,
    *,
    rev: str | None = None,
    tag: str | None = None,
    branch: str | None = None,
    subdirectory: str | None = None,
    submodules: bool = True,
    credentials: Credentials | None = None,
    own_helpers: bool = True,
    environ: Mapping[str, str],
    work: Path,
    cache: Path,
    on_line: Callable[[str], None] | None = None,
    timeout: float | None = 600.0,
    cancelled: Callable[[], bool] | None = None,
) -> Checkout:
    """A clean checkout in a new folder below ``work``, whose objects lie in ``cache`` (keep it while building).

    At most one of ``rev``, ``tag`` and ``branch``; without any, what the address names, else the default branch. The
    credential goes to its own host only, submodules there included; without one the user's credential helper and ssh
    agent answer, unless ``own_helpers`` is False. ``timeout`` is in seconds, for all together. A repository of this
    machine comes as ``git.local_repository(path)``.

    Raises AuthenticationError, PermissionDeniedError, NotFoundError (repository, version, folder), NetworkError,
    ServiceError, UsageError, InputError, BuildError (git, git-lfs), LockedError, StorageFullError.
    """
    wanted = _wanted(git_url, rev, tag, branch)
    subdirectory = subdirectory or git_url.subdirectory
    relative(subdirectory)
    credentials = credentials or git_url.credentials
    until = None if timeout is None else time.monotonic() + timeout
    trip = _Trip(git_url, credentials, own_helpers, environ, work, cache, on_line, until, cancelled)
    try:
        return trip.checkout(wanted, subdirectory, submodules=submodules)
    except ToolMissingError as error:
        raise trip.failure(Outcome.NO_GIT) from error
    except ToolTimeoutError as error:
        raise trip.failure(Outcome.TIMEOUT) from error


def _wanted(git_url: GitUrl, rev: str | None, tag: str | None, branch: str | None) -> Wanted:
    given = {name: value for name, value in (("rev", rev), ("tag", tag), ("branch", branch)) if value is not None}
    if len(given) > 1:
        raise UsageError(f"{git_url} has {' and '.join(given)}.", hint="Give one of rev, tag and branch.")
    if any(not value or value.startswith("-") for value in given.values()):
        raise UsageError(f"{git_url} has an empty or impossible {next(iter(given))}.", hint="Give a name, or none.")
    kinds = {"tag": RefKind.TAG, "branch": RefKind.BRANCH}
    return next((Wanted(value, kinds.get(name)) for name, value in given.items()), Wanted(git_url.ref))


@dataclass(frozen=True, slots=True)
class _Trip:
    """What is the same for a repository and its submodules."""

    git_url: GitUrl
    credentials: Credentials | None
    own_helpers: bool
    environ: Mapping[str, str]
    work: Path
    cache: Path
    on_line: Callable[[str], None] | None
    until: float | None
    cancelled: Callable[[], bool] | None

    @property
    def url(self) -> str:
        return address(self.git_url, self.credentials)

    def failure(self, outcome: Outcome) -> Exception:
        return error_for(outcome, *words_and_fix(outcome, self.git_url, self.url, self.credentials))

    def plain(self) -> Git:
        return plain_git(self.environ, self.work)

    def remote(self, git_url: GitUrl, label: str = "") -> Remote:
        credentials = self._credentials_for(git_url)
        url = address(git_url, credentials)
        protocols = protocols_for(self.git_url)
        if git_url.transport is None or url.partition(":")[0] not in protocols:
            outcome = Outcome.ADDRESS if git_url.transport is None else Outcome.TRANSPORT
            words, fix = words_and_fix(outcome, git_url, url, None)
            raise error_for(outcome, words, f"{label} {fix}".strip())
        git = make_git(
            git_url,
            credentials,
            environ=self.environ,
            own_helpers=self.own_helpers,
            timeout=None if self.until is None else self.until - time.monotonic(),
            protocols=protocols,
            cancelled=self.cancelled,
        )
        return Remote(git_url, url, credentials, git, self.plain(), self.on_line, label)

    def _credentials_for(self, git_url: GitUrl) -> Credentials | None:
        """The trip's own at the host that it is meant for; else what stood in this address."""
        if self.credentials is not None:
            url = address(git_url, self.credentials)
            if _origin(url) == _origin(self.url):
                return _fitting(self.credentials, git_url.kind)
        return git_url.credentials

    def checkout(self, wanted: Wanted, subdirectory: str | None, *, submodules: bool) -> Checkout:
        remote = self.remote(self.git_url)
        if remote.git.version(self.work) < OLDEST:
            raise self.failure(Outcome.OLD_GIT)
        root = self._new_folder()
        version, history = self._place(remote, wanted, root, subdirectory)
        below, notes = self._submodules(remote, root, 1) if submodules else ((), ())
        where = f"{remote.url} ({version.commit[:12]})"
        folder = subfolder(root, subdirectory, where)
        bring_large_files(remote.git, root, folder, where, self.on_line)
        used = (_USED_ONCE.format(url=remote.url),) if self.git_url.credentials else ()
        return Checkout(
            folder,
            root,
            remote.url,
            version.commit,
            version.kind,
            version.name,
            subdirectory,
            history,
            below,
            (*used, *notes),
        )

    def _new_folder(self) -> Path:
        """Named like the repository, since some tools that build take a name from it."""
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", self.git_url.repository).strip(".-") or "repository"
        folders = (self.work / (f"{name}-{number}" if number else name) for number in itertools.count())
        return next(folder for folder in folders if not folder.exists())

    def _place(self, remote: Remote, wanted: Wanted, root: Path, subdirectory: str | None) -> tuple[Resolved, bool]:
        """Fetch and check out; the version with its commit, and whether its history is there."""
        wide = wanted.ref is not None and len(wanted.ref) == 64
        with open_store(self.cache, remote.url, remote.plain, wide=wide) as store:
            version = find_version(remote, store, wanted)
            commit = bring_commit(remote, store, version)
            check_out(remote.plain, store, commit, root)
            history = needs_history(root / relative(subdirectory))
            if history:
                bring_history(remote, store, commit)
                add_history(remote.plain, store, root)
        return Resolved(version.kind, version.name, commit, version.full), history

    def _submodules(
        self, parent: Remote, root: Path, depth: int
    ) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
        """Fetch the submodules of a checkout, and theirs; (path, commit) of each, and notes."""
        if not (root / ".gitmodules").is_file() or (root / ".gitmodules").is_symlink():
            return (), ()
        if depth > _DEEPEST:
            raise InputError(f"The submodules of {self.url} have submodules more than {_DEEPEST} times over.")
        keys = r"^submodule\..*\.(path|url)$"
        settings = parent.plain.call("config", "--file", ".gitmodules", "--get-regexp", keys, cwd=root)
        tree = parent.plain.call("-c", "core.quotePath=false", "ls-tree", "-r", "--full-tree", "HEAD", cwd=root)
        found, notes = list[tuple[str, str]](), list[str]()
        for submodule in find_submodules(tree.lines, settings.lines, parent.url):
            if submodule.url is None:
                notes.append(f"The submodule '{submodule.path}' of {parent.url} has no address, and stays empty.")
                continue
            git_url = _submodule_address(submodule.url, parent.git_url)
            remote = self.remote(git_url, f"It is the submodule '{submodule.path}' of {parent.url}.")
            folder = root / submodule.path
            if not folder.resolve().is_relative_to(root.resolve()):
                raise InputError(f"The submodule '{submodule.path}' of {parent.url} leads out of the repository.")
            self._place(remote, Wanted(submodule.commit), folder, None)
            if git_url.credentials:
                notes.append(_USED_ONCE.format(url=remote.url))
            below, more = self._submodules(remote, folder, depth + 1)
            found += [
                (submodule.path, submodule.commit),
                *((f"{submodule.path}/{path}", commit) for path, commit in below),
            ]
            notes += more
        return tuple(found), tuple(notes)


def _submodule_address(url: str, parent: GitUrl) -> GitUrl:
    """A path of this machine only where the user gave one, and the submodule's is relative to it."""
    if parent.transport is Transport.FILE and url.startswith("file://"):
        return local_repository(Path(unquote(urlsplit(url).path)))
    return parse_git_url(url)


def _origin(url: str) -> str:
    protocol, _, rest = url.partition("://")
    return origin(protocol, rest.partition("/")[0].rpartition("@")[2])


def _fitting(credentials: Credentials, kind: GitHost) -> Credentials:
    """A token alone goes in the password's place where the host wants a user beside it."""
    if credentials.password is None and credentials.user is not None and kind in GIT_USERS:
        return Credentials(None, credentials.user)
    return credentials
