"""The search without a wish: first come, first served, and nothing for strangers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from amlpriv.connections.addresses import Address, Credentials
from amlpriv.credentials.finding import find_credential
from amlpriv.credentials.found import Found, Sources
from amlpriv.errors import AmlprivError, NetworkError
from amlpriv.secret import Secret

FEED = "https://pkgs.dev.azure.com/contoso/ml/_packaging/team/pypi/simple/"
OTHER = "https://example.org/simple/"

Ring = Callable[[Mapping[str, object]], dict[str, str]]

SECRETS = {
    "address": "s3cr3t-of-the-address",
    "local workspace": "s3cr3t-of-the-local-workspace",
    "named index": "s3cr3t-of-the-named-index",
    "SYSTEM_ACCESSTOKEN": "s3cr3t-of-the-job",
    "AZURE_DEVOPS_EXT_PAT": "s3cr3t-of-the-cli",
    "feed endpoints": "s3cr3t-of-the-endpoints",
    "index variables": "s3cr3t-of-the-index-url",
    "netrc": "s3cr3t-of-netrc",
    "keyring": "s3cr3t-of-the-keyring",
    "entra": "s3cr3t-of-entra",
}
"""What each place has."""


@pytest.fixture
def everything(ring: Ring, tmp_path: Path) -> Sources:
    """A machine that has something for the feed everywhere."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine pkgs.dev.azure.com login me password {SECRETS['netrc']}\n", encoding="utf-8")
    endpoints = {"endpointCredentials": [{"endpoint": FEED, "password": SECRETS["feed endpoints"]}]}
    environ = {
        **ring({FEED: {"VssSessionToken": SECRETS["keyring"]}}),
        "UV_INDEX_TEAM_PASSWORD": SECRETS["named index"],
        "SYSTEM_ACCESSTOKEN": SECRETS["SYSTEM_ACCESSTOKEN"],
        "AZURE_DEVOPS_EXT_PAT": SECRETS["AZURE_DEVOPS_EXT_PAT"],
        "VSS_NUGET_EXTERNAL_FEED_ENDPOINTS": json.dumps(endpoints),
        "PIP_INDEX_URL": FEED.replace("https://", f"https://me:{SECRETS['index variables']}@"),
        "NETRC": str(netrc),
    }

    def of_local(_: Address) -> Credentials | None:
        return Credentials(Secret("local"), Secret(SECRETS["local workspace"]))

    return Sources(environ, name="team", local=of_local, entra=lambda _: Secret(SECRETS["entra"]))


def without(sources: Sources, place: str) -> Sources:
    """The machine without what this place has."""
    gone = {
        "named index": ("UV_INDEX_TEAM_PASSWORD",),
        "SYSTEM_ACCESSTOKEN": ("SYSTEM_ACCESSTOKEN",),
        "AZURE_DEVOPS_EXT_PAT": ("AZURE_DEVOPS_EXT_PAT",),
        "feed endpoints": ("VSS_NUGET_EXTERNAL_FEED_ENDPOINTS",),
        "index variables": ("PIP_INDEX_URL",),
        "netrc": ("NETRC",),
        "keyring": ("PYTHON_KEYRING_BACKEND",),
    }.get(place, ())
    environ = {name: value for name, value in sources.environ.items() if name not in gone}
    if place == "keyring":
        environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    if place == "local workspace":
        return replace(sources, local=None)
    return replace(sources, environ=environ, entra=None if place == "entra" else sources.entra)


def password(found: Found) -> str | None:
    """The token."""
    assert found.credentials is None or found.credentials.token is not None
    return found.credentials.token.reveal() if found.credentials and found.credentials.token else None


def test_the_first_that_has_something_is_taken(everything: Sources) -> None:
    sources, address = everything, FEED.replace("https://", f"https://me:{SECRETS['address']}@")
    for place, secret in SECRETS.items():
        found = find_credential(address, None, sources)
        assert password(found) == secret
        assert found.attempts[-1].origin == place
        assert found.origin in found.attempts[-1].outcome
        address, sources = FEED, without(sources, place)
    assert find_credential(FEED, None, sources).credentials is None


