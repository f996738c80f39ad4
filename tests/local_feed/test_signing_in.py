"""Who may come in, and what those hear who may not."""

from __future__ import annotations

import base64
import time

import pytest

from amlpriv.local.credential import unsigned_token
from amlpriv.local.feed.signing_in import AUDIENCE
from tests.local_feed.clients import TENANT, Feed

PAGE = "simple/"


def token_for(audience: str, **more: object) -> str:
    """As the sign-in makes it for a scope."""
    scope = f"{audience}/.default" if "://" in audience else audience
    return unsigned_token(str(more.get("tenant", TENANT)), scope, int(str(more.get("now", int(time.time())))))


def test_anybody_with_a_good_token_comes_in(feed: Feed) -> None:
    for kind in ("write", "read", "isolated"):
        for user in ("any", "", "somebody@example.org", "VssSessionToken"):
            assert feed.ask(PAGE, user=user, password=feed.token(kind)).status == 200
    assert feed.ask(PAGE, user=feed.token(), password="").status == 200


def test_nobody_is_told_how_to_sign_in(feed: Feed) -> None:
    answer = feed.ask(PAGE, headers={"Authorization": ""})
    assert answer.status == 401
    ways = answer.headers["www-authenticate"]
    assert f"Bearer authorization_uri=https://login.microsoftonline.com/{TENANT}" in ways
    assert 'Basic realm="https://pkgs.dev.azure.com/"' in ways
    assert answer.message == "TF400813: The user '' is not authorized to access this resource."


@pytest.mark.parametrize("header", ["Basic", "Basic ***", "Basic eA==", "Bearer", "Digest x", "Basic " + "eA" * 4000])
def test_what_is_no_token_is_refused(feed: Feed, header: str) -> None:
    assert feed.ask(PAGE, headers={"Authorization": header}).status == 401


def test_a_wrong_token_is_refused(feed: Feed) -> None:
    good = feed.token()
    for wrong in ("wrong", good[:-1], good + "x", good.lower(), "ü"):
        assert feed.ask(PAGE, password=wrong).status == 401
    assert feed.ask(PAGE, user=good, password="wrong").status == 401


def test_an_expired_token_is_told_so(feed: Feed) -> None:
    answer = feed.ask(PAGE, password=feed.token("expired"))
    assert answer.status == 401
    assert answer.message == "Access Denied: The Personal Access Token used has expired."


def test_a_token_without_a_role_is_told_which_permission_is_missing(feed: Feed) -> None:
    answer = feed.ask(PAGE, password=feed.token("norole"))
    assert answer.status == 403
    assert answer.message.endswith("lacks permission to complete this action. You need to have 'ReadPackages'.")
    assert answer.reason.startswith("Forbidden - User '")


def test_an_entra_token_for_azure_devops_is_as_good(feed: Feed) -> None:
    token = token_for(AUDIENCE)
    assert feed.ask(PAGE, password=token).status == 200
    assert feed.ask(PAGE, headers={"Authorization": f"Bearer {token}"}).status == 200
    assert feed.ask(PAGE, password=unsigned_token(TENANT, f"{AUDIENCE}/.default", int(time.time()))).status == 200


def test_an_entra_token_for_something_else_is_not(feed: Feed) -> None:
    for token in (
        token_for("https://management.azure.com"),
        token_for(AUDIENCE, tenant="22222222-2222-4333-8444-555555555555"),
        token_for(AUDIENCE, now=int(time.time()) - 7200),
        "eyJ.x.",
        f"eyJ.{base64.urlsafe_b64encode(b'[]').decode()}.",
    ):
        assert feed.ask(PAGE, password=token).status == 401
        assert feed.ask(PAGE, headers={"Authorization": f"Bearer {token}"}).status == 401


def test_a_personal_access_token_is_no_bearer_token(feed: Feed) -> None:
    assert feed.ask(PAGE, headers={"Authorization": f"Bearer {feed.token()}"}).status == 401


def test_who_asks_is_looked_at_before_what_is_asked_for(feed: Feed) -> None:
    assert feed.ask("/local/ml/_packaging/unknown/pypi/simple/", password="wrong").status == 401
