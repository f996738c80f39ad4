"""Which servers take a token alone, and which user the others want beside it."""

from __future__ import annotations

import pytest

from amlpriv.connections.feed_kinds import FeedKind
from amlpriv.connections.git_hosts import GitHost
from amlpriv.connections.users import needs_user, token_alone_complaint, user_complaint


@pytest.mark.parametrize(
    "kind", [FeedKind.AZURE_ARTIFACTS, FeedKind.GEMFURY, FeedKind.SIMPLE, GitHost.GITHUB, GitHost.AZURE_REPOS]
)
def test_some_servers_take_a_token_alone_or_are_not_known(kind: FeedKind | GitHost) -> None:
    """azure-docs#87920, and the vendors' pages."""
    assert token_alone_complaint(kind) is None


@pytest.mark.parametrize(
    ("kind", "user"),
    [(FeedKind.CODEARTIFACT, "aws"), (FeedKind.CLOUDSMITH, "token"), (GitHost.BITBUCKET, "x-token-auth")],
)
def test_the_others_want_a_user(kind: FeedKind | GitHost, user: str) -> None:
    """It is named."""
    complaint = token_alone_complaint(kind)
    assert complaint is not None
    assert f"the user {user} " in complaint.fix


@pytest.mark.parametrize(
    ("kind", "user", "needed"),
    [
        (FeedKind.SIMPLE, "me@contoso.example", True),
        (FeedKind.SIMPLE, "__token__", True),
        (GitHost.OTHER, "ci", True),
        (FeedKind.SIMPLE, "Token", False),
        (FeedKind.SIMPLE, "VssSessionToken", False),
        (FeedKind.AZURE_ARTIFACTS, "me@contoso.example", False),
        (GitHost.GITHUB, "octo", False),
        (FeedKind.GEMFURY, "contoso", False),
    ],
)
def test_a_user_beside_a_token_is_kept_where_a_server_asks_for_it(
    kind: FeedKind | GitHost, user: str, needed: bool
) -> None:
    assert needs_user(kind, user) is needed


def test_a_user_ends_at_a_colon() -> None:
    """RFC 7617 section 2."""
    complaint = user_complaint("me:more")
    assert complaint is not None
    assert "RFC 7617" in complaint.message
    assert user_complaint("me@contoso.example") is None
