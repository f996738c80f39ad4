"""Who asks a feed, and what they may do: personal access tokens and Entra tokens, as Azure DevOps takes them."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from amlpriv.local.credential import CLOCK_SKEW, USER_ID
from amlpriv.local.feed.refusals import FeedRefusal
from amlpriv.local.feed.tokens import KINDS, FeedTokens
from amlpriv.local.plane.http import Request
from amlpriv.secret import Secret

__all__ = ["AUDIENCE", "Rights", "User", "sign_in"]

AUDIENCE = "499b84ac-1321-427f-aa17-267ca6975798"
"""Azure DevOps, as the audience of an Entra token (Azure DevOps, "service principals and managed identities")."""

_NOBODY = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody may do with every feed here."""

    lists: bool
    downloads: bool
    uploads: bool


_ALL = Rights(lists=True, downloads=True, uploads=True)
_RIGHTS: Mapping[str, Rights] = {
    "write": _ALL,
    "isolated": _ALL,
    "read": Rights(lists=True, downloads=True, uploads=False),
    "listonly": Rights(lists=True, downloads=False, uploads=False),
    "norole": Rights(lists=False, downloads=False, uploads=False),
}


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who was recognised."""

    id: str
    rights: Rights
    is_isolated: bool = False
    """Whether nothing may be fetched from outside for them."""

    def may(self, right: str) -> None:
        """FeedRefusal (403) unless they may: ``ReadPackages`` or ``AddPackage``, which the service's words name.

        The words are those that users report; that a token of too small a scope gets them as well is assumed.
        """
        allowed = self.rights.uploads if right == "AddPackage" else self.rights.lists
        if not allowed:
            message = f"User '{self.id}' lacks permission to complete this action. You need to have '{right}'."
            raise FeedRefusal(403, "FeedNeedsPermissionsException", message)

    def may_download(self, tenant: str) -> None:
        """As ``may``, for a file: it is authorised separately (mburumaxwell/paklo#1094: page 200, file 401)."""
        self.may("ReadPackages")
        if not self.rights.downloads:
            words = f"TF400813: The user '{self.id}' is not authorized to access this resource."
            raise _unauthorised(tenant, words)


def sign_in(request: Request, tokens: FeedTokens, tenant: str, now: datetime) -> User:
    """Who sent a request. FeedRefusal (401) for nobody, an unknown token, one that has expired."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    kind, given = scheme.lower(), given.strip()
    if kind == "basic":
        user, password = _basic(given)
        # A token may also be sent as the user, without a password (astral-sh/uv#7734).
        return _recognise(password or user, tokens, tenant, now, is_bearer=False)
    if kind == "bearer":
        return _recognise(given, tokens, tenant, now, is_bearer=True)
    raise _unauthorised(tenant)


def _recognise(given: str, tokens: FeedTokens, tenant: str, now: datetime, *, is_bearer: bool) -> User:
    claims = _claims(given)
    if claims is not None:
        return _of_entra(claims, tenant, now)
    if is_bearer:  # personal access tokens are for Basic
        raise _unauthorised(tenant)
    kind = next((one for one in KINDS if _same(tokens[one], given)), None)
    if kind == "expired":
        raise _unauthorised(tenant, "Access Denied: The Personal Access Token used has expired.")
    if kind is None:
        raise _unauthorised(tenant)
    who = _NOBODY if kind in ("norole", "listonly") else USER_ID
    return User(who, _RIGHTS[kind], is_isolated=kind == "isolated")


def _of_entra(claims: Mapping[str, Any], tenant: str, now: datetime) -> User:
    audience, expires = str(claims.get("aud", "")).rstrip("/"), claims.get("exp")
    seconds = expires if isinstance(expires, int) else 0
    if audience.removeprefix("api://") != AUDIENCE or str(claims.get("tid", "")).lower() != tenant.lower():
        raise _unauthorised(tenant)
    if seconds + CLOCK_SKEW < now.timestamp():
        raise _unauthorised(tenant, "Access Denied: The access token has expired.")
    return User(str(claims.get("oid", USER_ID)), _ALL)


def _basic(given: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(given, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return "", ""
    user, _, password = text.partition(":")
    return user, password


def _same(token: Secret, given: str) -> bool:
    return hmac.compare_digest(token.reveal().encode(), given.encode())


def _claims(token: str) -> Mapping[str, Any] | None:
    """Of a JSON web token; None for something else. Nothing here is signed."""
    pieces = token.split(".")
    if len(pieces) != 3 or not token.startswith("ey"):
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(pieces[1] + "=" * (-len(pieces[1]) % 4)))
    except (binascii.Error, ValueError):
        return None
    return claims if isinstance(claims, dict) else None


def _unauthorised(tenant: str, message: str = "") -> FeedRefusal:
    """Which ways to sign in there are, stands in the header; credential helpers look for them there."""
    message = message or "TF400813: The user '' is not authorized to access this resource."
    bearer = f"Bearer authorization_uri=https://login.microsoftonline.com/{tenant}"
    ways = f'{bearer}, Basic realm="https://pkgs.dev.azure.com/", TFS-Federated'
    return FeedRefusal(401, "UnauthorizedRequestException", message, headers={"WWW-Authenticate": ways})
