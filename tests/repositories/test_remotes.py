"""Errors of a remote; its fetching is tried in test_fetching, over the wire."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from amlpriv.connections.git_reading import parse_git_url
from amlpriv.errors import AuthenticationError, NetworkError, NotFoundError, StorageFullError
from amlpriv.repositories.checkout import plain_git
from amlpriv.repositories.git import Git
from amlpriv.repositories.outcomes import Outcome
from amlpriv.repositories.refs import RefKind, Resolved
from amlpriv.repositories.remotes import Remote, Wanted, bring_commit, bring_history, find_version
from amlpriv.repositories.stores import open_store

GIT_URL = parse_git_url("https://127.0.0.1:1/team/x.git")


def remote(scrubbed: dict[str, str], work: Path) -> Remote:
    git = Git({"PATH": os.environ["PATH"], "HOME": scrubbed["HOME"], "GIT_ALLOW_PROTOCOL": "https"}, (), (), None)
    return Remote(GIT_URL, GIT_URL.url, None, git, plain_git(scrubbed, work), label="It is the submodule 'x'.")


def test_an_error_has_the_words_of_the_host_and_says_of_what_it_is_a_part(
    scrubbed: dict[str, str], tmp_path: Path
) -> None:
    found = remote(scrubbed, tmp_path).failure(Outcome.MISSING, ("remote: No entry", "Cloning ..."))
    assert isinstance(found, AuthenticationError)
    assert found.hint is not None
    assert found.hint.startswith("It is the submodule 'x'.\n")
    assert found.hint.endswith("\nremote: No entry")
    near = remote(scrubbed, tmp_path).failure(Outcome.NO_REF, (), "v1", ("v1.0",))
    assert isinstance(near, NotFoundError)
    assert "v1.0" in str(near)


def test_a_full_disk_is_no_fault_of_the_host(scrubbed: dict[str, str], tmp_path: Path) -> None:
    lines = ("fatal: write error: No space left on device",)
    assert isinstance(remote(scrubbed, tmp_path).failure(Outcome.UNKNOWN, lines), StorageFullError)


def test_each_step_says_that_the_host_does_not_answer(scrubbed: dict[str, str], tmp_path: Path) -> None:
    one, commit = remote(scrubbed, tmp_path), "0" * 40
    with open_store(tmp_path / "cache", one.url, one.plain) as store:
        with pytest.raises(NetworkError):
            find_version(one, store, Wanted("v1"))
        with pytest.raises(NetworkError):
            bring_commit(one, store, Resolved(RefKind.COMMIT, None, commit, commit))
        with pytest.raises(NetworkError):
            bring_history(one, store, commit)
