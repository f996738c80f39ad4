"""Every outcome has words, and each host its own rights."""

from __future__ import annotations

import pytest

from amlpriv.connections.addresses import Credentials
from amlpriv.connections.git_hosts import GitHost
from amlpriv.connections.git_reading import parse_git_url
from amlpriv.repositories.outcomes import Outcome
from amlpriv.repositories.words import RIGHTS, words_and_fix
from amlpriv.secret import Secret

URLS = {
    GitHost.AZURE_REPOS: "https://dev.azure.com/contoso/ml/_git/x",
    GitHost.GITHUB: "https://github.com/contoso/x",
    GitHost.GITLAB: "https://gitlab.com/contoso/x",
    GitHost.BITBUCKET: "https://bitbucket.org/contoso/x",
    GitHost.OTHER: "https://git.example.org/contoso/x",
}
TOKEN = Credentials(Secret("canary-token"))


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("credentials", [None, TOKEN])
def test_each_outcome_says_what_happened_and_what_to_do(outcome: Outcome, credentials: Credentials | None) -> None:
    git_url = parse_git_url(URLS[GitHost.OTHER])
    words, fix = words_and_fix(outcome, git_url, git_url.url, credentials, ref="v1", nearest=["v1.0"])
    assert words.endswith((".", "'."))
    assert "{" not in words
    assert bool(fix) == (outcome is not Outcome.OK)
    assert "canary" not in words + fix


@pytest.mark.parametrize(("kind", "needed"), [
    (GitHost.AZURE_REPOS, "Code (Read)"),
    (GitHost.GITHUB, "contents:read"),
    (GitHost.GITLAB, "read_repository"),
    (GitHost.BITBUCKET, "Repositories: Read"),
])  # fmt: skip
def test_the_right_of_the_host_is_named(kind: GitHost, needed: str) -> None:
    git_url = parse_git_url(URLS[kind])
    assert git_url.kind is kind
    for outcome in (Outcome.MISSING, Outcome.REFUSED, Outcome.FORBIDDEN, Outcome.NOT_FOUND, Outcome.SIGN_IN_PAGE):
        assert needed in words_and_fix(outcome, git_url, git_url.url, TOKEN)[1]


def test_every_kind_of_host_has_its_rights() -> None:
    assert set(RIGHTS) == set(GitHost)


def test_a_host_that_wants_a_user_beside_the_token_says_so() -> None:
    git_url = parse_git_url(URLS[GitHost.GITLAB])
    assert "oauth2" in words_and_fix(Outcome.REFUSED, git_url, git_url.url, TOKEN)[1]
    both = Credentials(Secret("oauth2"), Secret("canary-token"))
    assert "oauth2" not in words_and_fix(Outcome.REFUSED, git_url, git_url.url, both)[1]


def test_ssh_keys_are_the_credential_of_ssh() -> None:
    git_url = parse_git_url("git@github.com:contoso/x.git")
    words, fix = words_and_fix(Outcome.REFUSED, git_url, git_url.ssh or "", None)
    assert "ssh keys" in words
    assert "ssh-add" in fix