def test_no_secret_shows_anywhere(everything: Sources, tmp_path: Path) -> None:
    """In what is returned, for whatever address, and in what is raised, for whatever wish."""
    texts: list[str] = []
    machines = [everything]
    for place in SECRETS:
        machines.append(without(machines[-1], place))
    strangers = [(address, machines[2]) for address in (OTHER, "git@example.org:a/b", FEED.replace("https:", "http:"))]
    itself = (FEED.replace("https://", f"https://me:{SECRETS['address']}@"), everything)
    for address, machine in (*((FEED, machine) for machine in machines), *strangers, itself):
        found = find_credential(address, None, machine)
        texts += [repr(found), str(found), found.origin, *map(str, found.attempts)]
    token = tmp_path / "token"
    token.write_text(SECRETS["netrc"], encoding="utf-8")
    token.chmod(0o644)
    wishes = (*SECRETS.values(), *(f"env:{each}" for each in SECRETS.values()), f"file:{token}", "netrc", "keyring")
    for wish in wishes:
        try:
            texts.append(repr(find_credential(OTHER, wish, everything)))
        except AmlprivError as error:
            texts.append(f"{error} {error!r} {error.hint} {error.__cause__!r} {error.__context__!r}")
    assert len(texts) > 100
    assert [secret for secret in SECRETS.values() if any(secret in text for text in texts)] == []


def test_nothing_slow_is_asked_once_something_was_found(everything: Sources, asked: Callable[[], list[str]]) -> None:
    def never(way: str) -> Secret:
        raise AssertionError(way)

    started = time.monotonic()
    found = find_credential(FEED, None, replace(everything, local=None, entra=never))
    assert found.attempts[-1].origin == "named index"
    assert time.monotonic() - started < 0.2
    assert asked() == []


def test_a_stranger_gets_nothing_of_azure_devops(everything: Sources) -> None:
    """Not even where only the name of the host differs a little."""
    sources = without(replace(everything, local=None, name=None), "keyring")
    for host in ("pkgs.dev.azure.com.example.org", "pkgs-dev-azure.com", "localhost:8443", "dev.azure.example.org"):
        found = find_credential(FEED.replace("pkgs.dev.azure.com", host), None, sources)
        assert found.credentials is None
        assert len(found.attempts) == len(SECRETS)


def test_http_gets_nothing_but_what_stands_in_it(everything: Sources) -> None:
    address = FEED.replace("https:", "http:")
    found = find_credential(address, None, everything)
    assert found.credentials is None
    assert [attempt.origin for attempt in found.attempts] == ["address", "all others"]
    assert password(find_credential(address.replace("//", "//me:word@"), None, everything)) == "word"


def test_loopback_may_be_http(tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login me password word\n", encoding="utf-8")
    found = find_credential("http://localhost:3141/root/dev/+simple/", None, Sources({"NETRC": str(netrc)}))
    assert password(found) == "word"


def test_ssh_needs_no_credential_of_ours(everything: Sources) -> None:
    found = find_credential("git@ssh.dev.azure.com:v3/contoso/ml/tools", None, everything)
    assert found.credentials is None
    assert found.attempts[-1].outcome == "this is no address to which a credential is sent by https"


def test_a_place_that_fails_does_not_end_the_search(scrubbed: dict[str, str]) -> None:
    def of_local(_: Address) -> Credentials | None:
        raise NetworkError("The local workspace does not answer.\nMore of it.", hint="Start it.")

    def entra(_: str) -> Secret:
        raise NetworkError("The sign-in service was not reached.", hint="Check the network.")

    found = find_credential(FEED, None, Sources(scrubbed, local=of_local, entra=entra))
    assert found.credentials is None
    said = {attempt.origin: attempt.outcome for attempt in found.attempts}
    assert said["local workspace"] == "The local workspace does not answer."
    assert said["entra"] == "The sign-in service was not reached."


def test_a_sign_in_that_takes_too_long_is_given_up(scrubbed: dict[str, str]) -> None:
    def entra(_: str) -> Secret:
        time.sleep(3)
        return Secret("late")

    started = time.monotonic()
    found = find_credential(FEED, None, Sources(scrubbed, entra=entra, entra_seconds=0.2))
    assert found.credentials is None
    assert found.attempts[-1].outcome == "the sign-in took longer than 0.2 s"
    assert time.monotonic() - started < 2


def test_the_user_that_was_said_goes_before_that_of_a_place(everything: Sources) -> None:
    found = find_credential(FEED, None, replace(everything, user="she"))
    assert found.credentials == Credentials(Secret("she"), Secret(SECRETS["local workspace"]))


def test_a_password_in_the_path_of_a_feed_counts_as_in_the_address() -> None:
    """Gemfury and Cloudsmith take their tokens there; `parse_feed_url` finds them."""
    found = find_credential("https://dl.cloudsmith.io/s3cr3tt0k3nofmine/team/repo/python/simple/", None, Sources({}))
    assert password(found) == "s3cr3tt0k3nofmine"
    assert found.origin == "the address itself"
