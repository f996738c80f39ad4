"""What an answer means: pure, so that a table of answers tests it.

Sources of what Azure DevOps says: "Access Denied: The Personal Access Token used has expired." in the body and in the
header X-TFS-ServiceError (azure-pipelines-agent#1559, azure-pipelines-tasks#18732); "lacks permission to complete this
action. You need to have 'ReadPackages'." with the type FeedNeedsPermissionsException (azure-devops-docs#4626, #6920);
"TF400813: The user '...' is not authorized" (azure-cli#24108, paklo#1094). Roles: Azure Artifacts, "Manage feed
permissions". That pypiserver answers a wrong password with 403, and devpi with 200, was tried.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote

from amlpriv.connections.feed_kinds import FeedKind
from amlpriv.secret import redact

__all__ = ["AZURE", "Judgement", "Outcome", "judge", "service_words"]


class Outcome(Enum):
    """What a step found. The values are permanent."""

    OK = "ok"
    OPEN = "open"
    """Anybody may read it: that it answers says nothing about the credential."""
    ADDRESS = "address"
    """The address itself is not as it should be: an old host, a web page, an upload address."""
    NO_CREDENTIAL = "no-credential"
    """401, and none was given."""
    NOT_ACCEPTED = "credential-not-accepted"
    EXPIRED = "credential-expired"
    NOT_SENT = "credential-not-sent"
    """Another origin wants a credential; pip does not send ours there."""
    FORWARDED = "forwarded"
    """The page is another index's: this one does not have the package."""
    SIGN_IN = "sign-in-page"
    NO_ROLE = "role-missing"
    NO_SCOPE = "scope-missing"
    POLICY = "policy"
    """Allowed by the feed, and forbidden by a rule: conditional access, a quarantine, a scanner."""
    FORBIDDEN = "forbidden"
    """403 without a reason that can be read."""
    FEED_MISSING = "feed-not-found"
    PACKAGE_MISSING = "package-not-found"
    NOT_FOUND = "not-found"
    """404, and whether of the feed or of the package is not known."""
    FILE_MISSING = "file-not-found"
    VERSION_MISSING = "version-not-found"
    OTHER_TARGET = "other-platforms-only"
    SDIST_ONLY = "sdist-only"
    REQUIRES_PYTHON = "requires-other-python"
    YANKED = "yanked"
    BLOCKED = "host-blocked"
    PROXY = "proxy"
    TLS = "tls"
    REDIRECT = "redirect-refused"
    NOT_A_PAGE = "not-a-page"
    WRONG_HASH = "wrong-hash"
    TOO_MANY = "too-many-requests"
    SERVER_ERROR = "server-error"
    UNEXPECTED = "unexpected-answer"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What it means, in words without a secret, and what to do."""

    outcome: Outcome
    words: str
    fix: str = ""


AZURE = (FeedKind.AZURE_ARTIFACTS, FeedKind.AZURE_SERVER)

_CREDENTIAL_FIX = {
    FeedKind.AZURE_ARTIFACTS: "Use a personal access token of this organisation with the scope Packaging (Read) that "
    "has not expired; any user name does.",
    FeedKind.JFROG: "Use the user name together with its identity token (or password) of this JFrog server.",
    FeedKind.GITLAB: "Use a deploy token with the scope read_package_registry and its user name, or a personal access "
    "token with the scope read_api and the user name __token__.",
}
_ANY_FIX = "Check user and password, and that they are for this server."

_READER = "Have the account made 'Feed Reader' of the feed (feed settings, Permissions)"
_ROLES = {
    "AddUpstreamPackage": ("Feed and Upstream Reader (Collaborator)", "to save a package from an upstream source"),
    "AddPackage": ("Feed Publisher (Contributor)", "to send packages"),
    "ReadPackages": ("Feed Reader", "to read packages"),
    "ViewFeed": ("Feed Reader", "to see the feed"),
}
"""Azure Artifacts' permissions, and the least role that has each."""

