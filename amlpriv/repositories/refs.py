"""Branches and tags of a repository, and which commit a name means there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum

__all__ = ["RefKind", "Refs", "Resolved", "is_commit", "may_be_commit", "nearest", "read_refs", "resolve"]

_LINE = re.compile(r"(?P<commit>[0-9a-f]{40}|[0-9a-f]{64})\t(?P<name>\S+)")
_SYMREF = re.compile(r"ref: refs/heads/(?P<branch>\S+)\tHEAD")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORT = re.compile(r"[0-9a-f]{7,64}")
_NEAR = 3


class RefKind(Enum):
    """What a name of a version is."""

    DEFAULT = "default-branch"
    BRANCH = "branch"
    TAG = "tag"
    COMMIT = "commit"
    OTHER = "reference"
    """A whole name outside of branches and tags: ``refs/pull/1/head``."""


@dataclass(frozen=True, slots=True)
class Refs:
    """What a server lists. Commits by name; a tag's is the commit that it stands for, not the tag's own object."""

    default: str | None = None
    """Name of the default branch, where the server tells it."""
    head: str | None = None
    """The default branch's commit."""
    branches: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A name, and the commit that it means."""

    kind: RefKind
    name: str | None
    commit: str
    full: str
    """What to ask the server for: ``refs/tags/v1``, ``HEAD``, a commit."""
    tag_too: str | None = None
    """The commit of a tag of the same name, where it is another one. pip and uv take the branch, git the tag."""


def is_commit(ref: str) -> bool:
    """Whether it is a whole commit hash, SHA-1 or SHA-256."""
    return _COMMIT.fullmatch(ref) is not None


def may_be_commit(ref: str) -> bool:
    """Whether it is a commit hash, or the beginning of one."""
    return _SHORT.fullmatch(ref) is not None


def read_refs(lines: Iterable[str]) -> Refs:
    """The output of ``git ls-remote --symref``; lines of another kind are left out."""
    default, head = None, None
    branches, tags, peeled, others = dict[str, str](), dict[str, str](), dict[str, str](), dict[str, str]()
    for line in lines:
        if found := _SYMREF.fullmatch(line):
            default = found["branch"]
        elif (found := _LINE.fullmatch(line)) is None:
            continue
        elif found["name"] == "HEAD":
            head = found["commit"]
        elif found["name"].startswith("refs/heads/"):
            branches[found["name"].removeprefix("refs/heads/")] = found["commit"]
        elif found["name"].startswith("refs/tags/"):
            name = found["name"].removeprefix("refs/tags/")
            (peeled if name.endswith("^{}") else tags)[name.removesuffix("^{}")] = found["commit"]
        else:
            others[found["name"]] = found["commit"]
    return Refs(default, head, branches, {**tags, **peeled}, others)


def resolve(refs: Refs, ref: str | None, *, kind: RefKind | None = None) -> Resolved | None:
    """The commit that a name means; with ``kind`` a branch's or a tag's only. None where the server has no such name.

    Without ``kind`` a branch comes before a tag, as for pip (``vcs/git.py``, get_revision_sha) and uv; names come
    before commits, as there.
    """
    if ref is None or ref == "HEAD":
        return Resolved(RefKind.DEFAULT, refs.default, refs.head, "HEAD") if refs.head else None
    short = ref
    for start, wanted in (("refs/heads/", RefKind.BRANCH), ("refs/tags/", RefKind.TAG)):
        if ref.startswith(start):
            short, kind = ref.removeprefix(start), wanted
    branch = refs.branches.get(short) if kind in (None, RefKind.BRANCH) else None
    tag = refs.tags.get(short) if kind in (None, RefKind.TAG) else None
    if branch:
        return Resolved(RefKind.BRANCH, short, branch, f"refs/heads/{short}", tag if tag != branch else None)
    if tag:
        return Resolved(RefKind.TAG, short, tag, f"refs/tags/{short}")
    if kind is None and ref in refs.others:
        return Resolved(RefKind.OTHER, ref, refs.others[ref], ref)
    if kind is None and may_be_commit(ref):
        known = {*refs.branches.values(), *refs.tags.values(), *([refs.head] if refs.head else [])}
        found = sorted(commit for commit in known if commit.startswith(ref))
        if len(found) == 1:
            return Resolved(RefKind.COMMIT, ref, found[0], found[0])
    return None


def nearest(refs: Refs, ref: str) -> tuple[str, ...]:
    """Names that may be meant: other letters, with or without a ``v``, the same end; at most three."""
    names = [*refs.tags, *(name for name in refs.branches if name not in refs.tags)]
    bare = ref.rpartition("/")[2].lower().removeprefix("v")
    same = [name for name in names if name.rpartition("/")[2].lower().removeprefix("v") == bare]
    close = get_close_matches(ref, names, n=_NEAR, cutoff=0.5)
    return tuple(dict.fromkeys([*same, *close]))[:_NEAR]
