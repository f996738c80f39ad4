"""Tokens of an endpoint."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amlpriv.local.plane.endpoint_tokens import LIFETIME, issue_token, token_is_valid
from tests.local_plane.clients import NOON


def test_a_token_is_good_for_its_endpoint_for_an_hour() -> None:
    issued = issue_token("churn", "key", NOON)
    token = issued["accessToken"]
    assert issued["refreshAfterTimeUtc"] < issued["expiryTimeUtc"] == NOON.timestamp() + LIFETIME.total_seconds()
    assert token_is_valid(token, "churn", "key", NOON)
    assert not token_is_valid(token, "churn", "key", NOON + timedelta(hours=1))
    assert not token_is_valid(token, "other", "key", NOON)
    assert not token_is_valid(token, "churn", "another key", NOON)


@pytest.mark.parametrize("token", ["", ".", "1.", "99999999999999.x", "x.y", "4000000000.zz", "²."])
def test_anything_else_is_no_token(token: str) -> None:
    assert not token_is_valid(token, "churn", "key", NOON)
