"""Kinds of tokens, told by their shape alone: nothing is verified, and nobody is asked.

Sources: Microsoft Purview "Azure DevOps personal access token" (84 characters, ``AZDO`` from the 77th on; before 2024,
52), GitHub "About authentication to GitHub" (token formats), GitLab "Token overview" (prefixes), JFrog "Understanding
Identity Tokens" (reference tokens: ``cmVmd`` and 59 more), RFC 7519 (``exp`` of a JSON web token).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import Enum
from typing import Any

from amlpriv.connections.complaints import Complaint, error, note, warning
from amlpriv.secret import Secret

__all__ = ["ALL_ORGANISATIONS_PAT", "Retirement", "TokenKind", "TokenShape", "token_complaints", "token_shape"]

AZURE_DEVOPS_APP = "499b84ac-1321-427f-aa17-267ca6975798"
"""Audience of Entra tokens for Azure DevOps (Azure DevOps, service principals and managed identities)."""

SHORT = timedelta(days=1)
"""What lives shorter is of no use in a connection that later builds take their credential from."""


class TokenKind(Enum):
    """Who gives out tokens of a shape."""

    AZURE_DEVOPS = "an Azure DevOps personal access token"
    AZURE_DEVOPS_OLD = "an Azure DevOps personal access token of the form before 2024"
    ENTRA = "an Entra access token"
    GITHUB = "a GitHub token"
    GITLAB = "a GitLab token"
    JFROG = "a JFrog token"
    JWT = "a JSON web token"
    UNKNOWN = "a token of unknown shape"


@dataclass(frozen=True, slots=True)
class TokenShape:
    """What the shape of a token tells; never the token."""

    kind: TokenKind
    detail: str = ""
    """For instance 'classic' or 'fine-grained'."""
    expires: datetime | None = None
    """UTC; known of JSON web tokens only."""
    audience: str | None = None
    """Of a JSON web token: whom it is for."""

    @property
    def words(self) -> str:
        """For instance ``a GitHub token (fine-grained)``."""
        return f"{self.kind.value} ({self.detail})" if self.detail else self.kind.value


@dataclass(frozen=True, slots=True)
class Retirement:
    """A way to sign in that ends on a day."""

    words: str
    blocked: date
    """From then on no new ones."""
    dead: date
    """From then on they are refused."""
    source: str
    read: date


ALL_ORGANISATIONS_PAT = Retirement(
    "personal access tokens for all organisations of a user ('All accessible organizations')",
    date(2026, 3, 15),
    date(2026, 12, 1),
    "Azure DevOps, Use personal access tokens; Azure DevOps blog, Retirement of global personal access tokens",
    date(2026, 11, 20),
)

_SHAPES: tuple[tuple[re.Pattern[str], TokenKind, str], ...] = tuple(
    (re.compile(pattern), kind, detail)
    for pattern, kind, detail in (
        (r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}", TokenKind.AZURE_DEVOPS, ""),
        (r"[a-z2-7]{52}", TokenKind.AZURE_DEVOPS_OLD, ""),
        (r"github_pat_\w{20,}", TokenKind.GITHUB, "fine-grained"),
        (r"ghp_[A-Za-z0-9]{30,}", TokenKind.GITHUB, "classic"),
        (r"gho_\w{30,}", TokenKind.GITHUB, "of an OAuth app"),
        (r"gh[us]_[\w.-]{30,}", TokenKind.GITHUB, "of an app, for hours"),
        (r"glpat-[\w.-]{16,}", TokenKind.GITLAB, "personal, project or group"),
        (r"gldt-[\w.-]{16,}", TokenKind.GITLAB, "deploy token"),
        (r"glcbt-[\w.-]{16,}", TokenKind.GITLAB, "of a CI job, for its time"),
        (r"cmVmd[A-Za-z0-9]{59}", TokenKind.JFROG, "reference token"),
        (r"AKCp[A-Za-z0-9]{60,}", TokenKind.JFROG, "API key"),
    )
)
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
_HOURS = ("for hours", "for its time")
_PLACEHOLDER = re.compile(
    r"<.*>|\$\{?\w+\}?|%\w+%|\{\{.*\}\}|(?i:(?:your[-_ ]?|my[-_ ]?)?(?:pat|token|password)|\*+|x{3,})"
)


def token_shape(secret: Secret) -> TokenShape:
    """What kind of token a secret is, as far as its shape tells."""
    text = secret.reveal()
    for pattern, kind, detail in _SHAPES:
        if pattern.fullmatch(text):
            return TokenShape(kind, detail)
    return _jwt(text) if _JWT.fullmatch(text) else TokenShape(TokenKind.UNKNOWN)


def _jwt(text: str) -> TokenShape:
    claims = _claims(text)
    issuer, audience, expires = str(claims.get("iss", "")), claims.get("aud"), claims.get("exp")
    kind, detail = TokenKind.JWT, ""
    if re.match(
        r"https://(sts\.windows\.net|login\.microsoftonline\.[a-z]+|login\.partner\.microsoftonline\.cn)/", issuer
    ):
        kind = TokenKind.ENTRA
    elif issuer.startswith(("jfac@", "jfrt@", "jfxr@")):
        kind, detail = TokenKind.JFROG, "access token"
    when = None
    if isinstance(expires, (int, float)) and not isinstance(expires, bool) and 0 < expires < 2**34:
        when = datetime.fromtimestamp(expires, timezone.utc)
    return TokenShape(kind, detail, when, audience if isinstance(audience, str) else None)


def _claims(text: str) -> Mapping[str, Any]:
    payload = text.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return claims if isinstance(claims, dict) else {}


def token_complaints(secret: Secret, *, now: datetime, issuer: TokenKind | None = None) -> tuple[Complaint, ...]:
    """What is wrong with a secret, or worth knowing, before it goes into a connection.

    ``now`` has a time zone. ``issuer`` is whose tokens the feed or repository takes (TokenKind.AZURE_DEVOPS for Azure
    Artifacts and Azure Repos), where that is known.
    """
    mangled = _mangled(secret.reveal())
    if mangled is not None:
        return (mangled,)
    shape = token_shape(secret)
    found = [*_about_issuer(shape, issuer), *_about_time(shape, now)]
    if shape.kind in (TokenKind.AZURE_DEVOPS, TokenKind.AZURE_DEVOPS_OLD):
        found.append(_about_all_organisations(now))
    return tuple(found)


def _mangled(text: str) -> Complaint | None:
    """What happens to secrets on their way through shells, files and clipboards."""
    if not text.strip():
        return error("empty-token", "the token is empty.", "Check where it is read from.")
    if text != text.strip():
        message = "the token has a blank or a line break at its end, as 'echo' and editors leave one."
        return error("token-whitespace", message, "Write it with printf, or cut the end off.")
    if re.match(r"(?i)(bearer|basic)\s", text):
        return error("token-scheme", "the token begins with the name of a scheme.", "Give what follows it.")
    if text[0] in "'\"" and text[-1] == text[0] and len(text) > 1:
        return error("token-quotes", "the token is in quotation marks.", "Leave them out.")
    if _PLACEHOLDER.fullmatch(text):
        return error("token-placeholder", "this is a placeholder and no token.", "Give the token itself.")
    if _is_encoded_pair(text):
        message = "this is ':' and a token in base64, as for an Authorization header."
        return error("token-base64", message, "Give the token as Azure DevOps shows it; pip encodes it itself.")
    return None


def _is_encoded_pair(text: str) -> bool:
    try:
        pair = base64.b64decode(text, validate=True).decode("ascii")
    except ValueError:
        return False
    _, colon, token = pair.partition(":")
    return bool(colon) and token_shape(Secret(token)).kind is not TokenKind.UNKNOWN


_TAKES = {
    TokenKind.AZURE_DEVOPS: {TokenKind.AZURE_DEVOPS, TokenKind.AZURE_DEVOPS_OLD, TokenKind.ENTRA, TokenKind.JWT},
    TokenKind.GITHUB: {TokenKind.GITHUB},
    TokenKind.GITLAB: {TokenKind.GITLAB},
    TokenKind.JFROG: {TokenKind.JFROG, TokenKind.JWT},
}


def _about_issuer(shape: TokenShape, issuer: TokenKind | None) -> list[Complaint]:
    if issuer is None or shape.kind is TokenKind.UNKNOWN:
        return []
    if shape.kind not in _TAKES.get(issuer, {shape.kind}):
        message = f"this looks like {shape.words}, and the address wants {issuer.value}."
        return [warning("token-of-another", message, "Check which token was taken.")]
    audience = shape.audience if shape.kind is TokenKind.ENTRA and issuer is TokenKind.AZURE_DEVOPS else None
    if audience and AZURE_DEVOPS_APP not in audience.lower():
        message = "the Entra token is for another service than Azure DevOps."
        fix = f"'az account get-access-token --resource {AZURE_DEVOPS_APP}' gives the right one."
        return [error("token-audience", message, fix)]
    return []


def _about_time(shape: TokenShape, now: datetime) -> list[Complaint]:
    fix = "Take one that lives longer, or renew it before each build ('amlpriv connect rotate')."
    if shape.detail.endswith(_HOURS):
        return [warning("short-lived-token", f"{shape.words} does not live until a later build.", fix)]
    if shape.expires is None:
        return []
    when = shape.expires.strftime("%Y-%m-%d %H:%M UTC")
    if shape.expires <= now:
        return [error("expired-token", f"the token expired at {when}.", "Get a new one.")]
    if shape.expires - now < SHORT:
        return [warning("short-lived-token", f"the token expires at {when}; builds after that fail.", fix)]
    return []


def _about_all_organisations(now: datetime) -> Complaint:
    """Whether a token is one of them cannot be seen: all Azure DevOps tokens get the note."""
    fact, fix = (
        ALL_ORGANISATIONS_PAT,
        "Take a token for one organisation with the scope Packaging (Read), or Code (Read).",
    )
    if now.date() >= fact.dead:
        return note("all-organisations", f"{fact.words} are refused since {fact.dead}.", fix)
    return note("all-organisations", f"{fact.words} are refused from {fact.dead} on; its text does not tell.", fix)
