"""Proves that a repository can be read with a credential, the way pip's git in the image build reads it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from amlpriv.connections.addresses import Credentials
from amlpriv.connections.git_hosts import Transport
from amlpriv.connections.git_urls import GitUrl
from amlpriv.errors import (
    AmlprivError,
    AuthenticationError,
    BuildError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    ServiceError,
    UsageError,
)
from amlpriv.processes import ToolMissingError, ToolTimeoutError
from amlpriv.repositories.git import OLDEST, Git, GitRun, address, is_loopback, make_git
from amlpriv.repositories.outcomes import Outcome, judge, said
from amlpriv.repositories.refs import RefKind, Resolved, is_commit, may_be_commit, nearest, read_refs, resolve
from amlpriv.repositories.words import words_and_fix

__all__ = ["RepositoryProof", "error_for", "listing", "ls_remote", "protocols_for"]


@dataclass(frozen=True, slots=True)
class RepositoryProof:
    """What became of it. Holds no secret."""

    outcome: Outcome
    url: str
    """The address that git was given, without a credential."""
    ref: str | None
    """What was asked for; None for the default branch."""
    resolved: Resolved | None
    """What the reference is, with its commit; None where that is not known."""
    words: str
    fix: str
    """Empty where there is nothing to do."""
    said: tuple[str, ...] = ()
    """The host's and git's own last words, redacted."""
    nearest: tuple[str, ...] = ()
    """Names that may be meant by an unknown reference."""
    notes: tuple[str, ...] = ()
    git: tuple[int, ...] = ()
    """Version of the git that was run."""

    @property
    def ok(self) -> bool:
        """Whether the repository can be read, and has what was asked for."""
        return self.outcome is Outcome.OK

    @property
    def commit(self) -> str | None:
        """The commit that the reference means now."""
        return self.resolved.commit if self.resolved else None

    def as_json(self) -> dict[str, object]:
        """The object that ``--json`` prints."""
        return {
            "outcome": self.outcome.value,
            "ok": self.ok,
            "url": self.url,
            "ref": self.ref,
            "kind": self.resolved.kind.value if self.resolved else None,
            "name": self.resolved.name if self.resolved else None,
            "commit": self.commit,
            "words": self.words,
            "fix": self.fix,
            "said": list(self.said),
            "nearest": list(self.nearest),
            "notes": list(self.notes),
            "git": ".".join(map(str, self.git)) or None,
        }

    def raise_for_failure(self) -> None:
        """Raise the error that goes with the outcome, unless it is OK."""
        if not self.ok:
            raise error_for(self.outcome, self.words, self.fix)


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked, and by whom."""

    git_url: GitUrl
    credentials: Credentials | None
    ref: str | None

    @property
    def url(self) -> str:
        return address(self.git_url, self.credentials)

    def answer(self, outcome: Outcome, near: tuple[str, ...] = ()) -> RepositoryProof:
        words, fix = words_and_fix(outcome, self.git_url, self.url, self.credentials, ref=self.ref, nearest=near)
        return RepositoryProof(outcome, self.url, self.ref, None, words, fix, nearest=near)


def ls_remote(
    git_url: GitUrl,
    credentials: Credentials | None,
    *,
    ref: str | None = None,
    environ: Mapping[str, str],
    own_helpers: bool = False,
    timeout: float = 60.0,
    cancelled: Callable[[], bool] | None = None,
) -> RepositoryProof:
    """Ask the repository's host for its branches and tags, and for the commit of ``ref`` (else of the address' own).

    ``credentials`` None means none at all, unless ``own_helpers`` lets git ask the user's credential helper, netrc and
    askpass; ssh always has its own keys. ``timeout`` is in seconds, for all together. What the host says never raises;
    a credential with a line break does (UsageError), and ToolCancelledError.
    """
    question = _Question(git_url, credentials, ref or git_url.ref)
    protocols = protocols_for(git_url)
    if question.url.partition(":")[0] not in protocols:
        return question.answer(Outcome.TRANSPORT if git_url.transport else Outcome.ADDRESS)
    with tempfile.TemporaryDirectory(prefix="amlpriv-git-", ignore_cleanup_errors=True) as folder:
        work = Path(folder).resolve()
        alone = question.url.startswith("http") and not (own_helpers and credentials is None)
        git = make_git(
            git_url,
            credentials,
            environ=_without_netrc(environ, work) if alone else environ,
            own_helpers=own_helpers,
            timeout=timeout,
            protocols=protocols,
            cancelled=cancelled,
        )
        try:
            version = git.version(work)
            return _ask(git, question, work, version) if version >= OLDEST else question.answer(Outcome.OLD_GIT)
        except ToolMissingError:
            return question.answer(Outcome.NO_GIT)
        except ToolTimeoutError:
            return question.answer(Outcome.TIMEOUT)


def protocols_for(git_url: GitUrl) -> tuple[str, ...]:
    """The transports that git may use, for submodules too: nothing that is not encrypted, except on this machine."""
    if git_url.transport is Transport.FILE:
        return ("https", "ssh", "file")
    http = git_url.transport is Transport.HTTP and is_loopback(git_url.host)
    return ("https", "ssh", "http") if http else ("https", "ssh")


