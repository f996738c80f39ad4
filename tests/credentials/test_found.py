"""What a credential is wanted for."""

from __future__ import annotations

import pytest

from amlpriv.connections.feeds import parse_feed_url
from amlpriv.connections.git_reading import parse_git_url
from amlpriv.credentials.found import Sources, read_subject

PAT = "a" * 76 + "AZDO" + "1234"
FEED = "https://pkgs.dev.azure.com/contoso/ml/_packaging/team/pypi/simple/"
REPO = "https://dev.azure.com/contoso/ml/_git/tools"


@pytest.mark.parametrize("address", [FEED, parse_feed_url(FEED), REPO, f"git+{REPO}@main", parse_git_url(REPO)])
def test_feeds_and_repositories_are_read_from_any_form(address: object) -> None:
    subject = read_subject(address)  # type: ignore[arg-type]
    assert subject.azure is not None
    assert subject.azure.organisation == "contoso"
    assert subject.simple in (FEED, REPO, f"{REPO}/")


@pytest.mark.parametrize("address", ["git@example.org:team/tools.git", "ssh://git@example.org/team/tools", "", "???"])
def test_what_is_not_reached_by_https_has_no_host(address: str) -> None:
    assert read_subject(address).address.host == ""


def test_a_legacy_address_is_of_azure_devops() -> None:
    subject = read_subject("https://contoso.pkgs.visualstudio.com/ml/_packaging/team/pypi/simple/")
    assert subject.azure is not None
    assert subject.simple == FEED


@pytest.mark.parametrize(
    ("user", "token", "alone"),
    [
        (f"me:{PAT}", PAT, ""),
        (f":{PAT}", PAT, ""),
        (PAT, PAT, ""),
        (f"{PAT}:x-oauth-basic", PAT, ""),
        ("me:short", "short", ""),
        ("VssSessionToken", None, "VssSessionToken"),
        ("contoso", None, "contoso"),
        ("x" * 33, "x" * 33, ""),
        ("me:", None, "me"),
        ("me:${FEED_TOKEN}", None, ""),
    ],
)
def test_a_token_is_told_from_a_mere_user(user: str, token: str | None, alone: str) -> None:
    subject = read_subject(FEED.replace("https://", f"https://{user}@"))
    found = subject.login.token if subject.login else None
    assert (found.reveal() if found else None, subject.user) == (token, alone)
    assert PAT not in repr(subject)


def test_the_home_is_that_of_the_environment() -> None:
    home = Sources({"HOME": "there", "USERPROFILE": "there"}).home
    assert home is not None
    assert home.name == "there"
    assert Sources({}).home is None


def test_a_token_in_the_path_is_found() -> None:
    """Gemfury's have no shape of their own, and never a password."""
    gemfury = "".join(("https://", "pypi.", "fury.io/"))
    for address in (f"{gemfury}t0k3n/contoso/", f"{gemfury.replace('//', '//t0k3n@')}contoso/"):
        subject = read_subject(address)
        assert subject.login is not None
        assert subject.login.token is not None
        assert subject.login.token.reveal() == "t0k3n"
        assert "t0k3n" not in subject.simple


def test_the_organisation_in_azure_repos_own_addresses_is_a_user() -> None:
    subject = read_subject(f"git+{REPO.replace('https://', 'https://contoso@')}")
    assert subject.login is None
    assert subject.user == "contoso"
