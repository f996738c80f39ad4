"""``amlpriv connect``: every command against the real local workspace, and what users get wrong.

Each test has an organisation of its own, so that no connection matches what another test made.
"""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from amlpriv.cli.main import main
from amlpriv.local.feed.tokens import load_tokens
from amlpriv.local.state import State
from tests.cli.conftest import Amlpriv, Ended

pytestmark = pytest.mark.local

SECRETS = {
    "TOKEN": "canarypat" + "a2" * 21 + "z",
    "NEXT_TOKEN": "canarynew" + "b3" * 21 + "z",
    "PASSWORD": "canary/pass%word=17",
}
"""Of the shape that Azure DevOps' tokens had before 2024; and a password that changes when it is URL-encoded."""


@pytest.fixture
def at(local_environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty folder, the variables, and the address of a feed that nobody else has."""
    monkeypatch.setenv("AMLPRIV_HOME", local_environ["AMLPRIV_HOME"])
    monkeypatch.chdir(tmp_path)
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)
    organisation = f"c{uuid.uuid4().hex[:8]}"
    return f"https://pkgs.dev.azure.com/{organisation}/ml/_packaging/private/pypi/simple/"


@pytest.fixture
def name(at: str) -> str:
    """A connection's name that nobody else has."""
    return f"t-{at.split('/')[3]}"


def base(url: str) -> str:
    return "/".join(url.split("/")[:4])


def fails(ended: Ended, code: int, *texts: str) -> None:
    """With this code and these words on standard error, nothing on standard output, and no secret anywhere."""
    assert ended.code == code, ended
    assert ended.out == ""
    assert "Traceback" not in ended.err
    for text in texts:
        assert text in ended.err
    for secret in SECRETS.values():
        assert secret not in ended.err


def test_a_connection_is_made_shown_listed_rotated_and_removed(amlpriv: Amlpriv, at: str, name: str) -> None:
    made = amlpriv("connect", "feed", name, "--url", at, "--token-from", "env:TOKEN", "--expires", "2099-01-31")
    assert made.code == 0, made
    assert f"{name}  created in the local workspace" in made.out
    assert f"target    {base(at)} (" in made.out
    assert "credential from the variable TOKEN" in made.out
    assert "The credential of" in made.out
    shown = amlpriv("connect", "show", name)
    assert re.search(rf"^target +{base(at)}$", shown.out, re.MULTILINE)
    assert re.search(r"^expires +2099-01-31$", shown.out, re.MULTILINE)
    assert re.search(rf"^{name} +PythonFeed +PAT +0 d +2099-01-31 +{base(at)}$", amlpriv("connect", "list").out, re.M)
    rotated = amlpriv("connect", "rotate", name, "--token-from", "env:NEXT_TOKEN")
    assert (rotated.code, f"{name}  rotated in" in rotated.out) == (0, True)
    assert "no-expiry" in rotated.err
    removed = amlpriv("connect", "remove", name, "--yes")
    assert (removed.code, removed.out) == (0, f"deleted {name} (PythonFeed for {base(at)}, signs in by PAT)\n")
    fails(amlpriv("connect", "show", name), 12, f"There is no connection '{name}' in the local workspace.")
    fails(amlpriv("connect", "remove", name, "--yes"), 12, "There is no connection")
    fails(amlpriv("connect", "rotate", name, "--token-from", "env:TOKEN"), 12, "There is no connection")
    fails(amlpriv("connect", "test", name), 12, "There is no connection")


def test_json_is_stable(amlpriv: Amlpriv, at: str, name: str) -> None:
    made = amlpriv("connect", "feed", name, "--url", at, "--token-from", "env:TOKEN", "--json").json
    assert set(made) == {
        *("name", "category", "target", "auth", "url", "action", "dry_run", "workspace", "credential_from", "metadata"),
        *("complaints", "verdict"),
    }
    assert (made["name"], made["action"], made["url"], made["verdict"]["used"]) == (name, "created", at, True)
    shown = amlpriv("connect", "show", name, "--json").json
    keys = ("name", "category", "target", "url", "auth", "shared", "created", "rotated", "expires", "days_left")
    assert set(shown) == {*keys, "age_days", "metadata", "warning"}
    listed = amlpriv("connect", "list", "--json").json
    assert set(listed) == {"workspace", "connections", "hidden", "lines"}
    assert shown in listed["connections"]
    rotated = amlpriv("connect", "rotate", name, "--token-from", "env:NEXT_TOKEN", "--json").json
    assert (set(rotated), rotated["action"]) == (set(made), "rotated")
    removed = amlpriv("connect", "remove", name, "--yes", "--json").json
    assert (set(removed), removed["removed"]) == ({*shown, "removed", "dry_run"}, name)


def test_a_connection_for_git(amlpriv: Amlpriv, name: str) -> None:
    url = f"git+https://github.com/{name}/private.git@main"
    made = amlpriv("connect", "git", name, "--url", url, "--token-from", "env:TOKEN", "--dry-run")
    assert made.code == 0
    assert f"{name}  would be created" in made.out
    assert f"target    https://github.com/{name}/private (" in made.out
    assert "token-of-another" in made.err
    fails(amlpriv("connect", "show", name), 12)


def test_a_user_and_a_password_are_stored_url_encoded(
    amlpriv: Amlpriv, name: str, local_environ: dict[str, str]
) -> None:
    url = f"https://{name}.jfrog.io/artifactory/api/pypi/ml/simple"
    words = ("--url", url, "--user", "me@contoso.example", "--token-from", "env:PASSWORD")
    assert amlpriv("connect", "feed", name, *words).code == 0
    stored = [file.read_text() for file in Path(local_environ["AMLPRIV_HOME"]).rglob("connection-secrets/*")]
    credentials = [json.loads(text)["credentials"] for text in stored if f'"{name}"' in text]
    assert credentials == [{"username": "me%40contoso.example", "password": "canary%2Fpass%25word%3D17"}]
    amlpriv("connect", "remove", name, "--yes")


def piped(text: str, *words: str) -> Ended:
    """A command that gets this on standard input."""
    command = [sys.executable, "-m", "amlpriv", *words]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return Ended(done.returncode, done.stdout, done.stderr)


def test_the_token_comes_by_standard_input(amlpriv: Amlpriv, at: str, name: str) -> None:
    made = piped(f"{SECRETS['TOKEN']}\n", "connect", "feed", name, "--url", at, "--token-from", "stdin")
    assert (made.code, "credential from standard input" in made.out) == (0, True)
    amlpriv("connect", "remove", name, "--yes")


def test_removing_asks_and_a_no_keeps_it(amlpriv: Amlpriv, at: str, name: str) -> None:
    amlpriv("connect", "feed", name, "--url", at, "--token-from", "env:TOKEN")
    kept = piped("n\n", "connect", "remove", name)
    assert (kept.code, "Nothing was deleted." in kept.err) == (0, True)
    would = amlpriv("connect", "remove", name, "--dry-run")
    assert (would.code, "would delete" in would.out) == (0, True)
    assert amlpriv("connect", "remove", name, "--yes").code == 0


@pytest.mark.parametrize("wrong", ["", ".", "..", "../x", "a/b"])
@pytest.mark.parametrize("verb", ["show", "test", "rotate", "remove"])
def test_a_name_that_leads_elsewhere_is_refused(amlpriv: Amlpriv, at: str, verb: str, wrong: str) -> None:
    words = ("--yes",) if verb == "remove" else ("--token-from", "env:TOKEN") if verb == "rotate" else ()
    assert at
    fails(amlpriv("connect", verb, wrong, *words), 2, "is no name of a connection", "[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}")


def test_the_warning_about_http_is_told_once(amlpriv: Amlpriv, name: str) -> None:
    url = f"http://{name}.example.org/simple/"
    made = amlpriv("connect", "feed", name, "--url", url, "--token-from", "env:TOKEN", "--dry-run")
    assert (made.code, made.err.count("warning http: ")) == (0, 1)


def test_the_lines_of_a_file_and_their_connections(amlpriv: Amlpriv, at: str, name: str, tmp_path: Path) -> None:
    amlpriv("connect", "feed", name, "--url", at, "--token-from", "env:TOKEN")
    file = tmp_path / "conda.yml"
    file.write_text(f"dependencies:\n- python=3.11\n- pip\n- pip:\n  - --index-url {at}\n  - numpy\n")
    listed = amlpriv("connect", "list", "--for", "conda.yml")
    assert f"conda.yml:5:5: {at.rstrip('/')}\n    The credential of '{name}' is used." in listed.out
    fails(amlpriv("connect", "list", "--for", "nowhere.yml"), 3, "nowhere.yml: This file does not exist.")
    amlpriv("connect", "remove", name, "--yes")


@pytest.fixture
def local_feed(local_state: State, monkeypatch: pytest.MonkeyPatch) -> str:
    """The local workspace's own feed; tokens for it in the variables GOOD, OLD and NO_ROLE."""
    tokens = load_tokens(local_state.root)
    assert tokens is not None
    for variable, kind in (("GOOD", "read"), ("OLD", "expired"), ("NO_ROLE", "norole")):
        monkeypatch.setenv(variable, tokens[kind].reveal())
    return local_state.feed_url()


@pytest.mark.parametrize(("variable", "code"), [("GOOD", 12), ("OLD", 10), ("NO_ROLE", 11)])
def test_a_test_ends_with_the_code_of_the_first_failure(
    amlpriv: Amlpriv, name: str, local_feed: str, variable: str, code: int
) -> None:
    amlpriv("connect", "feed", name, "--url", local_feed, "--token-from", f"env:{variable}")
    tested = amlpriv("connect", "test", name, "contoso-not-there")
    again = amlpriv("connect", "test", name, "contoso-not-there", "--json")
    amlpriv("connect", "remove", name, "--yes")
    assert (tested.code, again.code) == (code, code), tested
    assert re.search(r"^  ok    credential  The connection's own", tested.out, re.MULTILINE)
    assert re.search(r"^  FAIL  page  ", tested.out, re.MULTILINE)
    assert set(again.json) == {
        *("name", "workspace", "url", "ok", "exit_code", "own_credential", "connection", "steps", "lines"),
    }
    assert {key for step in again.json["steps"] for key in step} == {
        *("name", "ok", "words", "fix", "notes", "exit_code", "details"),
    }


def test_the_local_feed_needs_no_word_about_its_token(amlpriv: Amlpriv, name: str, local_feed: str) -> None:
    made = amlpriv("connect", "feed", name, "--url", local_feed)
    assert (made.code, "credential from the local workspace" in made.out) == (0, True)
    verbose = amlpriv("connect", "test", name, "contoso-not-there", "-v")
    amlpriv("connect", "remove", name, "--yes")
    assert re.search(r"^  ok    yours .*the local workspace\.$", verbose.out, re.MULTILINE)
    assert re.search(r"- address: ", verbose.out)


AZURE = "https://pkgs.dev.azure.com/contoso/_packaging/x/pypi"


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        (["feed", "ab", "--url", f"{AZURE}/simple/"], ["'ab' is no name for a connection", "3 to 33"]),
        (["feed", "team"], ["--url"]),
        (["feed", "team", "--url", "contoso"], ["The address cannot be used: this is not an address"]),
        (["feed", "team", "--url", f"{AZURE}/simple/", "--auth", "sas"], ["'sas' is no way to sign in", "pat, basic"]),
        (["feed", "team", "--url", f"{AZURE}/simple/", "--auth", "basic"], ["needs a user", "--user"]),
        (["feed", "team", "--url", "https://c.jfrog.io/artifactory/api/pypi/x/simple"], ["needs a user", "--user"]),
        (["feed", "team", "--url", f"{AZURE}/simple/", "--expires", "31.1.2027"], ["is no day", "2027-01-31"]),
        (["feed", "team", "--url", f"{AZURE}/simple/", "--token-from", "azure-cli"], ["about an hour", "--force"]),
        (["feed", "team", "--url", f"{AZURE}/simple/", "--token-from", SECRETS["TOKEN"]], ["names a place", "revoke"]),
        (["feed", "team", "--url", "git+https://github.com/a/b"], ["amlpriv connect git"]),
        (["git", "team", "--url", "https://git.example.org"], ["The address cannot be used"]),
        (
            ["feed", "team", "--url", f"https://u:{SECRETS['TOKEN']}@pkgs.dev.azure.com/c/_packaging/x/pypi/simple/"],
            ["has a credential in it", "shell's history", "Revoke it"],
        ),
        (["list", "--workspace", "nowhere"], ["'nowhere' is no workspace"]),
        (["lst"], ["Did you mean 'list'?"]),
        (["show"], ["NAME"]),
    ],
)
def test_a_wrong_word_is_told_without_a_workspace(
    amlpriv: Amlpriv, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str], texts: list[str]
) -> None:
    monkeypatch.setenv("AMLPRIV_HOME", str(tmp_path / "home"))
    ended = amlpriv("connect", *words, *(["--no-start"] if words[0] != "lst" else []))
    fails(ended, 2, *texts)


