"""One repository at its host, and what is fetched of it into its store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from amlpriv.connections.addresses import Credentials
from amlpriv.connections.git_urls import GitUrl
from amlpriv.errors import AmlprivError, InputError, NotFoundError, StorageFullError, UsageError
from amlpriv.repositories.git import Git, GitRun
from amlpriv.repositories.outcomes import Outcome, disk_is_full, judge, said
from amlpriv.repositories.proof import error_for, listing
from amlpriv.repositories.refs import (
    RefKind,
    Refs,
    Resolved,
    is_commit,
    may_be_commit,
    nearest,
    read_refs,
    resolve,
)
from amlpriv.repositories.stores import KEPT, Store
from amlpriv.repositories.words import words_and_fix

__all__ = ["Remote", "Wanted", "bring_commit", "bring_history", "find_version"]

_NEW = "refs/amlpriv/new"
_HEADS = "+refs/heads/*:refs/amlpriv/heads/*"
_TAGS = "+refs/tags/*:refs/tags/*"
_FETCH = ("fetch", "--no-recurse-submodules", "--no-tags")
_SETTINGS = (
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.writeCommitGraph=false",
    "http.lowSpeedLimit=1",
    "http.lowSpeedTime=60",
    "safe.directory=*",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A version by its name; ``kind`` is None where the text does not tell whether it is a branch or a tag."""

    ref: str | None
    kind: RefKind | None = None


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository at its host, and how to reach it."""

    git_url: GitUrl
    url: str
    credentials: Credentials | None
    git: Git
    """With the network and the credential."""
    plain: Git
    """Without both."""
    on_line: Callable[[str], None] | None = None
    label: str = ""
    """What else to say about it in an error: of which repository it is a submodule."""

    def fetch(self, folder: Path, *arguments: str) -> GitRun:
        """``git fetch`` into a bare repository, without hooks, submodules and tags that nobody asked for."""
        none = (folder / "no-hooks").as_posix()
        more = tuple(part for setting in (*_SETTINGS, f"core.hooksPath={none}") for part in ("-c", setting))
        git = replace(self.git, settings=(*self.git.settings, *more))
        loud = "--progress" if self.on_line else "--quiet"
        return git.call(*_FETCH, loud, *arguments, cwd=folder, on_line=self.on_line)

    def failure(
        self, outcome: Outcome, lines: tuple[str, ...] = (), ref: str | None = None, near: tuple[str, ...] = ()
    ) -> AmlprivError:
        """The error to raise."""
        if disk_is_full(lines):
            return StorageFullError(f"There is no space left to fetch {self.url}.", hint="Free some space.")
        words, fix = words_and_fix(outcome, self.git_url, self.url, self.credentials, ref=ref, nearest=near)
        last = said(lines) or (lines[-4:] if outcome is Outcome.UNKNOWN else ())
        return error_for(outcome, words, "\n".join(part for part in (self.label, fix, *last) if part))


def find_version(remote: Remote, store: Store, wanted: Wanted) -> Resolved:
    """Ask the host which commit is meant. A whole commit that the store has needs no host.

    Raises NotFoundError with the nearest names, UsageError for a name of a branch and a tag of different commits, and
    what the host says.
    """
    ref = wanted.ref
    if ref and wanted.kind is None and is_commit(ref) and store.has(remote.plain, ref):
        return Resolved(RefKind.COMMIT, None, ref, ref)
    listed = listing(remote.git, remote.url, ref, store.content)
    if not listed.succeeded:
        raise remote.failure(judge(listed.lines), listed.lines)
    refs = read_refs(listed.lines)
    found = resolve(refs, ref, kind=wanted.kind)
    if found is not None and found.tag_too:
        raise UsageError(
            f"'{ref}' is a branch ({found.commit[:12]}) and a tag ({found.tag_too[:12]}) of {remote.url}.",
            hint=f"Say which one: a tag or a branch by its own key, or refs/tags/{ref} or refs/heads/{ref}.",
        )
    if found is None and ref and wanted.kind is None and may_be_commit(ref):
        found = Resolved(RefKind.COMMIT, None, ref, ref) if is_commit(ref) else _by_beginning(remote, store, ref)
    if found is None:
        raise _unknown(remote, refs, wanted)
    return found


def bring_commit(remote: Remote, store: Store, version: Resolved) -> str:
    """Fetch one commit with its files, and nothing before it where the server can do that; the commit.

    Raises what the host says, and InputError for a tag of something else than a commit.
    """
    if store.has(remote.plain, version.commit):
        return version.commit
    name = _NEW
    done = remote.fetch(store.content, "--depth=1", "origin", f"+{version.full}:{_NEW}")
    if not done.succeeded and judge(done.lines) is Outcome.UNKNOWN:  # no shallow copies, or no commits by their hash
        deeper = ["--unshallow"] if (store.content / "shallow").is_file() else []
        done, name = remote.fetch(store.content, *deeper, "origin", _HEADS, _TAGS), version.commit
    if not done.succeeded:
        raise remote.failure(judge(done.lines), done.lines, version.name or version.commit)
    commit = _commit(remote, store.content, name)
    if commit is None and name != _NEW:
        raise remote.failure(Outcome.NO_REF, (), version.commit)
    if commit is None:
        raise InputError(f"'{version.name}' of {remote.url} is a tag of something that is no commit.")
    remote.plain.call("update-ref", f"{KEPT}{commit}", commit, cwd=store.content)
    return commit


def bring_history(remote: Remote, store: Store, commit: str) -> None:
    """Fetch all tags and the commits before ``commit``, without files where the server can do that.

    Raises what the host says.
    """
    done = _with_and_without_filter(remote, store, _TAGS, f"+{commit}:{KEPT}{commit}")
    if not done.succeeded and judge(done.lines) in (Outcome.UNKNOWN, Outcome.NO_REF):
        done = _with_and_without_filter(remote, store, _TAGS, _HEADS)
    if not done.succeeded or _commit(remote, store.history, commit) is None:
        raise remote.failure(judge(done.lines), done.lines, commit)


def _with_and_without_filter(remote: Remote, store: Store, *specs: str) -> GitRun:
    store.ensure_history(remote.plain)
    folder = store.history
    # Pruned, since a tag that was taken back would still count for the version.
    done = remote.fetch(folder, "--prune", "--filter=blob:none", "origin", *specs)
    if not done.succeeded and judge(done.lines) is Outcome.UNKNOWN:
        done = remote.fetch(folder, "--prune", "origin", *specs)
    return done


def _by_beginning(remote: Remote, store: Store, ref: str) -> Resolved | None:
    """The commit that begins so: only the whole history tells, and no server is asked for a part of a hash."""
    done = _with_and_without_filter(remote, store, _TAGS, _HEADS)
    if not done.succeeded:
        raise remote.failure(judge(done.lines), done.lines, ref)
    listed = remote.plain.call("rev-parse", f"--disambiguate={ref}", cwd=store.history)
    found = [commit for line in listed.lines if (commit := _commit(remote, store.history, line)) == line]
    if len(found) > 1:
        raise UsageError(f"Several commits of {remote.url} begin with '{ref}'.", hint="Give the whole commit.")
    return Resolved(RefKind.COMMIT, None, found[0], found[0]) if found else None


def _commit(remote: Remote, folder: Path, name: str) -> str | None:
    done = remote.plain.call("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", cwd=folder)
    return done.lines[0] if done.succeeded and done.lines and is_commit(done.lines[0]) else None


def _unknown(remote: Remote, refs: Refs, wanted: Wanted) -> AmlprivError:
    if not refs.branches and not refs.tags:
        return remote.failure(Outcome.EMPTY)
    if wanted.ref is None:
        hint = "Name a branch, a tag or a commit."
        return NotFoundError(f"{remote.url} does not say which branch is its default one.", hint=hint)
    of_kind: dict[RefKind | None, Refs] = {
        RefKind.TAG: replace(refs, branches={}),
        RefKind.BRANCH: replace(refs, tags={}),
    }
    near = nearest(of_kind.get(wanted.kind, refs), wanted.ref)
    return remote.failure(Outcome.NO_REF, (), wanted.ref, near)
