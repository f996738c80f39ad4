"""The proof against the local workspace's feed, whose paths, tokens and refusals are those of Azure Artifacts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from amlpriv.connections.addresses import Credentials
from amlpriv.indexes.client import IndexClient, Login
from amlpriv.indexes.elsewhere import has_upstream
from amlpriv.indexes.judging import Outcome
from amlpriv.indexes.proof import Proof, prove
from amlpriv.interpreters import uv_program
from amlpriv.local.environment import environment_variables
from amlpriv.local.feed.tokens import FeedTokens, load_tokens
from amlpriv.local.state import State
from amlpriv.processes import run
from amlpriv.secret import Secret
from tests.wheelhouse import build_wheel

pytestmark = pytest.mark.local

NAME = "contoso-proven"


@pytest.fixture
def tokens(local_state: State) -> FeedTokens:
    found = load_tokens(local_state.root)
    assert found is not None
    return found


@pytest.fixture
def published(local_state: State, scrubbed: dict[str, str], tokens: FeedTokens, tmp_path: Path) -> dict[str, str]:
    """An environment that trusts the local workspace, in whose feed there is a package."""
    child = environment_variables(local_state, scrubbed)
    variables = {"UV_PUBLISH_USERNAME": "any", "UV_PUBLISH_PASSWORD": tokens.write.reveal()}
    words = ("publish", "--publish-url", local_state.feed_url(area="upload"), build_wheel(tmp_path, name=NAME))
    run([uv_program(child), *words], env={**child, **variables}, timeout=60)
    return child


@pytest.fixture
def attempt(published: dict[str, str], local_state: State, tokens: FeedTokens) -> Callable[..., Proof]:
    """``attempt(kind)``: prove with a token of this kind."""

    def prove_with(kind: str, package: str = NAME, *, url: str = "", feed: str = "private") -> Proof:
        credentials = Credentials(Secret("any"), tokens[kind]) if kind else None
        with IndexClient(published) as client:
            return prove(Login(url or local_state.feed_url(feed), credentials), package, client=client)

    return prove_with


@pytest.mark.parametrize(
    ("kind", "outcome", "step"),
    [
        ("read", Outcome.OK, None),
        ("write", Outcome.OK, None),
        ("", Outcome.NO_CREDENTIAL, "page"),
        ("expired", Outcome.EXPIRED, "page"),
        ("norole", Outcome.NO_ROLE, "page"),
        ("listonly", Outcome.NOT_ACCEPTED, "file"),
    ],
)
def test_each_kind_of_token_is_named(
    attempt: Callable[..., Proof], kind: str, outcome: Outcome, step: str | None
) -> None:
    proof = attempt(kind)
    assert proof.outcome is outcome, list(proof.lines())
    assert (proof.failed.name if proof.failed else None) == step
    assert proof.hash_checked == (outcome is Outcome.OK)


def test_a_token_as_the_user_is_as_good(published: dict[str, str], local_state: State, tokens: FeedTokens) -> None:
    with IndexClient(published) as client:
        assert prove(Login(local_state.feed_url(), Credentials(tokens.read)), NAME, client=client).ok


def test_a_missing_feed_and_a_missing_package_are_told_apart(attempt: Callable[..., Proof]) -> None:
    assert attempt("isolated", "contoso-not-there").outcome is Outcome.PACKAGE_MISSING
    assert attempt("read", feed="no-such-feed").outcome is Outcome.FEED_MISSING


def test_the_upstream_of_a_feed_is_seen(published: dict[str, str], local_state: State, tokens: FeedTokens) -> None:
    url = local_state.feed_url()
    with IndexClient(published) as client:
        with_upstream = has_upstream(client, Login(url, Credentials(None, tokens.read)), "six")
        without = has_upstream(client, Login(url, Credentials(None, tokens["isolated"])), "six")
    assert (with_upstream.present, without.present) == (True, False)


def test_the_real_host_leads_to_it_for_isolated_clients(
    published: dict[str, str], local_state: State, scrubbed: dict[str, str], tokens: FeedTokens
) -> None:
    child = environment_variables(local_state, scrubbed, isolated=True)
    login = Login("https://pkgs.dev.azure.com/local/ml/_packaging/private/pypi/simple/", Credentials(None, tokens.read))
    with IndexClient(child) as client:
        good = prove(login, NAME, client=client)
        elsewhere = prove(Login("https://feed.example.org/simple"), NAME, client=client)
    assert good.ok, list(good.lines())
    assert ("pkgs.dev.azure.com", "reached") in [(need.host, need.state) for need in good.hosts]
    assert elsewhere.outcome is Outcome.BLOCKED