def test_a_workspace_that_does_not_run(amlpriv: Amlpriv, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AMLPRIV_HOME", str(tmp_path / "home"))
    for words in (["list"], ["show", "team"], ["remove", "team", "--yes"], ["test", "team"]):
        fails(amlpriv("connect", *words, "--no-start"), 20, "The local workspace is not running.")


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (None, ["The environment variable WRONG is not set."]),
        ("", ["The environment variable WRONG is empty."]),
        ("${PAT}", ["this is a placeholder and no token"]),
        ("canarypat\nsecond", ["has a line break or a control character in it"]),
        ("Bearer canarypat", ["begins with the name of a scheme"]),
    ],
)
def test_a_variable_that_holds_no_token(
    amlpriv: Amlpriv, at: str, name: str, monkeypatch: pytest.MonkeyPatch, value: str | None, texts: list[str]
) -> None:
    if value is not None:
        monkeypatch.setenv("WRONG", value)
    ended = amlpriv("connect", "feed", name, "--url", at, "--token-from", "env:WRONG")
    fails(ended, 2, *texts)
    assert "canarypat" not in ended.err


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://dev.azure.com/{}/ml/_artifacts/feed/private", "web-page"),
        ("https://pkgs.dev.azure.com/{}/ml/_packaging/private/pypi/upload", "upload-address"),
        ("https://{}.pkgs.visualstudio.com/ml/_packaging/private/pypi/simple/", "legacy-host"),
    ],
)
def test_addresses_from_elsewhere_lead_to_the_feed_with_a_warning(
    amlpriv: Amlpriv, at: str, name: str, url: str, code: str
) -> None:
    organisation = at.split("/")[3]
    words = ("--url", url.format(organisation), "--token-from", "env:TOKEN", "--dry-run", "--json")
    made = amlpriv("connect", "feed", name, *words).json
    assert (made["url"], made["target"]) == (at, base(at))
    assert code in [item["code"] for item in made["complaints"]]


