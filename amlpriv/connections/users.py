"""Which user goes with a token, by server.

The image build is seen to put the token of a ``PAT`` connection into the user's place, without a password
(azure-docs#87920: ``https://****@TENANT.pkgs.visualstudio.com``). Azure DevOps, GitHub and Gemfury take that; the
others want a user beside the token, and so a connection with user and password.
Sources: the vendors' pages for pip and git, as in the modules that read their addresses.
"""

from __future__ import annotations

from collections.abc import Mapping

from amlpriv.connections.complaints import Complaint, warning
from amlpriv.connections.feed_kinds import FeedKind
from amlpriv.connections.git_hosts import GitHost

__all__ = ["FEED_USERS", "GIT_USERS", "token_alone_complaint"]

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
