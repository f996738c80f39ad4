"""Who may score: an endpoint's two keys, and the tokens of Azure Machine Learning, which live an hour."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from amlpriv.local.plane.http import Json

__all__ = ["issue_token", "token_is_valid"]

LIFETIME = timedelta(hours=1)
REFRESH = timedelta(minutes=30)


def issue_token(endpoint: str, key: str, now: datetime) -> Json:
    """The answer to ``.../token``; times are seconds since 1970. ``key`` is the endpoint's own, and signs."""
    expiry = int((now + LIFETIME).timestamp())
    return {
        "accessToken": f"{expiry}.{_signature(endpoint, key, expiry)}",
        "expiryTimeUtc": expiry,
        "refreshAfterTimeUtc": int((now + REFRESH).timestamp()),
        "tokenType": "Bearer",
    }


def token_is_valid(token: str, endpoint: str, key: str, now: datetime) -> bool:
    """Whether the endpoint gave it out and it has not expired."""
    expiry, _, signature = token.partition(".")
    if not expiry.isascii() or not expiry.isdecimal() or len(expiry) > 12:
        return False
    expected = _signature(endpoint, key, int(expiry))
    return hmac.compare_digest(signature.encode(), expected.encode()) and int(expiry) > now.timestamp()


def _signature(endpoint: str, key: str, expiry: int) -> str:
    return hmac.new(key.encode(), f"{endpoint} {expiry}".encode(), hashlib.sha256).hexdigest()
