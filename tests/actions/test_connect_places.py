"""Addresses as users give them to ``connect feed`` and ``connect git``: taken, refused, and what the refusal says."""

from __future__ import annotations

import pytest

from amlpriv.actions.connect_places import connect_place
from amlpriv.errors import UsageError

FEED = "https://pkgs.dev.azure.com/contoso/ml/_packaging/private/pypi/simple/"
TOKEN = "ghp_" + "q7" * 18


@pytest.mark.parametrize(
    "url",
    [
        "git@github.com:contoso/nlp.git",
        "git@git.example.org:nlp",
        f"{TOKEN}@github.com:contoso/nlp.git",
        "ssh://git@github.com/contoso/nlp.git",
        "SSH://git@git.example.org:7999/team/nlp",
        "git+ssh://git@github.com/contoso/nlp.git@v1",
        "git+https://github.com/contoso/nlp",
        "git://git.example.org/nlp",
        "https://git.example.org/team/nlp.git",
    ],
)
def test_the_address_of_a_repository_is_no_feed_and_no_credential(url: str) -> None:
    with pytest.raises(UsageError, match="address of a git repository") as caught:
        connect_place("feed", url)
    assert "connect git" in (caught.value.hint or "")
    assert "evoke" not in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        f"me:{TOKEN}@index.example.org/simple/",
        f"me:{TOKEN}@index.example.org:8443/simple/",
        f"{TOKEN}@index.example.org:8443/simple/",
        f"https://me:{TOKEN}@git.example.org/team/nlp.git",
        f"https://{TOKEN}@pkgs.dev.azure.com/contoso/_packaging/x/pypi/simple/",
    ],
)
def test_a_credential_in_a_feeds_address_is_to_be_revoked(url: str) -> None:
    with pytest.raises(UsageError, match="has a credential in it") as caught:
        connect_place("feed", url)
    assert "Revoke it" in (caught.value.hint or "")
    assert TOKEN not in str(caught.value)


def test_no_address_is_named_where_there_is_none() -> None:
    with pytest.raises(UsageError, match="has a credential in it") as caught:
        connect_place("feed", f"https://me:{TOKEN}@a b/simple/")
    assert "://" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://pkgs.dev.azure.com/contoso/_packaging/contoso@Release/pypi/simple/",
        FEED,
        "git+https://pkgs.dev.azure.com/contoso/_packaging/contoso/pypi/simple/",
        "https://pkgs.dev.azure.com/contoso",
        "https://contoso.pkgs.visualstudio.com/_packaging/x/pypi/simple/",
        "https://server.example.org/tfs/coll/_packaging/x/pypi/simple/",
        "https://contoso.jfrog.io/artifactory/api/pypi/ml/simple",
        "https://gitlab.com/api/v4/projects/1/packages/pypi/simple",
        "https://gitlab.example.org/api/v4/groups/1/-/packages/pypi/simple",
        "https://nexus.example.org/repository/private/simple",
        "https://devpi.example.org/root/dev/+simple/",
        "https://index.example.org/simple/",
        "https://index.example.org/simple",
        "https://index.example.org/root/pypi/simple",
        "https://index.example.org/team/simple/",
        "http://localhost:8080/simple/",
    ],
)
def test_the_address_of_an_index_is_no_repository(url: str) -> None:
    with pytest.raises(UsageError, match="address of a package index") as caught:
        connect_place("git", url)
    assert "connect feed" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/contoso/simple",
        "https://gitlab.com/contoso/simple",
        "https://git.example.org/team/simple.git",
        "https://git.example.org/repository/nlp",
        "https://git.example.org/nlp",
        "https://dev.azure.com/contoso",
        "https://dev.azure.com/contoso/ml/_git/nlp",
        "https://gitlab.com/contoso/team/nlp.git",
        "https://[::1]:8443/team/nlp.git",
        "http://127.0.0.1:8080/team/nlp.git",
        "git@github.com:contoso/nlp.git",
    ],
)
def test_the_address_of_a_repository_or_an_account_is_taken(url: str) -> None:
    assert connect_place("git", url).url


@pytest.mark.parametrize("kind", ["feed", "git"])
@pytest.mark.parametrize("url", ["https://a b/simple/", "https://${HOST}/simple/", "https://-x-/team/nlp.git"])
def test_what_has_no_host_is_refused(kind: str, url: str) -> None:
    with pytest.raises(UsageError) as caught:
        connect_place(kind, url)
    assert "git repository" in str(caught.value) or "host" in str(caught.value)


@pytest.mark.parametrize(("kind", "path"), [("feed", "simple/"), ("git", "team/nlp")])
def test_a_host_with_other_letters_is_named_in_ascii(kind: str, path: str) -> None:
    with pytest.raises(UsageError, match="not ASCII") as caught:
        connect_place(kind, f"https://bücher.example.org/{path}")
    assert caught.value.hint == "Write the host as xn--bcher-kva.example.org."
    with pytest.raises(UsageError, match="not ASCII") as caught:  # two rules that differ about this letter
        connect_place(kind, f"https://straße.example.org/{path}")
    assert caught.value.hint == "Write the host as servers know it, in ASCII (xn--...)."


@pytest.mark.parametrize("user", ["contoso", "Contoso"])
def test_an_organisation_as_the_user_of_a_feed_is_no_credential(user: str) -> None:
    place = connect_place("feed", FEED.replace("//", f"//{user}@"))
    assert (place.url, place.credentials, [item.code for item in place.complaints]) == (FEED, None, ["user-in-url"])
    old = f"https://{user}@contoso.pkgs.visualstudio.com/ml/_packaging/private/pypi/simple/"
    assert "user-in-url" in [item.code for item in connect_place("feed", old).complaints]
    for login in (f"{user}:x", "fabrikam"):
        with pytest.raises(UsageError, match="has a credential in it"):
            connect_place("feed", FEED.replace("//", f"//{login}@"))
