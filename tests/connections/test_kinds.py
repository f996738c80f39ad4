"""What a connection may hold, what is sent for it, and what is read of the answer."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from amlpriv.connections.kinds import (
    ALLOWED,
    Auth,
    Category,
    NewConnection,
    connection_complaints,
    encoded,
    name_complaint,
    read_connection,
    request_body,
    reveal,
    target_complaints,
)
from amlpriv.errors import ServiceError
from amlpriv.secret import Secret

NOW = datetime(2026, 11, 20, tzinfo=timezone.utc)
ORG = "https://pkgs.dev.azure.com/contoso"
TOKEN = "q7" * 26
ACCOUNT = "https://github.com/contoso"


def connection(
    auth: Auth = Auth.PAT,
    user: str | None = None,
    secret: str | None = TOKEN,
    *,
    name: str = "contoso-feed",
    target: str = ORG,
    category: Category = Category.FEED,
) -> NewConnection:
    return NewConnection(
        name, category, target, auth, Secret(user) if user else None, Secret(secret) if secret else None
    )


def codes(new: NewConnection) -> list[str]:
    return [complaint.code for complaint in connection_complaints(new, now=NOW)]


@pytest.mark.parametrize("name", ["abc", "A-1", "9_a", "x" * 33, "contoso-feed"])
def test_a_name_of_the_rest_reference_is_taken(name: str) -> None:
    """3 to 33 characters."""
    assert name_complaint(name) is None


@pytest.mark.parametrize("name", ["", "ab", "-ab", "_ab", "a b", "a.b", "x" * 34, "abc\n", "žlutý"])
def test_another_name_is_refused(name: str) -> None:
    """Before the service does so with a text that does not tell why."""
    complaint = name_complaint(name)
    assert complaint is not None
    assert complaint.code == "name"


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (connection(), ["all-organisations"]),
        (connection(Auth.BASIC, "build"), ["all-organisations"]),
        (connection(Auth.NONE, None, None), ["anonymous"]),
        (connection(Auth.NONE), ["auth-none", "all-organisations"]),
        (connection(Auth.PAT, None, None), ["no-secret"]),
        (connection(Auth.BASIC, None), ["no-secret", "all-organisations"]),
        (connection(Auth.PAT, "build"), ["pat-user", "all-organisations"]),
        (connection(Auth.PAT, None, "a/b+c=="), ["token-characters"]),
        (connection(Auth.BASIC, "build", "a/b+c=="), []),
        (connection(name="no"), ["name", "all-organisations"]),
        (connection(Auth.PAT, None, "a1b2", target="https://c.jfrog.io/artifactory/api/pypi/ml"), ["token-alone"]),
        (connection(Auth.BASIC, "me", "a1b2", target="https://c.jfrog.io/artifactory/api/pypi/ml"), []),
        (connection(Auth.PAT, None, "a1b2", target="https://gitlab.com/a/b", category=Category.GIT), ["token-alone"]),
        (connection(Auth.PAT, None, "a1b2", target="https://index.corp/simple/"), []),
        (connection(target=ACCOUNT, category=Category.GIT), ["token-of-another", "all-organisations"]),
        (connection(Auth.PAT, None, "ghp_" + "a1" * 18, target=ACCOUNT, category=Category.GIT), []),
        (connection(Auth.PAT, None, "ghp_" + "a1" * 18), ["token-of-another"]),
        (connection(Auth.PAT, None, "<PAT>"), ["token-characters", "token-placeholder"]),
    ],
)
def test_what_the_sdk_lets_pass_is_told(new: NewConnection, expected: list[str]) -> None:
    """Kind against category, completeness, whose token, what it looks like."""
    assert codes(new) == expected
    assert TOKEN not in f"{new!r} {connection_complaints(new, now=NOW)}"


@pytest.mark.parametrize(
    ("category", "target", "expected"),
    [
        (Category.FEED, ORG, []),
        (Category.FEED, f"{ORG}/ml/_packaging/f/pypi/simple/", []),
        (Category.FEED, "https://contoso.jfrog.io/artifactory/api/pypi/ml", []),
        (Category.FEED, "https://pkgs.dev.azure.com", ["host-target"]),
        (Category.FEED, "https://contoso.pkgs.visualstudio.com/ml/_packaging/f/pypi/simple/", ["legacy-host"]),
        (Category.FEED, "https://dev.azure.com/contoso", ["wrong-host"]),
        (Category.FEED, f"https://u:{TOKEN}@pkgs.dev.azure.com/contoso", ["credentials-in-url"]),
        (Category.FEED, "http://index.corp/simple/", ["http"]),
        (Category.FEED, "https://github.com/contoso/nlp", ["no-such-registry"]),
        (Category.FEED, "contoso", ["not-an-address"]),
        (Category.GIT, "https://github.com/contoso/nlp", []),
        (Category.GIT, ACCOUNT, []),
        (Category.GIT, "https://github.com", []),
        (Category.GIT, "https://dev.azure.com/contoso", []),
        (Category.GIT, "git@github.com:contoso/nlp.git", ["ssh-target"]),
        (Category.GIT, "https://github.com/contoso/nlp@v1", ["ref-in-target"]),
        (Category.GIT, "../nlp", ["local-repository"]),
        (Category.GIT, "nlp", ["not-an-address"]),
        (Category.GIT, f"https://{TOKEN}@github.com/contoso/nlp", ["credentials-in-url"]),
    ],
)
def test_a_target_is_looked_at_for_its_category(category: Category, target: str, expected: list[str]) -> None:
    """Host, organisation, whole index; account or repository."""
    assert [complaint.code for complaint in target_complaints(category, target)] == expected


def test_feeds_and_git_take_what_the_sdk_means_to_allow() -> None:
    """aml-wire, connections: PAT, user and password, none."""
    assert {category: set(kinds) for category, kinds in ALLOWED.items()} == {
        Category.FEED: set(Auth),
        Category.GIT: set(Auth),
    }


def test_user_and_password_are_sent_url_encoded_and_a_token_is_not() -> None:
    """how-to-connection.md: "name/password values should be URL-encoded"."""
    assert encoded(Secret("a@b c/d")).reveal() == "a%40b%20c%2Fd"
    basic = connection(Auth.BASIC, "me@corp", "p@ss/w")
    assert reveal(request_body(basic)) == {
        "properties": {
            "category": "PythonFeed",
            "target": ORG,
            "authType": "UsernamePassword",
            "credentials": {"username": "me%40corp", "password": "p%40ss%2Fw"},
        }
    }
    assert reveal(request_body(connection(category=Category.GIT, target=ACCOUNT))) == {
        "properties": {"category": "Git", "target": ACCOUNT, "authType": "PAT", "credentials": {"pat": TOKEN}}
    }
    assert request_body(connection(Auth.NONE, None, None)) == {
        "properties": {"category": "PythonFeed", "target": ORG, "authType": "None"}
    }


def test_a_body_keeps_its_secret_until_it_is_revealed() -> None:
    """It cannot be printed or turned into JSON by accident."""
    body = request_body(connection())
    assert TOKEN not in repr(body)
    with pytest.raises(TypeError):
        json.dumps(body)
    assert reveal(["a", (Secret("b"),), 1]) == ["a", ["b"], 1]


ANSWER: dict[str, Any] = {
    "id": "/subscriptions/s/connections/contoso-feed",
    "name": "contoso-feed",
    "properties": {
        "category": "PythonFeed",
        "target": ORG,
        "authType": "PAT",
        "credentials": {"pat": TOKEN},
        "metadata": {"amlpriv.expires": "2027-01-01", "note": f"https://u:{TOKEN}@h/x"},
        "isSharedToAll": False,
    },
    "systemData": {"createdAt": "2026-11-20T10:00:00.1234567Z"},
}


def test_what_is_read_of_an_answer_never_has_the_secret() -> None:
    """Not even from listsecrets."""
    stored = read_connection(ANSWER)
    assert TOKEN not in repr(stored)
    assert (stored.name, stored.category, stored.target, stored.auth) == ("contoso-feed", "PythonFeed", ORG, "PAT")
    assert stored.metadata is not None
    assert stored.metadata["amlpriv.expires"] == "2027-01-01"
    assert stored.shared is False
    assert stored.created_at is not None
    assert stored.created_at.replace(microsecond=0) == datetime(2026, 11, 20, 10, tzinfo=timezone.utc)
    assert stored.is_for(Category.FEED)
    assert not stored.is_for(Category.GIT)


def test_a_credential_in_a_stored_target_is_left_out() -> None:
    """Others write connections too."""
    properties = {**ANSWER["properties"], "target": f"https://u:{TOKEN}@pkgs.dev.azure.com/contoso"}
    assert read_connection({**ANSWER, "properties": properties}).target == ORG


def test_the_sdks_spelling_of_a_category_is_known() -> None:
    """``python_feed``."""
    stored = read_connection({"name": "a", "properties": {"category": "python_feed"}})
    assert stored.is_for(Category.FEED)
    assert stored.auth == "None"


@pytest.mark.parametrize("document", [{}, {"name": "a"}, {"properties": {}}, {"name": 1, "properties": {}}])
def test_what_is_no_connection_is_refused(document: dict[str, Any]) -> None:
    """As an answer that cannot be used."""
    with pytest.raises(ServiceError):
        read_connection(document)


def test_a_token_of_the_local_feed_is_not_told_of_the_retirement_of_real_ones() -> None:
    """It has their shape, and nothing else of them."""
    token = Secret("a" * 76 + "AZDO" + "b" * 4)
    codes = []
    for target in ("https://localhost:1234/local/ml", "https://pkgs.dev.azure.com/contoso"):
        connection = NewConnection("some-feed", Category.FEED, target, Auth.PAT, secret=token)
        codes.append("all-organisations" in [item.code for item in connection_complaints(connection, now=NOW)])
    assert codes == [False, True]
