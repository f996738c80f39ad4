"""Tokens of the right shape."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from amlpriv.local.credential import LocalCredential


def test_a_token_names_audience_issuer_and_life() -> None:
    token = LocalCredential("t").get_token("https://storage.azure.com/.default", claims=None)
    claims = _claims(token.token)
    assert claims["aud"] == "https://storage.azure.com"
    assert claims["iss"] == "https://sts.windows.net/t/"
    assert claims["nbf"] <= claims["iat"] < time.time() < claims["exp"] == token.expires_on


def test_a_scope_that_is_no_url_is_the_audience() -> None:
    assert _claims(LocalCredential("t").get_token("api").token)["aud"] == "api"


def test_the_newer_form_is_there_too() -> None:
    info = LocalCredential("t").get_token_info("https://management.azure.com//.default")
    assert _claims(info.token)["aud"] == "https://management.azure.com"


def test_it_prints_nothing_of_itself() -> None:
    assert repr(LocalCredential("tenant")) == "LocalCredential()"


def _claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims
