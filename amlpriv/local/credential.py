"""A credential for the local workspace: tokens of the right shape, signed by nobody."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, AccessTokenInfo

__all__ = ["LocalCredential", "unsigned_token"]

LIFETIME = 3600
"""Seconds that a token lives, as Microsoft Entra's do by default."""

CLOCK_SKEW = 300
"""Seconds by which a token is dated back."""

USER_ID = "00000000-0000-0000-0000-00000000cafe"
"""Who signs in here: object id and application id. Public."""


class LocalCredential:
    """Stands where ``DefaultAzureCredential()`` would. It opens the local workspace and nothing else."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        """A token for the audience of the first scope."""
        from azure.core.credentials import AccessToken

        return AccessToken(*self._token(scopes))

    def get_token_info(self, *scopes: str, options: Mapping[str, Any] | None = None) -> AccessTokenInfo:  # noqa: ARG002
        """The same in the newer form that current clients ask for first."""
        from azure.core.credentials import AccessTokenInfo

        return AccessTokenInfo(*self._token(scopes))

    def _token(self, scopes: tuple[str, ...]) -> tuple[str, int]:
        now = int(time.time())
        return unsigned_token(self._tenant, scopes[0] if scopes else "", now), now + LIFETIME

    def __repr__(self) -> str:
        return "LocalCredential()"


def unsigned_token(tenant: str, scope: str, now: int) -> str:
    """A JSON web token with ``alg: none`` for ``scope``: ``https://storage.azure.com/.default``, ``GUID/.default``.

    Azurite's ``--oauth basic`` reads nbf, iat, exp, iss and aud, and checks no signature.
    """
    parts = urlsplit(scope)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}" if parts.netloc else scope.removesuffix("/.default"),
        "iss": f"https://sts.windows.net/{tenant}/",
        "iat": now - CLOCK_SKEW,
        "nbf": now - CLOCK_SKEW,
        "exp": now + LIFETIME,
        "tid": tenant,
        "oid": USER_ID,
        "appid": USER_ID,
        "ver": "1.0",
    }
    return ".".join((_encode({"alg": "none", "typ": "JWT"}), _encode(claims), ""))


def _encode(part: Mapping[str, Any]) -> str:
    data = json.dumps(part, separators=(",", ":")).encode("utf-8")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