_NEEDS = re.compile(r"need to have '(\w+)'")
_EXPIRED = re.compile(r"\bexpired\b", re.IGNORECASE)
_SCOPE = re.compile(r"(?<![a-z])scopes?\b", re.IGNORECASE)
_POLICY = re.compile(
    r"conditional access|VS403463|AADSTS5\d{4}|IP address.{0,30}not allowed|quarantin|malicious|curation|blocked by",
    re.IGNORECASE,
)
_FEED = re.compile(
    r"FeedIdNotFound|FeedNotFound|ProjectDoesNotExist|OrganizationNotFound|HostDoesNotExist|The feed with ID"
    r"|VS800075|TF200016|Failed to transform.*repo|repository.{0,40}(does not exist|not found)|project not found",
    re.IGNORECASE,
)
_PACKAGE = re.compile(r"PackageNotFound|package .{0,120}(was )?not found|cannot find the package", re.IGNORECASE)
_TAG = re.compile(r"<(script|style|head)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


def judge(
    status: int,
    headers: Mapping[str, str],
    text: str,
    *,
    kind: FeedKind,
    given: bool,
    sent: bool,
    sign_in: bool = False,
    secrets: Iterable[str] = (),
) -> Judgement:
    """What an answer means. ``given`` says whether there is a credential, ``sent`` whether this host got it; header
    names are in lower case, and ``secrets`` are taken out of the server's words."""
    said = service_words(headers, text, secrets)
    if sign_in or status == 203:
        return _sign_in(kind, given=given)
    if status == 401:
        return _unauthorised(said, kind, given=given, sent=sent)
    if status == 403:
        return _forbidden(said, kind, given=given, sent=sent)
    if status in (404, 410):
        return _missing(said, kind)
    if status == 407:
        return Judgement(Outcome.PROXY, "The proxy wants a user and a password.", "Put them into HTTPS_PROXY.")
    if status == 429:
        return Judgement(Outcome.TOO_MANY, f"The server has had too many requests{_quoted(said)}.", "Try again later.")
    if status >= 500:
        return Judgement(Outcome.SERVER_ERROR, f"The server failed ({status}){_quoted(said)}.", "Try again later.")
    if status in (200, 206):
        return Judgement(Outcome.OK, "The server answered.")
    fix = "Check the address: it has to be the one that pip's --index-url takes."
    return Judgement(Outcome.UNEXPECTED, f"The server answered {status}{_quoted(said)}.", fix)


def service_words(headers: Mapping[str, str], text: str, secrets: Iterable[str] = ()) -> str:
    """What the server itself says, on one line of at most 300 characters; empty where that is only a web page."""
    said = unquote(headers.get("x-tfs-serviceerror", "")) or _message(text)
    return redact(" ".join(said.split()), *secrets)[:300].rstrip(" .")


def _message(text: str) -> str:
    """The message in the JSON of Azure DevOps, JFrog, GitLab and others; else short plain text, or a page's."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        plain = _TAG.sub(" ", text[:20_000])
        return plain if len(plain) < 1000 else ""
    found = []
    while isinstance(data, list) and data:
        data = data[0]
    if isinstance(data, dict):
        inner = data.get("errors") or data.get("error")
        inner = inner[0] if isinstance(inner, list) and inner else inner
        for each in (data, inner if isinstance(inner, dict) else {"message": inner}):
            found += [each[key] for key in ("message", "detail", "error_description", "typeKey") if each.get(key)]
    return " ".join(str(each) for each in found)


def _quoted(said: str) -> str:
    return f": {said}" if said else ""


def _credential_fix(kind: FeedKind) -> str:
    return _CREDENTIAL_FIX.get(FeedKind.AZURE_ARTIFACTS if kind in AZURE else kind, _ANY_FIX)


def _sign_in(kind: FeedKind, *, given: bool) -> Judgement:
    words = "The server answers with its page for people to sign in at"
    words += ": it did not take the credential." if given else ": it wants a credential, and none was given."
    return Judgement(Outcome.SIGN_IN, words, _credential_fix(kind))


def _unauthorised(said: str, kind: FeedKind, *, given: bool, sent: bool) -> Judgement:
    if not given:
        return Judgement(
            Outcome.NO_CREDENTIAL, "The server wants a credential, and none was given.", _credential_fix(kind)
        )
    if not sent:
        words = f"Another host wants a credential; pip does not send it there, nor does this{_quoted(said)}."
        return Judgement(Outcome.NOT_SENT, words, "Use the address of the index that serves the files itself.")
    if _EXPIRED.search(said):
        fix = "Make a new token, and give it to 'amlpriv connect rotate'."
        return Judgement(Outcome.EXPIRED, f"The credential has expired{_quoted(said)}.", fix)
    return Judgement(
        Outcome.NOT_ACCEPTED, f"The server does not accept the credential{_quoted(said)}.", _credential_fix(kind)
    )


def _forbidden(said: str, kind: FeedKind, *, given: bool, sent: bool) -> Judgement:
    if needed := _NEEDS.search(said):
        role, purpose = _ROLES.get(needed[1], (needed[1], "to do this"))
        words = (
            f"The credential is accepted, and its account lacks the role '{role}' {purpose}: it needs '{needed[1]}'."
        )
        return Judgement(Outcome.NO_ROLE, words, _role_fix(role))
    if _POLICY.search(said):
        fix = "Ask those who run the server; the credential itself is not the reason."
        return Judgement(Outcome.POLICY, f"A rule of the server forbids it{_quoted(said)}.", fix)
    if not given:
        words = f"The server forbids it without a credential{_quoted(said)}."
        return Judgement(Outcome.NO_CREDENTIAL, words, _credential_fix(kind))
    if not sent:
        words = f"The host that it leads to forbids it; the credential is not sent there{_quoted(said)}."
        fix = "Signed links expire: check the clock of this machine, then ask those who run the server."
        return Judgement(Outcome.FORBIDDEN, words, fix)
    if _SCOPE.search(said):
        fix = "Make a token with the scope Packaging (Read)." if kind in AZURE else _credential_fix(kind)
        return Judgement(Outcome.NO_SCOPE, f"The token lacks a scope{_quoted(said)}.", fix)
    if kind in AZURE:
        fix = f"{_READER}, and give the token the scope Packaging (Read)."
        words = f"The credential is accepted, and may not read this feed{_quoted(said)}."
        return Judgement(Outcome.NO_ROLE, words, fix)
    return Judgement(Outcome.FORBIDDEN, f"The server forbids it (403){_quoted(said)}.", _forbidden_fix(kind))


def _role_fix(role: str) -> str:
    token = " The token itself needs the scope Packaging (Read)." if role == "Feed Reader" else ""
    return f"Have the account made '{role}' of the feed (feed settings, Permissions).{token}"


def _forbidden_fix(kind: FeedKind) -> str:
    if kind is FeedKind.JFROG:
        return "Have the account given the permission Read on this repository, and on those that it unites."
    if kind is FeedKind.GITLAB:
        return (
            "The account has to be Reporter of the project at least, and the token has to have read_package_registry."
        )
    return "Check the password too: some servers (pypiserver) answer a wrong one with 403."


def _missing(said: str, kind: FeedKind) -> Judgement:
    if _FEED.search(said):
        fix = "Check organisation, project and feed in the address: a feed of a project needs the project in it."
        return Judgement(Outcome.FEED_MISSING, f"There is no such feed{_quoted(said)}.", fix)
    if _PACKAGE.search(said):
        return Judgement(Outcome.PACKAGE_MISSING, f"The feed has no such package{_quoted(said)}.", _package_fix(kind))
    words = f"The server has nothing at this address{_quoted(said)}."
    return Judgement(Outcome.NOT_FOUND, words, "Check the address and the name." + _hidden(kind))


def _package_fix(kind: FeedKind) -> str:
    return "Check the name; else publish it there, or add an upstream source that has it." + _hidden(kind)


def _hidden(kind: FeedKind) -> str:
    if kind in (FeedKind.GITLAB, FeedKind.JFROG, FeedKind.GITEA):
        return " Such a server answers 404 as well where the account may not see what exists."
    return ""
