"""Answers of servers, and what each of them means."""

from __future__ import annotations

import json

import pytest

from amlpriv.connections.feed_kinds import FeedKind
from amlpriv.indexes.judging import Outcome, judge, service_words

AZURE, JFROG, GITLAB, SIMPLE = FeedKind.AZURE_ARTIFACTS, FeedKind.JFROG, FeedKind.GITLAB, FeedKind.SIMPLE


def azure(message: str, key: str = "") -> str:
    return json.dumps({"$id": "1", "innerException": None, "message": message, "typeKey": key, "errorCode": 0})


EXPIRED = "Access Denied: The Personal Access Token used has expired."
NEEDS = "User '0' lacks permission to complete this action. You need to have '{}'."
ANONYMOUS = "TF400813: The user 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa' is not authorized to access this resource."

TABLE = [
    # status, headers, body, kind, given, sent, expected, a word of the message or the fix
    (200, {}, "", SIMPLE, True, True, Outcome.OK, ""),
    (206, {}, "", SIMPLE, True, True, Outcome.OK, ""),
    (203, {}, "<title>Sign In</title>", AZURE, True, True, Outcome.SIGN_IN, "did not take the credential"),
    (203, {}, "", AZURE, False, False, Outcome.SIGN_IN, "none was given"),
    (401, {}, "", SIMPLE, False, False, Outcome.NO_CREDENTIAL, "none was given"),
    (401, {}, "", AZURE, True, True, Outcome.NOT_ACCEPTED, "Packaging (Read)"),
    (401, {}, azure(ANONYMOUS), AZURE, True, True, Outcome.NOT_ACCEPTED, "TF400813"),
    (401, {}, azure(EXPIRED, "AccessCheckException"), AZURE, True, True, Outcome.EXPIRED, "rotate"),
    (401, {"x-tfs-serviceerror": EXPIRED.replace(" ", "%20")}, "", AZURE, True, True, Outcome.EXPIRED, "expired"),
    (
        401,
        {},
        '{"errors": [{"message": "Bad credentials"}]}',
        JFROG,
        True,
        True,
        Outcome.NOT_ACCEPTED,
        "Bad",
    ),
    (
        401,
        {},
        '{"errors": [{"message": "Token verification: expired"}]}',
        JFROG,
        True,
        True,
        Outcome.EXPIRED,
        "verif",
    ),
    (401, {}, '{"message": "401 Unauthorized"}', GITLAB, True, True, Outcome.NOT_ACCEPTED, "read_package_registry"),
    (401, {}, "", SIMPLE, True, False, Outcome.NOT_SENT, "does not send it"),
    (403, {}, azure(NEEDS.format("ReadPackages")), AZURE, True, True, Outcome.NO_ROLE, "Feed Reader"),
    (403, {}, azure(NEEDS.format("AddPackage")), AZURE, True, True, Outcome.NO_ROLE, "Feed Publisher (Contributor)"),
    (403, {}, azure(NEEDS.format("AddUpstreamPackage")), AZURE, True, True, Outcome.NO_ROLE, "Collaborator"),
    (403, {}, azure(NEEDS.format("SomethingNew")), AZURE, True, True, Outcome.NO_ROLE, "SomethingNew"),
    (403, {}, "", AZURE, True, True, Outcome.NO_ROLE, "Feed Reader"),
    (403, {}, "", FeedKind.AZURE_SERVER, True, True, Outcome.NO_ROLE, "Feed Reader"),
    (
        403,
        {},
        azure("It lacks the scope vso.packaging"),
        AZURE,
        True,
        True,
        Outcome.NO_SCOPE,
        "Packaging (Read)",
    ),
    (403, {}, azure("VS403463: The conditional access policy ..."), AZURE, True, True, Outcome.POLICY, "rule"),
    (403, {}, '{"errors": [{"message": "blocked by Xray"}]}', JFROG, True, True, Outcome.POLICY, "Xray"),
    (403, {}, "", JFROG, True, True, Outcome.FORBIDDEN, "permission Read"),
    (403, {}, '{"error": "insufficient_scope"}', GITLAB, True, True, Outcome.NO_SCOPE, "insufficient_scope"),
    (403, {}, "", GITLAB, True, True, Outcome.FORBIDDEN, "Reporter"),
    (403, {}, "", SIMPLE, True, True, Outcome.FORBIDDEN, "pypiserver"),
    (403, {}, "", SIMPLE, False, False, Outcome.NO_CREDENTIAL, "without a credential"),
    (
        403,
        {},
        "<Code>AuthenticationFailed</Code>",
        AZURE,
        True,
        False,
        Outcome.FORBIDDEN,
        "Signed links",
    ),
    (404, {}, "", SIMPLE, True, True, Outcome.NOT_FOUND, "nothing at this address"),
    (404, {}, "", GITLAB, True, True, Outcome.NOT_FOUND, "may not see"),
    (404, {}, azure("The feed with ID 'x' doesn't exist."), AZURE, True, True, Outcome.FEED_MISSING, "project"),
    (404, {}, azure("x", "FeedIdNotFoundException"), AZURE, True, True, Outcome.FEED_MISSING, ""),
    (404, {}, azure("Cannot find the package 'x'"), AZURE, True, True, Outcome.PACKAGE_MISSING, "upstream"),
    (404, {}, azure("x", "PackageNotFoundException"), AZURE, True, True, Outcome.PACKAGE_MISSING, ""),
    (404, {}, '{"message": "404 Project Not Found"}', GITLAB, True, True, Outcome.FEED_MISSING, "Project"),
    (410, {}, "", SIMPLE, True, True, Outcome.NOT_FOUND, ""),
    (407, {}, "", SIMPLE, True, True, Outcome.PROXY, "proxy"),
    (429, {}, "", SIMPLE, True, True, Outcome.TOO_MANY, "later"),
    (500, {}, "", SIMPLE, True, True, Outcome.SERVER_ERROR, "500"),
    (503, {}, "down for maintenance", SIMPLE, True, True, Outcome.SERVER_ERROR, "maintenance"),
    (302, {}, "", SIMPLE, True, True, Outcome.UNEXPECTED, "302"),
    (400, {}, "bad", SIMPLE, True, True, Outcome.UNEXPECTED, "bad"),
]