_ERRORS: Mapping[Outcome, type[AmlprivError]] = {
    Outcome.MISSING: AuthenticationError,
    Outcome.REFUSED: AuthenticationError,
    Outcome.SIGN_IN_PAGE: AuthenticationError,
    Outcome.FORBIDDEN: PermissionDeniedError,
    Outcome.NOT_FOUND: NotFoundError,
    Outcome.NO_REF: NotFoundError,
    Outcome.EMPTY: NotFoundError,
    Outcome.NO_REPOSITORY: ServiceError,
    Outcome.SERVER: ServiceError,
    Outcome.THROTTLED: ServiceError,
    Outcome.UNKNOWN: ServiceError,
    Outcome.NO_GIT: BuildError,
    Outcome.OLD_GIT: BuildError,
    Outcome.NO_SSH: BuildError,
    Outcome.ADDRESS: UsageError,
    Outcome.TRANSPORT: UsageError,
}
"""The others are the network's: NetworkError."""


def listing(git: Git, url: str, wanted: str | None, cwd: Path) -> GitRun:
    """Branches, tags and the default branch, for ``read_refs``; with ``wanted``, a whole name of another kind too."""
    patterns = ["HEAD", "refs/heads/*", "refs/tags/*"]
    patterns += [wanted] if wanted and wanted.startswith("refs/") else []
    return git.call("ls-remote", "--symref", "--", url, *patterns, cwd=cwd)


def error_for(outcome: Outcome, words: str, fix: str) -> AmlprivError:
    """The error, with its exit code, that goes with an outcome other than OK."""
    return _ERRORS.get(outcome, NetworkError)(words, hint=fix or None)


def _ask(git: Git, question: _Question, work: Path, version: tuple[int, ...]) -> RepositoryProof:
    wanted = question.ref
    listed = listing(git, question.url, wanted, work)
    if not listed.succeeded:
        return replace(question.answer(judge(listed.lines)), said=said(listed.lines), git=version)
    refs = read_refs(listed.lines)
    resolved, notes = resolve(refs, wanted), list[str]()
    if resolved is None and wanted and may_be_commit(wanted):
        resolved, notes = _ask_for_commit(git, question.url, wanted, work)
    if resolved is None and not notes:
        outcome = Outcome.EMPTY if not refs.branches and not refs.tags else Outcome.NO_REF
        return replace(question.answer(outcome, nearest(refs, wanted) if wanted else ()), git=version)
    if resolved is not None and resolved.tag_too:
        notes.append(
            f"'{wanted}' is a branch and a tag, of different commits: pip and uv take the branch, git the tag "
            f"({resolved.tag_too}). Write refs/tags/{resolved.name} or refs/heads/{resolved.name}."
        )
    return replace(question.answer(Outcome.OK), resolved=resolved, notes=(*notes, *_moved(listed.lines)), git=version)


def _ask_for_commit(git: Git, url: str, wanted: str, work: Path) -> tuple[Resolved | None, list[str]]:
    """Fetch a commit without its files: no listing has those that no branch or tag ends at."""
    if not is_commit(wanted):
        return None, [f"'{wanted}' may be the beginning of a commit, which only a whole clone can tell."]
    store = work / "commit.git"
    algorithm = ["--object-format=sha256"] if len(wanted) == 64 else []
    if not git.call("init", "--quiet", "--bare", *algorithm, str(store), cwd=work).succeeded:
        return None, ["This git cannot look for a commit of that kind."]
    git.call("remote", "add", "origin", url, cwd=store)
    fetched = git.call("fetch", "--quiet", "--depth=1", "--no-tags", "--filter=tree:0", "origin", wanted, cwd=store)
    if fetched.succeeded:
        return Resolved(RefKind.COMMIT, wanted, wanted, wanted), []
    if judge(fetched.lines) is Outcome.NO_REF:
        return None, []
    return None, ["The host does not tell whether it has this commit; cloning shows it."]


def _without_netrc(environ: Mapping[str, str], work: Path) -> dict[str, str]:
    """A home without a netrc, where libcurl would find another credential; the user's git settings come along.

    Only ``~`` in those settings is another folder now.
    """
    home = environ.get("HOME") or environ.get("USERPROFILE") or ""
    new = work / "home"
    new.mkdir()
    if home:
        own = (Path(home) / ".gitconfig").as_posix().replace('"', '\\"')
        (new / ".gitconfig").write_text(f'[include]\n\tpath = "{own}"\n', encoding="utf-8")
    config = environ.get("XDG_CONFIG_HOME") or (os.path.join(home, ".config") if home else "")  # noqa: PTH118
    known = {"XDG_CONFIG_HOME": config} if config else {}
    return {**environ, **known, "HOME": str(new), "USERPROFILE": str(new)}


def _moved(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Where the host has sent git to: that host must be reachable as well."""
    start = "warning: redirecting to "
    return tuple(f"The host sends git on to {line.removeprefix(start)}" for line in lines if line.startswith(start))
