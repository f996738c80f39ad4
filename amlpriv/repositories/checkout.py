"""A work tree of one commit, the same on every machine: no hooks, no line ends changed, no filters of the user's."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from amlpriv.errors import BuildError, StorageFullError
from amlpriv.repositories.git import Git, cleared
from amlpriv.repositories.outcomes import disk_is_full
from amlpriv.repositories.refs import RefKind
from amlpriv.repositories.stores import Store, name_origin

__all__ = ["Checkout", "add_history", "check_out", "plain_git"]


@dataclass(frozen=True, slots=True)
class Checkout:
    """One commit of a repository on the disk."""

    folder: Path
    """The project: the subdirectory where one was asked for."""
    root: Path
    """The repository's own folder; it has a ``.git``, whose objects lie in the cache."""
    url: str
    """Without a credential."""
    commit: str
    kind: RefKind
    name: str | None
    """The branch or tag that was asked for, or the default branch."""
    subdirectory: str | None
    history: bool
    """Whether tags and the commits before are there."""
    submodules: tuple[tuple[str, str], ...] = ()
    """(path, commit)."""
    notes: tuple[str, ...] = ()
    """What people should know: a credential that stood in the address, a submodule without an address."""

    @property
    def describe(self) -> str:
        """``https://host/team/x.git at tag v1.0 (0123456789ab), packages/one``."""
        kinds = {RefKind.TAG: "tag ", RefKind.BRANCH: "branch ", RefKind.DEFAULT: "branch "}
        named = f"{kinds.get(self.kind, '')}{self.name} " if self.name and self.kind is not RefKind.COMMIT else ""
        version = f"{named}({self.commit[:12]})" if named else f"commit {self.commit[:12]}"
        return f"{self.url} at {version}" + (f", {self.subdirectory}" if self.subdirectory else "")

    def as_json(self) -> dict[str, object]:
        """What a plan and an environment's properties record: enough to fetch the same again."""
        return {
            "url": self.url,
            "commit": self.commit,
            "kind": self.kind.value,
            "name": self.name,
            "subdirectory": self.subdirectory,
            "submodules": dict(self.submodules),
        }


def plain_git(environ: Mapping[str, str], work: Path) -> Git:
    """A git that reads no settings but the repository's own and reaches no host; ``work`` gets an empty home."""
    home = work / "no-home"
    home.mkdir(exist_ok=True)
    child = {**cleared(environ), "GIT_CONFIG_NOSYSTEM": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_LFS_SKIP_SMUDGE": "1"}
    child |= dict.fromkeys(("HOME", "USERPROFILE", "XDG_CONFIG_HOME"), str(home))
    child.pop("GIT_CONFIG_GLOBAL", None)
    settings = ("safe.directory=*", f"core.hooksPath={home.as_posix()}", "gc.auto=0", "core.fsmonitor=false")
    return Git(child, tuple(part for setting in settings for part in ("-c", setting)), (), None)


def check_out(git: Git, store: Store, commit: str, folder: Path) -> None:
    """Put a commit of the store into ``folder``, which is new or empty. Raises BuildError."""
    folder.mkdir(parents=True, exist_ok=True)
    algorithm = ["--object-format=sha256"] if len(commit) == 64 else []
    _must(git, folder, "init", "--quiet", "--template=", *algorithm)
    # No hooks: not the user's, and below .git nothing of the repository's can be.
    # In the repository's own settings, since tools that build ask git there, with the user's settings.
    own = {"autocrlf": "false", "eol": "lf", "longpaths": "true", "safecrlf": "false", "hooksPath": ".git/no-hooks"}
    lines = ["[core]", *(f"\t{name} = {value}" for name, value in own.items()), "[gc]", "\tauto = 0"]
    with (folder / ".git" / "config").open("a", encoding="utf-8", newline="\n") as stream:
        stream.write("\n".join(lines) + "\n")
    name_origin(folder / ".git" / "config", store.url)
    _borrow(folder, store.content)
    if (store.content / "shallow").is_file():
        shutil.copyfile(store.content / "shallow", folder / ".git" / "shallow")
    _must(git, folder, "checkout", "--quiet", "--force", "--detach", commit)


def add_history(git: Git, store: Store, folder: Path) -> None:
    """Give a checkout the tags and the commits before its own. Raises BuildError."""
    _borrow(folder, store.history)
    (folder / ".git" / "shallow").unlink(missing_ok=True)
    listed = _must(git, store.history, "for-each-ref", "--format=%(objectname) %(refname)", "refs/tags")
    pairs = [line.split(" ", 1) for line in listed]
    wanted = "".join(f"create {name} {commit}\n" for commit, name in pairs)
    made = git.call("update-ref", "--stdin", cwd=folder, stdin=wanted.encode())
    if not made.succeeded:
        raise BuildError("git could not write the repository's tags.", hint="\n".join(made.lines))


def _borrow(folder: Path, store: Path) -> None:
    info = folder / ".git" / "objects" / "info"
    info.mkdir(parents=True, exist_ok=True)
    with (info / "alternates").open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(f"{(store / 'objects').resolve().as_posix()}\n")


def _must(git: Git, folder: Path, *arguments: str) -> tuple[str, ...]:
    done = git.call(*arguments, cwd=folder)
    if not done.succeeded:
        if disk_is_full(done.lines):
            raise StorageFullError(f"There is no space left in {folder}.", hint="Free some space.")
        message = f"git {arguments[0]} failed in {folder}."
        raise BuildError(message, hint="\n".join(done.lines[-8:]) or "It said nothing.")
    return done.lines