@pytest.mark.parametrize(("status", "headers", "body", "kind", "given", "sent", "expected", "word"), TABLE)
def test_an_answer_means(
    status: int,
    headers: dict[str, str],
    body: str,
    kind: FeedKind,
    given: bool,
    sent: bool,
    expected: Outcome,
    word: str,
) -> None:
    found = judge(status, headers, body, kind=kind, given=given, sent=sent)
    assert found.outcome is expected
    assert word in f"{found.words} {found.fix}"
    assert found.words.endswith(".")


def test_a_redirect_to_a_sign_in_page_is_one_whatever_its_status() -> None:
    assert judge(302, {}, "", kind=AZURE, given=True, sent=True, sign_in=True).outcome is Outcome.SIGN_IN


def test_what_the_server_repeats_of_the_credential_is_taken_out() -> None:
    body = azure("The token s3cr3t-token is wrong; https://me:other@feed.example.org/x")
    found = judge(401, {}, body, kind=AZURE, given=True, sent=True, secrets=["s3cr3t-token"])
    assert "s3cr3t" not in found.words
    assert "other" not in found.words


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", ""),
        ("<html><script>var x = 1</script><h1>Not <b>here</b></h1></html>", "Not here"),
        ("<p>" + "long " * 1000, ""),
        ("[1, 2]", ""),
        ("[]", ""),
        ("[" * 100_000, ""),
        ('{"errors": "plain"}', "plain"),
        ('{"detail": "no\\nmore"}', "no more"),
        ('"text"', ""),
    ],
)
def test_a_servers_words_are_found_in_what_it_sends(body: str, expected: str) -> None:
    assert service_words({}, body) == expected


def test_long_words_are_cut() -> None:
    assert len(service_words({}, json.dumps({"message": "x" * 5000}))) == 300
