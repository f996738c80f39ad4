"""Kinds of tokens by their shape: whose they are, how long they live, and what happened to them on the way."""

from __future__ import annotations

import base64
import json
from datetime import date, datetime, timedelta, timezone

import pytest

from amlpriv.connections.tokens import (
    ALL_ORGANISATIONS_PAT,
    AZURE_DEVOPS_APP,
    TokenKind,
    token_complaints,
    token_shape,
)
from amlpriv.secret import Secret

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
OLD = "q7" * 26
NEW = "Q9" * 38 + "AZDO" + "abcd"


def jwt(**claims: object) -> str:
    """Header, payload and a signature that nobody looks at."""
    parts = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "none"}, claims)
    )
    return f"{'.'.join(parts)}.c2ln"


def entra(hours: float = 1, audience: str = AZURE_DEVOPS_APP) -> str:
    """A token as the sign-in service gives it out."""
    return jwt(iss="https://sts.windows.net/t/", aud=audience, exp=(NOW + timedelta(hours=hours)).timestamp())


def codes(text: str, issuer: TokenKind | None = None, now: datetime = NOW) -> list[str]:
    return [complaint.code for complaint in token_complaints(Secret(text), now=now, issuer=issuer)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (NEW, TokenKind.AZURE_DEVOPS),
        (OLD, TokenKind.AZURE_DEVOPS_OLD),
        ("ghp_" + "a1" * 18, TokenKind.GITHUB),
        ("github_pat_" + "a1_" * 20, TokenKind.GITHUB),
        ("ghs_" + "a1" * 18, TokenKind.GITHUB),
        ("glpat-" + "a1-_" * 5, TokenKind.GITLAB),
        ("gldt-" + "a1-_" * 5, TokenKind.GITLAB),
        ("cmVmd" + "a" * 59, TokenKind.JFROG),
        ("AKCp" + "a" * 69, TokenKind.JFROG),
        (entra(), TokenKind.ENTRA),
        (jwt(iss="https://login.microsoftonline.com/t/v2.0"), TokenKind.ENTRA),
        (jwt(iss="jfac@01", exp=4e9), TokenKind.JFROG),
        (jwt(iss="https://elsewhere.example"), TokenKind.JWT),
        ("eyJub3Q.!.", TokenKind.UNKNOWN),
        ("eyJub3Q.bm90LWpzb24.x", TokenKind.JWT),
        ("correct horse battery staple", TokenKind.UNKNOWN),
        (OLD[:-1], TokenKind.UNKNOWN),
        (NEW.replace("AZDO", "AZDX"), TokenKind.UNKNOWN),
    ],
)
def test_a_token_is_told_by_its_shape(text: str, kind: TokenKind) -> None:
    """And its shape holds nothing of it."""
    shape = token_shape(Secret(text))
    assert shape.kind is kind
    assert text not in f"{shape!r} {shape.words}"


def test_a_json_web_token_tells_its_end() -> None:
    """Nobody verifies it: this is about the user's own token."""
    shape = token_shape(Secret(entra(hours=1)))
    assert shape.expires == NOW + timedelta(hours=1)
    assert shape.audience == AZURE_DEVOPS_APP


@pytest.mark.parametrize("exp", ["soon", True, -1, 1e300, None])
def test_an_end_that_is_no_time_is_no_end(exp: object) -> None:
    """Nothing falls over a strange claim."""
    assert token_shape(Secret(jwt(exp=exp))).expires is None


@pytest.mark.parametrize(
    ("text", "issuer", "expected"),
    [
        (NEW, TokenKind.AZURE_DEVOPS, ["all-organisations"]),
        (OLD, None, ["all-organisations"]),
        (entra(), TokenKind.AZURE_DEVOPS, ["short-lived-token"]),
        (entra(hours=-1), TokenKind.AZURE_DEVOPS, ["expired-token"]),
        (entra(hours=48), TokenKind.AZURE_DEVOPS, []),
        (
            entra(audience="https://management.azure.com"),
            TokenKind.AZURE_DEVOPS,
            ["token-audience", "short-lived-token"],
        ),
        ("ghp_" + "a1" * 18, TokenKind.AZURE_DEVOPS, ["token-of-another"]),
        (NEW, TokenKind.GITHUB, ["token-of-another", "all-organisations"]),
        ("ghs_" + "a1" * 18, TokenKind.GITHUB, ["short-lived-token"]),
        ("glcbt-" + "a1" * 10, TokenKind.GITLAB, ["short-lived-token"]),
        ("anything", TokenKind.GITHUB, []),
        ("", None, ["empty-token"]),
        (" \n", None, ["empty-token"]),
        (f"{OLD}\n", None, ["token-whitespace"]),
        (f"'{OLD}'", None, ["token-quotes"]),
        (f"Bearer {entra()}", None, ["token-scheme"]),
        ("<PAT>", None, ["token-placeholder"]),
        ("${AZDO_PAT}", None, ["token-placeholder"]),
        ("your-token", None, ["token-placeholder"]),
        (base64.b64encode(f":{OLD}".encode()).decode(), None, ["token-base64"]),
    ],
)
def test_what_is_wrong_with_a_token_is_told(text: str, issuer: TokenKind | None, expected: list[str]) -> None:
    """Without the token."""
    complaints = token_complaints(Secret(text), now=NOW, issuer=issuer)
    assert [complaint.code for complaint in complaints] == expected
    assert all(len(text) < 12 or text not in str(complaint) for complaint in complaints)


def test_the_end_of_tokens_for_all_organisations_is_a_dated_fact() -> None:
    """Before and after the day."""
    assert ALL_ORGANISATIONS_PAT.dead == date(2026, 12, 1)
    before = token_complaints(Secret(NEW), now=NOW)[0].message
    after = token_complaints(Secret(NEW), now=datetime(2026, 12, 1, tzinfo=timezone.utc))[0].message
    assert "from 2026-12-01 on" in before
    assert "since 2026-12-01" in after