def test_a_name_that_is_taken(amlpriv: Amlpriv, at: str, name: str) -> None:
    words = ("connect", "feed", name, "--token-from", "env:TOKEN", "--url")
    assert amlpriv(*words, at).code == 0
    fails(amlpriv(*words, at), 13, "is there already", f"amlpriv connect rotate {name}")
    other = at.replace("pkgs.dev.azure.com/c", "pkgs.dev.azure.com/d")
    fails(amlpriv(*words, other, "--force"), 13, base(at), base(other))
    assert f"{name}  replaced in" in amlpriv(*words, at, "--force").out
    amlpriv("connect", "remove", name, "--yes")


def test_without_a_terminal_the_places_for_a_token_are_named(process: Callable[..., Ended], at: str, name: str) -> None:
    fails(process("connect", "feed", name, "--url", at), 2, "no terminal", "--token-from")


def test_no_command_shows_logs_or_keeps_a_secret(
    amlpriv: Amlpriv,
    at: str,
    name: str,
    local_environ: dict[str, str],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Standard output and error of all commands, what libraries log, and every file of the workspace but the one that
    has it."""
    caplog.set_level(logging.DEBUG)
    file = tmp_path / "conda.yml"
    file.write_text(f"dependencies:\n- python=3.11\n- pip\n- pip:\n  - --index-url {at}\n")
    jfrog, nowhere = f"https://{name}.jfrog.io/artifactory/api/pypi/x", "https://127.0.0.1:9/simple/"
    told = [
        amlpriv("connect", *words, *how)
        for how in ([], ["--json"], ["--debug"])
        for words in (
            ["feed", name, "--url", at, "--token-from", "env:TOKEN", "--force"],
            ["feed", name, "--url", at, "--token-from", "env:TOKEN"],
            ["feed", f"{name}-b", "--url", jfrog, "--user", "me", "--token-from", "env:PASSWORD", "--force"],
            ["feed", f"{name}-c", "--url", nowhere, "--token-from", "env:TOKEN", "--force"],
            ["list", "--for", str(file)],
            ["show", name],
            ["rotate", name, "--token-from", "env:NEXT_TOKEN"],
            ["rotate", f"{name}-b", "--token-from", "env:PASSWORD"],
        )
    ]
    told += (amlpriv("connect", "test", each, "x", "-v", "--url", nowhere) for each in (name, f"{name}-c"))
    texts = [ended.out + ended.err for ended in told]
    home = Path(local_environ["AMLPRIV_HOME"])
    files = [path for path in home.rglob("*") if path.is_file() and "connection-secrets" not in path.parts]
    texts += [path.read_bytes().decode("utf-8", "replace") for path in files]
    assert "PUT" in caplog.text  # the requests themselves are logged
    texts.append(caplog.text)
    for secret in (*SECRETS.values(), "canary%2Fpass%25word%3D17"):
        assert [text for text in texts if secret in text] == []
    assert {ended.code for ended in told} == {0, 1, 13, 14}
    for each in (name, f"{name}-b", f"{name}-c"):
        assert main(["connect", "remove", each, "--yes"]) == 0
    kept = [path.read_text() for path in home.rglob("connection-secrets/*")]
    assert [text for text in kept if f'"{name}"' in text] == []


def test_a_debug_traceback_has_no_secret(amlpriv: Amlpriv, at: str, name: str) -> None:
    def refused(*words: Any) -> None:
        ended = amlpriv("connect", "feed", *words, "--token-from", "env:TOKEN", "--debug")
        assert ended.code == 13
        assert "Traceback" in ended.err
        assert SECRETS["TOKEN"] not in ended.err

    amlpriv("connect", "feed", name, "--url", at, "--token-from", "env:TOKEN")
    refused(name, "--url", at)
    amlpriv("connect", "remove", name, "--yes")
