"""Sign-in: what azure-identity asks."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from amlpriv.local.plane.http import Response
from tests.local_plane.clients import TENANT, Client, Clock

SCOPE = "https://storage.azure.com/.default"


def token(ask: Client, tenant: str = TENANT, **form: str) -> Response:
    given = {"grant_type": "client_credentials", "client_id": "c", "client_secret": "local", "scope": SCOPE, **form}
    return ask("POST", f"//{tenant}/oauth2/v2.0/token", urlencode(given).encode())


def decode(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=="))


def test_the_secret_local_gives_a_token_for_the_scope(ask: Client, clock: Clock) -> None:
    ask.headers = {}
    answer = token(ask).json()
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 3600
    head, claims, _ = answer["access_token"].split(".")
    assert decode(head)["alg"] == "none"
    found = decode(claims)
    assert found["aud"] == "https://storage.azure.com"
    assert found["iss"] == f"https://sts.windows.net/{TENANT}/"
    assert found["nbf"] < clock().timestamp() < found["exp"]


def test_another_secret_is_refused_as_entra_does(ask: Client) -> None:
    response = token(ask, client_secret="wrong")
    assert response.status == 401
    assert response.json()["error"] == "invalid_client"
    assert response.json()["error_codes"] == [7000215]
    assert "wrong" not in str(response.body)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"scope": ""}, "invalid_request"),
        ({"tenant": "99999999-2222-4333-8444-555555555555"}, "invalid_tenant"),
    ],
)
def test_what_is_wrong_is_named(ask: Client, change: dict[str, str], error: str) -> None:
    response = token(ask, **change)
    assert (response.status, response.json()["error"]) == (400, error)


def test_the_configuration_leads_back_to_the_host_that_was_asked(ask: Client) -> None:
    answer = ask("GET", f"//{TENANT}/v2.0/.well-known/openid-configuration").json()
    assert answer["token_endpoint"] == f"https://localhost:9/{TENANT}/oauth2/v2.0/token"
    assert ask("GET", "//other/v2.0/.well-known/openid-configuration").status == 400


def test_instance_discovery_and_cloud_metadata_need_no_token(ask: Client) -> None:
    ask.headers = {}
    assert TENANT in ask("GET", "//common/discovery/instance").json()["tenant_discovery_endpoint"]
    (cloud,) = ask("GET", "//metadata/endpoints").json()
    assert cloud["resourceManager"] == "https://localhost:9"
