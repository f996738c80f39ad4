"""Which user goes with a token, by server.

The image build is seen to put the token of a ``PAT`` connection into the user's place, without a password
(azure-docs#87920: ``https://****@TENANT.pkgs.visualstudio.com``). Azure DevOps, GitHub and Gemfury take that; the
others want a user beside the token, and so a connection with user and password.
Sources: the vendors' pages for pip and git, as in the modules that read their addresses.
"""

from __future__ import annotations

from collections.abc import Mapping

from amlpriv.connections.complaints import Complaint, error, warning
from amlpriv.connections.feed_kinds import FeedKind
from amlpriv.connections.git_hosts import GitHost

__all__ = ["FEED_USERS", "GIT_USERS", "needs_user", "token_alone_complaint", "user_complaint"]

FEED_USERS: Mapping[FeedKind, str] = {
    FeedKind.JFROG: "your user name",
    FeedKind.GITLAB: "__token__ (of a deploy token, its user name)",
    FeedKind.GITEA: "your user name",
    FeedKind.NEXUS: "your user name",
    FeedKind.DEVPI: "your user name",
    FeedKind.CLOUDSMITH: "token",
    FeedKind.CODEARTIFACT: "aws",
    FeedKind.GOOGLE: "_json_key_base64 (with an access token: oauth2accesstoken)",
}
"""Servers of indexes that do not take a token alone."""

GIT_USERS: Mapping[GitHost, str] = {
    GitHost.GITLAB: "oauth2 (of a deploy token, its user name)",
    GitHost.BITBUCKET: "x-token-auth",
}
"""Hosts of repositories that do not take a token alone."""


def token_alone_complaint(kind: FeedKind | GitHost) -> Complaint | None:
    """A connection of kind ``PAT`` for a server that wants a user beside the token."""
    user = FEED_USERS.get(kind) if isinstance(kind, FeedKind) else GIT_USERS.get(kind)
    if user is None:
        return None
    message = f"the image build puts such a token in the user's place, without a password; {kind.value} wants both."
    return warning("token-alone", message, f"Use 'basic' with the user {user} and the token as password.")


_ANY_USER = (
    FeedKind.AZURE_ARTIFACTS,
    FeedKind.AZURE_SERVER,
    FeedKind.GEMFURY,
    GitHost.AZURE_REPOS,
    GitHost.GITHUB,
)
"""Servers to which the token alone says who it is."""
_PLACEHOLDERS = frozenset({
    *("any", "anything", "azuredevops", "build", "dummy", "git", "ignored", "none", "pat", "personal-access-token"),
    *("personalaccesstoken", "token", "unused", "user", "username", "vsssessiontoken", "x", "x-access-token"),
})  # fmt: skip
"""What the tools' pages put where a user has to stand and does not count."""


def needs_user(kind: FeedKind | GitHost, user: str) -> bool:
    """Whether a user that was found beside a token says something to this server, and has to be kept with it."""
    return kind not in _ANY_USER and user.strip().lower() not in _PLACEHOLDERS


def user_complaint(user: str) -> Complaint | None:
    """A user that basic authentication cannot send: it ends at the first colon (RFC 7617 section 2)."""
    if ":" not in user:
        return None
    message = "a user with ':' in it cannot sign in: the server takes what follows as the password (RFC 7617)."
    return error("user-colon", message, "Give the user alone; the password comes by --token-from.")
