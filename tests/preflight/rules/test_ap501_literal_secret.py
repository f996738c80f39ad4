"""Secrets in the files: found, and never shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.engine import check
from amlpriv.preflight.rules.ap501_literal_secret import find
from amlpriv.preflight.subject import PackagedWheel, Subject

Found = Callable[..., list[Finding]]
Text = Callable[..., str]

PAT = "abcdefghijklmnopqrstuvwxyz234567" + "abcdefghijklmnopqrst"
NEW_PAT = "A1b2" * 19 + "AZDO" + "x9Y8"
ACCOUNT_KEY = "Ab1+" * 21 + "Cd=="
WEB_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"

SECRETS = [
    ("https://a.blob.example.com/c/w.whl?sv=2024&sp=r&sig=", "aBcD%2F123%3D", "signature"),
    ("https://me:", "hunter2@pkgs.example.com/simple/"[:7], "password in a URL"),
    ("https://", PAT + "@pkgs.example.com/simple/", "token as the user"),
    ("git+https://", "ghp_" + "a1B2" * 9 + "@github.com/contoso/nlp", "token as the user"),
    ("AccountName=a;AccountKey=", ACCOUNT_KEY, "account key"),
    ("key: ", ACCOUNT_KEY, "storage account key"),
    ("token ", PAT, "Azure DevOps"),
    ("token ", NEW_PAT, "Azure DevOps"),
    ("token ", "github_pat_" + "a1B2_" * 6, "GitHub"),
    ("token ", "glpat-" + "a1B2c" * 4, "GitLab"),
    ("Authorization: Bearer ", WEB_TOKEN, "Authorization"),
    ("x=", WEB_TOKEN, "web token"),
    ("https://conda.example.com/t/", "co-1234567890abcdef-1234/forge", "conda channel"),
]


@pytest.mark.parametrize(("before", "secret", "kind"), SECRETS, ids=[kind for _, _, kind in SECRETS])
def test_a_secret_in_a_comment_is_an_error_and_not_shown(
    found: Found, environment_text: Text, before: str, secret: str, kind: str
) -> None:
    """Comments go into git as well. The finding has the kind and the place, and no part of the secret."""
    after = "@pkgs.example.com/simple/" if "password" in kind else ""
    (finding,) = found("AP501", environment_text(top=[f"# {before}{secret}{after}"]))
    assert finding.severity is Severity.ERROR
    assert kind in finding.message
    assert (finding.file, finding.line) == ("environment.yml", 12)
    assert finding.column == len(f"# {before}") + 1
    assert secret.partition("@")[0].partition("/")[0] not in repr(finding)


def test_a_secret_in_a_pip_line_is_found(found: Found, environment_text: Text) -> None:
    """Where they mostly are."""
    line = "--index-url https://me:hunter2@pkgs.example.com/simple/"
    (finding,) = found("AP501", environment_text(pip=[line, "contoso-features"]))
    assert finding.line == 9


def test_other_files_are_read_too(subject: Callable[..., Subject]) -> None:
    """The conda file, with its own name and lines."""
    text = "name: a\nimage: contoso.io/b:1\n"
    looked_at = replace(subject(text), texts={"requirements.txt": "pandas\n# https://me:hunter2@example.com/\n"})
    (finding,) = [finding for finding in check(looked_at) if finding.code == "AP501"]
    assert (finding.file, finding.line) == ("requirements.txt", 2)


def test_two_secrets_in_one_line_are_two_findings(found: Found, environment_text: Text) -> None:
    """Each at its column."""
    line = "# https://me:hunter2@example.com/w.whl?sig=abcdef https://you:hunter3@example.com/"
    assert len(found("AP501", environment_text(top=[line]))) == 3


@pytest.mark.parametrize(
    "line",
    [
        "https://a.blob.example.com/c/w.whl?sig=***",
        "https://me:***@pkgs.example.com/simple/",
        "https://me:<PAT>@pkgs.example.com/simple/",
        "https://me:${PAT}@pkgs.example.com/simple/",
        "https://me:$(PAT)@pkgs.example.com/simple/",
        "https://me:%PAT%@pkgs.example.com/simple/",
        "https://{{ user }}:{{pat}}@pkgs.example.com/simple/",
        "https://YOUR_TOKEN@pkgs.example.com/simple/",
        "https://contoso@dev.azure.com/contoso/ml/_git/nlp",
        "https://contoso-data-platform-team@dev.azure.com/contoso/ml/_git/nlp",
        "git+ssh://git@github.com/contoso/nlp.git",
        "https://localhost:8080/simple@v1",
        "https://pkgs.dev.azure.com/contoso/ml/_packaging/feed@Local/pypi/simple/",
        "w.whl#sha256=" + "0a1b2c3d" * 8,
        "image: contoso.io:5000/b@sha256:" + "0a1b2c3d" * 8,
        "--hash=sha512:" + "0a1b2c3d" * 16,
        "integrity: sha512-" + "Ab1+" * 21 + "Cd==",
        "design=abc&config=def",
        "basic usage of the environment",
    ],
)
def test_placeholders_hashes_and_plain_addresses_are_left_alone(
    found: Found, environment_text: Text, line: str
) -> None:
    """A check that cries wolf gets switched off."""
    assert not found("AP501", environment_text(top=[f"# {line}"]))


@pytest.mark.parametrize(
    ("before", "secret", "after"),
    [
        ("https://a.blob.example.com/c/z-1-py3-none-any.whl?sv=2022-11-02&sp=r&sig=", "aBcD%2F123%3D", ""),
        ("https://bob:", "hunter2", "@pkgs.example.com/z-1-py3-none-any.whl"),
        ("git+https://", "ghp_" + "a1B2" * 9, "@github.com/contoso/nlp@v1"),
        ("https://files.example.com/z-1-py3-none-any.whl?token=", "hunter2", ""),
    ],
)
def test_a_secret_in_what_a_wheel_requires_is_an_error_that_names_both_packages(
    found: Found, packaged: Callable[..., PackagedWheel], before: str, secret: str, after: str
) -> None:
    """METADATA is stored with the wheel, and installed with it. It does not matter who built it."""
    wheel = packaged(requires=["pandas", f"Contoso_Z @ {before}{secret}{after}"])
    (finding,) = found("AP501", wheels=[wheel])
    assert (finding.severity, finding.subject) == (Severity.ERROR, "contoso-features")
    assert finding.message.startswith("contoso-features 1.2.0 requires contoso-z from an address that holds ")
    assert (finding.file, finding.line) == ("environment.yml", 9)
    assert secret not in repr(finding)


def test_a_secret_that_was_taken_out_of_the_wheel_is_a_warning_about_the_project(
    found: Found, packaged: Callable[..., PackagedWheel]
) -> None:
    """It is not shipped; in the project's own files it stays."""
    addresses = {"contoso-core": "git+https://me:hunter2@example.com/mono.git", "contoso-text": "file:///a/text"}
    wheel = replace(packaged(), removed=addresses)
    (finding,) = found("AP501", wheels=[wheel])
    assert (finding.severity, finding.subject) == (Severity.WARNING, "contoso-features")
    assert "contoso-core" in finding.message
    assert "hunter2" not in repr(finding) + repr(wheel)


@pytest.mark.parametrize(
    "address",
    [
        "https://files.example.com/z-1-py3-none-any.whl#sha256=" + "0a1b2c3d" * 8,
        "https://me:${PAT}@pkgs.example.com/z-1-py3-none-any.whl",
        "https://me:<PAT>@pkgs.example.com/z-1-py3-none-any.whl",
        "git+ssh://git@github.com/contoso/nlp.git@v1",
        "git+https://contoso@dev.azure.com/contoso/ml/_git/nlp",
    ],
)
def test_a_plain_address_in_a_wheel_is_no_secret(
    found: Found, packaged: Callable[..., PackagedWheel], address: str
) -> None:
    """A user's name alone opens nothing."""
    assert not found("AP501", wheels=[packaged(requires=[f"z @ {address}"])])


@pytest.mark.timeout(10)
@pytest.mark.parametrize("piece", ["a", "a.", "://a", "a:", "sig", "Ab1+", "eyJ", "a2", "/t/co-"])
def test_a_very_long_line_is_read_in_no_time(subject: Callable[..., Subject], piece: str) -> None:
    """No pattern goes over a line again and again."""
    looked_at = replace(subject(), text=piece * 100_000)
    list(find(looked_at))
