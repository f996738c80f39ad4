"""Which servers take a token alone, and which user the others want beside it."""

from __future__ import annotations

import pytest

from amlpriv.connections.feed_kinds import FeedKind
from amlpriv.connections.git_hosts import GitHost
from amlpriv.connections.users import token_alone_complaint


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
